"""Go build information: any program, however it is cut, gives it or nothing; all is printable."""

from __future__ import annotations

from _harness import instrumented, main

with instrumented():
    from aztrust.core.host.describe import describe_head
    from aztrust.core.host.executable import read_executable
    from aztrust.core.host.gobuild import MAGIC, find_build_info, parse_build_info

_FRAME = bytes(16)


def _block(modules: bytes) -> bytes:
    framed = _FRAME + modules + _FRAME
    return MAGIC + b"\x08\x02" + bytes(16) + b"\x06go1.26" + bytes((len(framed),)) + framed


# Class, order, type, machine and one segment of writable data from 96 on.
_ELF = (
    b"\x7fELF\x02\x01\x01"
    + bytes(9)
    + b"\x02\x00\x3e\x00\x01\x00\x00\x00"
    + bytes(8)
    + b"\x40"
    + bytes(21)
    + b"\x38\x00\x01\x00".rjust(4)
    + bytes(6)
    + b"\x01\x00\x00\x00\x06\x00\x00\x00"
    + bytes(24)
    + b"\xff"
    + bytes(23)
)
_SETTINGS = b'path\tx\nmod\tm\tv1\nbuild\ta="b \\x41\\u00e9"\n'

SEEDS = [
    _ELF.ljust(128, b"\0") + _block(_SETTINGS),
    _ELF.ljust(128, b"\0") + _block(b"build\tvcs.modified=true\nbuild\t`a b`=`c`\n"),
    _ELF.ljust(128, b"\0") + MAGIC + b"\x08\x00" + b"\x01" * 16,
    b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01" + bytes(24),
    b"\xca\xfe\xba\xbe\x00\x00\x00\x02\x01\x00\x00\x07" + bytes(40),
    b"MZ".ljust(60, b"\0") + b"\x40\x00\x00\x00PE\x00\x00\x64\x86" + bytes(40),
    _block(_SETTINGS),
]


def target(data: bytes) -> None:
    head = describe_head(data, len(data))
    program = read_executable(data)
    assert (program is not None) == (head.kind.startswith(("ELF", "Mach-O", "PE")))
    whole = find_build_info([data])
    cut = find_build_info([data[:33], data[33:100], data[100:]])
    assert whole == cut, "what is found depends on how the file is cut"
    assert whole is None or program is not None
    for build in (whole, parse_build_info(data)):
        if build is None:
            continue
        texts = (build.go_version, build.path, build.module, build.version)
        for text in (*texts, *build.settings, *build.settings.values()):
            assert text.isprintable(), "a text could act on a terminal"


TOKENS = ("\xff Go buildinf:", "build\t", "path\t", "mod\t", "dep\t", "=>\t", '"', "`", "\\x4", "=")

if __name__ == "__main__":
    main(target, SEEDS, TOKENS)
