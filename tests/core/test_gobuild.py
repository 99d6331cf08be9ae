"""Go build information: the same that the Go toolchain reads out of the same programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.host.executable import read_executable
from aztrust.core.host.gobuild import (
    BEFORE_1_18,
    MAGIC,
    MODULES_LIMIT,
    find_build_info,
    parse_build_info,
)
from aztrust.core.host.reading import GoBuild
from tests.core.programs import (
    END,
    MODULES,
    START,
    block,
    elf,
    mach,
    older_block,
    pe,
    universal,
    uvarint,
)

ATLAS = GoBuild(
    go_version="go1.26.8",
    path="example.org/atlas/cmd/atlasd",
    module="example.org/atlas",
    version="v1.0.0",
    settings={
        "GOOS": "linux",
        "vcs.revision": "a81f33c",
        "vcs.modified": "true",
        "-ldflags": "-s -w",
    },
)
BARE = GoBuild(go_version="go1.26.8")


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[at : at + size] for at in range(0, len(data), size))


def program(head: bytes, parts: dict[int, bytes], size: int = 8192) -> bytes:
    whole = bytearray(size)
    for at, part in {0: head, **parts}.items():
        whole[at : at + len(part)] = part
    return bytes(whole)


# ---- the block -----------------------------------------------------------------------------------


def test_a_block_is_read():
    assert parse_build_info(block()) == ATLAS
    assert ATLAS.revision == "a81f33c"
    assert ATLAS.modified
    assert parse_build_info(block() + b"more") == ATLAS


def test_a_program_without_modules_says_its_toolchain():
    assert parse_build_info(block(modules=None)) == BARE
    assert parse_build_info(block(b"devel go1.27-abc linux/amd64", None)) == GoBuild(
        "devel go1.27-abc linux/amd64"
    )


@pytest.mark.parametrize(("pointer", "flags"), [(8, 0), (4, 0), (8, 1)])
def test_the_older_form_says_that_it_is_older(pointer, flags):
    assert parse_build_info(older_block(pointer, flags)) == GoBuild(BEFORE_1_18)


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        MAGIC,
        MAGIC.ljust(32, b"\0"),
        b"x" + block(),
        older_block(3),
        older_block(8, 4),
        older_block(address=0),
        block(b""),
        block(b"1.26.8"),
        block(b"ergot\nREADY"),
        block(b"ergot"),
        block(b"go"),
        block(b"go1.26.8\nREADY"),
        block(b"go1.26.8\n"),
        block(b"go1.26.8 \x1b[2J"),
        block("go1.26.8 \u202e".encode()),
        block(b"go1.26.8READY"),
        block(b"before go1.18", None),
        block(b"go1." + b"1" * 197),
        MAGIC + b"\x08\x02" + bytes(16),
        MAGIC + b"\x08\x02" + bytes(16) + b"\xff" * 20,
        MAGIC + b"\x08\x02" + bytes(16) + b"\x02go" + uvarint(MODULES_LIMIT + 1) + bytes(99),
        MAGIC + b"\x08\x02" + bytes(16) + b"\x02go" + uvarint(MODULES_LIMIT + 1).ljust(2**21),
    ],
)
def test_what_is_not_a_block_gives_nothing(blob):
    assert parse_build_info(blob) is None


@pytest.mark.parametrize(
    "version",
    [
        "go1",
        "go1.9",
        "go1.22.1",
        "go1.22rc1",
        "go1.5beta2",
        "go1.22.1 X:boringcrypto",
        "go1.22rc1 X:loopvar,nocoverageredesign",
        "go1.20.6 (Red Hat 1.20.6-1.el9)",
        "go1.21.0-bigcorp",
        "go1.27-devel_0a1b2c3 Tue Jan 6 12:00:00 2026 -0800",
        "devel +0a1b2c3 Tue Jan 6 12:00:00 2015 +0000",
        "go1." + "1" * 196,
    ],
)
def test_versions_of_go_toolchains_are_read(version):
    assert parse_build_info(block(version.encode(), None)) == GoBuild(version)


def test_a_block_that_is_cut_off_gives_nothing():
    whole = block()
    assert [end for end in range(len(whole)) if parse_build_info(whole[:end])] == []


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        (b"a=b", "a", "b"),
        (b"a=", "a", ""),
        (b"a=b=c", "a", "b=c"),
        (b'a="b c"', "a", "b c"),
        (b'"a b"=c', "a b", "c"),
        (b'"a=b"="c\\"d"', "a=b", 'c"d'),
        (b"a=`b c`", "a", "b c"),
        (rb'a="\x41\101\u0042\U00000043\\"', "a", "AABC\\"),
        (rb'a="\xc3\xa9 "', "a", "é "),
        (b'a="\xc3\xa9 "', "a", "é "),
        (rb'vcs.revision="a\\x1b"', "vcs.revision", "a\\x1b"),
        (b"a=" + b"b" * 1000, "a", "b" * 1000),
    ],
)
def test_settings_are_unquoted_and_never_escaped(line, key, value):
    found = parse_build_info(block(modules=b"build\t" + line + b"\n"))
    assert found == GoBuild("go1.26.8", settings={key: value})


@pytest.mark.parametrize("bad", [b"\x1b[2J", b"\r", b"\x00", "\u202e".encode(), b"\xff", b"\x9b"])
@pytest.mark.parametrize(
    "line",
    [
        b"path\tx%b",
        b"mod\tx%b\tv1.0.0",
        b"mod\tx\tv1.0.0%b",
        b'build\t"a%b"=b',
        b'build\tvcs.revision="%b"',
        b'build\tvcs.modified="false%b"',
        b'build\tGOOS="linux%b"',
        b'build\tGOARCH="amd64%b"',
    ],
)
def test_what_decides_cannot_act_on_a_terminal(line, bad):
    assert parse_build_info(block(modules=b"build\tx=y\n" + line % bad + b"\n")) is None


@pytest.mark.parametrize("value", [b"\x1b[2J", rb'"a\n-X b"', rb'"\u202e "', b"\xff"])
def test_a_setting_that_cannot_be_shown_and_decides_nothing_is_left_out(value):
    found = parse_build_info(block(modules=b"build\t-ldflags=" + value + b"\nbuild\ta=b\n"))
    assert found == GoBuild("go1.26.8", settings={"a": "b"})


@pytest.mark.parametrize(
    "lines",
    [
        b"path\tx\npath\tx\n",
        b"path\tx\npath\ty\n",
        b"path\t\npath\ty\n",
        b"mod\ta\tv1\nmod\ta\tv1\n",
        b"mod\ta\tv1\ndep\tx\tv1\nmod\tb\tv1\n",
        b"mod\ta\tv1\n=>\t../b\t\t\n",
        b"mod\ta\tv1\nbuild\ta=b\n=>\tb\tv1\th1:x=\n",
        b"mod\ta\tv1\nnew\ty\n=>\tb\n",
        b"build\t-ldflags=" + b"x" * (16 * 1024 + 1) + b"\n",
        b"build\tvcs.revision=" + b"a" * (16 * 1024 + 1) + b"\n",
    ],
)
def test_what_two_readers_could_read_differently_is_refused(lines):
    assert parse_build_info(block(modules=lines)) is None


def test_a_replaced_dependency_is_not_a_replaced_module():
    lines = b"mod\ta\tv1\ndep\tx\tv1\n=>\ty\tv1\th1:x=\ndep\tz\tv1\n=>\t../z\t\t\n"
    found = parse_build_info(block(modules=lines))
    assert found == GoBuild("go1.26.8", module="a", version="v1")


@pytest.mark.parametrize(
    "lines",
    [
        b"build\ta\n",
        b"build\t=a\n",
        b"build\ta b=c\n",
        b"build\ta=b c\n",
        b'build\ta="b\n',
        b'build\ta="b"c\n',
        rb'build	a="\q"' + b"\n",
        rb'build	a="\ud800 "' + b"\n",
        rb'build	a="\udc80 "' + b"\n",
        rb'build	a="\U00110000 "' + b"\n",
        rb'build	a="\x4"' + b"\n",
        b'build\t"a b"c\n',
        b"build\tvcs.modified=false\nbuild\tvcs.modified=true\n",
        b"mod\tx\n",
        b"mod\ta\tb\tc\td\n",
        b"dep\tx\n=>\ty\n",
        b"dep\tx\tv1\n=>\ty\n",
        b"=>\ty\tv1\th1:x=\n",
        b"dep\tx\tv1\n=>\ty\tv1\t\n=>\ty\tv1\t\n",
    ],
)
def test_module_information_that_go_refuses_says_nothing(lines):
    assert parse_build_info(block(modules=b"path\tx\n" + lines)) == BARE


def test_lines_of_a_later_go_are_passed_over():
    found = parse_build_info(block(modules=b"path\tx\nnew\ty\nodd\nbuild\ta=b\nno newline"))
    # Without its last newline the text is not framed as Go frames it.
    assert found == BARE
    found = parse_build_info(block(modules=b"path\tx\nnew\ty\nodd\nbuild\ta=b\n"))
    assert found == GoBuild("go1.26.8", "x", settings={"a": "b"})


# ---- the search ----------------------------------------------------------------------------------

HEADS = {
    "elf": elf(data=(4096, 2048)),
    "mach": mach(data=(4096, 2048)),
    "pe": pe(data=(4096, 2048)),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=list(HEADS))
@pytest.mark.parametrize("size", [1, 7, 16, 1000, 8192])
def test_a_block_is_found_in_writable_data_however_the_file_is_cut(head, size):
    data = program(head, {4112: block()})
    assert find_build_info(pieces(data, size)) == ATLAS


def test_a_block_is_found_across_the_end_of_a_chunk():
    head = elf(data=(131072, 65536))
    for size in (70_001, 70_010, 70_020):
        data = program(head, {140_000: block()}, 1 << 18)
        assert find_build_info(pieces(data, size)) == ATLAS


@pytest.mark.parametrize("head", HEADS.values(), ids=list(HEADS))
def test_only_writable_data_counts(head):
    other = block(b"go1.2.3", None)
    assert find_build_info([program(head, {2048: other})]) is None
    assert find_build_info([program(head, {6144: other})]) is None
    assert find_build_info([program(head, {2048: other, 4096: block()})]) == ATLAS


def test_blocks_are_aligned():
    assert find_build_info([program(HEADS["elf"], {4100: block()})]) is None
    head = HEADS["elf"]
    assert find_build_info([program(head, {4100: block(b"go1.2.3"), 5120: block()})]) == ATLAS


def test_a_magic_without_a_block_is_passed_over():
    parts = {4096 + 32 * n: MAGIC for n in range(20)}
    assert find_build_info([program(HEADS["elf"], {**parts, 5120: block()})]) == ATLAS


def test_where_the_head_does_not_say_where_data_is_nothing_is_searched():
    moved = bytearray(elf(data=(4096, 2048)))
    moved[32:40] = (1 << 20).to_bytes(8, "little")
    for head in (bytes(moved), universal(0x01000007)):
        found = read_executable(head)
        assert found is not None
        assert found.data is None
        assert find_build_info([program(head, {1024: block(), 4096: block()})]) is None


@pytest.mark.parametrize("refused", [block(b"ergot", None), block(modules=b"path\tx\npath\ty\n")])
def test_a_refused_block_is_not_passed_over_for_a_later_one(refused):
    assert find_build_info([program(HEADS["elf"], {4096: refused, 5120: block()})]) is None


def test_what_is_not_a_program_has_no_build_information():
    assert find_build_info([program(b"ustar", {4096: block()})]) is None
    assert find_build_info([]) is None
    assert find_build_info([b"", b"\x7fELF", b""]) is None


def test_no_more_is_read_than_needed():
    taken = []

    def chunks() -> Iterator[bytes]:
        for number in range(100):
            taken.append(number)
            yield program(HEADS["elf"], {4096: block()}, 1 << 20) if not number else bytes(1 << 20)

    assert find_build_info(chunks()) == ATLAS
    assert len(taken) <= 3


def test_a_file_full_of_magic_ends_soon():
    head = elf(data=(0, 1 << 40))
    flood = (MAGIC + b"\x08\x02") * (1 << 16)
    taken = []

    def chunks() -> Iterator[bytes]:
        yield head.ljust(256, b"\0")
        for number in range(1000):
            taken.append(number)
            yield flood

    assert find_build_info(chunks()) is None
    assert len(taken) < 10


@given(st.binary(max_size=300))
def test_any_bytes_after_the_magic_are_survived(data):
    parse_build_info(MAGIC + data)
    find_build_info([elf(data=(0, 1 << 20)).ljust(256, b"\0") + MAGIC + data])


@given(st.lists(st.sampled_from(list(b'abn\\x"`=u0841dU\t\n \xff')), max_size=60).map(bytes))
def test_any_module_information_is_survived_and_printable(text):
    found = parse_build_info(block(modules=b"build\t" + text + b"\n"))
    for key, value in found.settings.items() if found else ():
        assert (key + value).isprintable()


def test_the_frame_is_the_one_of_the_go_command():
    assert (len(START), len(END)) == (16, 16)
    assert MODULES.endswith(b"\n")


# ---- the oracle ----------------------------------------------------------------------------------

GO = shutil.which("go") or "/usr/local/go/bin/go"
GIT = shutil.which("git")
MAIN = 'package main\n\nvar V string\n\nfunc main() { println("atlas", V) }\n'

# name: (platform, further arguments)
BUILDS = {
    "plain": ("linux/amd64", ()),
    "stripped": ("linux/arm64", ("-trimpath", "-ldflags=-s -w")),
    "darwin": ("darwin/arm64", ("-ldflags=-s -w -X 'main.V=a \"quoted\" word'",)),
    "committed": ("linux/amd64", ("-buildvcs=true",)),
    "modified": ("linux/amd64", ("-buildvcs=true",)),
    "decoy": ("linux/amd64", ()),
}


def decoys() -> str:
    """A constant of the program with a block in it at every remainder of 16 bytes."""
    one = block(b"go1.0.1-decoy", None)
    one = one.ljust(len(one) + (1 - len(one)) % 16, b"\0")
    assert len(one) % 16 == 1
    return "".join(f"\\x{byte:02x}" for byte in one * 16)


class Toolchain:
    """Builds tiny programs with the Go of this machine and asks it about them."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "GOCACHE": str(cache),
            "GOPATH": str(folder / "gopath"),
            "GOENV": "off",
            "GOFLAGS": "-mod=mod",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }

    def run(self, *command: str, cwd: Path | None = None, **env: str) -> str:
        done = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self.env | env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    def source(self, name: str) -> Path:
        """A module of one file; `committed` and `modified` are git repositories."""
        source = self.folder / f"{name}-source"
        source.mkdir()
        (source / "go.mod").write_text(f"module example.org/{name}\n\ngo 1.21\n")
        (source / "main.go").write_text(MAIN)
        if name == "decoy":
            (source / "decoy.go").write_text(
                f'package main\n\nconst decoy = "{decoys()}"\n\n'
                "func init() { if len(V) > 0 { println(decoy[len(V):]) } }\n"
            )
        if name in ("committed", "modified"):
            if GIT is None:
                pytest.skip("no git here")
            me = ("-c", "user.name=a", "-c", "user.email=a@example.org")
            self.run(GIT, "init", "-q", cwd=source)
            self.run(GIT, "add", ".", cwd=source)
            self.run(GIT, *me, "commit", "-q", "-m", "x", cwd=source)
        if name == "modified":
            (source / "main.go").write_text(MAIN + "// changed\n")
        return source

    def build(self, name: str) -> Path:
        platform, arguments = BUILDS[name]
        system, arch = platform.split("/")
        target = self.folder / name
        if not target.exists():
            source = self.source(name)
            command = (GO, "build", "-o", str(target), *arguments, ".")
            self.run(*command, cwd=source, GOOS=system, GOARCH=arch)
        return target

    def says(self, path: Path) -> GoBuild:
        """What `go version -m` reads, in our type."""
        info = json.loads(self.run(GO, "version", "-m", "-json", str(path)))
        main = info.get("Main", {})
        return GoBuild(
            go_version=info["GoVersion"],
            path=info.get("Path", ""),
            module=main.get("Path", ""),
            version=main.get("Version", ""),
            settings={
                setting["Key"]: setting.get("Value", "") for setting in info.get("Settings", [])
            },
        )


@pytest.fixture(scope="module")
def toolchain(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Toolchain:
    if not os.access(GO, os.X_OK):
        pytest.skip("no Go toolchain here")
    folder = tmp_path_factory.mktemp("go")
    # Go's standard library is compiled once per platform and kept from run to run by content.
    kept = getattr(request.config, "cache", None)
    cache = Path(kept.mkdir("go-build")) if kept is not None else folder / "cache"
    return Toolchain(folder, cache)


# Compiling takes longer than all of `make check` may.
builds_programs = pytest.mark.slow


@builds_programs
@pytest.mark.parametrize("name", list(BUILDS))
def test_the_go_toolchain_reads_the_same(toolchain, name):
    path = toolchain.build(name)
    with path.open("rb") as file:
        found = find_build_info(iter(lambda: file.read(1 << 18), b""))
    expected = toolchain.says(path)
    assert found == expected
    assert expected.module == f"example.org/{name}"
    header = read_executable(path.read_bytes()[:65536])
    assert header is not None
    assert header.platforms == (BUILDS[name][0],)
    assert header.platforms == (f"{expected.settings['GOOS']}/{expected.settings['GOARCH']}",)


@builds_programs
def test_the_commit_and_whether_the_work_tree_differed(toolchain):
    for name, modified in (("committed", False), ("modified", True)):
        path = toolchain.build(name)
        found = find_build_info([path.read_bytes()])
        assert found is not None
        source = toolchain.folder / f"{name}-source"
        assert found.revision == toolchain.run(GIT, "rev-parse", "HEAD", cwd=source).strip()
        assert found.modified is modified


@builds_programs
def test_the_decoy_is_there_and_aligned(toolchain):
    data = toolchain.build("decoy").read_bytes()
    decoy = block(b"go1.0.1-decoy", None)
    places = [at for at in range(0, len(data), 16) if data.startswith(decoy, at)]
    assert places
    found = find_build_info([data])
    assert found is not None
    assert found.module == "example.org/decoy"


@builds_programs
def test_the_go_toolchain_refuses_what_is_refused_here(toolchain, tmp_path):
    """The same quoting rules: settings changed inside a real program, same length."""
    data = toolchain.build("plain").read_bytes()
    old = b"build\t-compiler=gc\n"
    accepted = []
    for new in (b'build\t"compiler"=g\n', b"build\t-compiler=`a\n", b"build\t-compiler= a\n"):
        assert data.count(old) >= 1
        assert len(new) == len(old)
        path = tmp_path / "changed"
        path.write_bytes(data.replace(old, new))
        found = find_build_info([path.read_bytes()])
        assert found is not None
        command = (GO, "version", "-m", "-json", str(path))
        done = subprocess.run(
            command, env=toolchain.env, capture_output=True, text=True, check=False
        )
        if done.stdout.strip():
            assert found == toolchain.says(path)
        else:
            assert found.settings == {}
        accepted.append(bool(done.stdout.strip()))
    assert accepted == [True, False, False]
