"""The headers of programs: for which platform, and where in the file their writable data is.

Read from the first bytes alone, never executed (law 11), and never trusted to be well-formed: what
is cut off or contradicts itself is simply not reported. Platforms have Go's names (`go tool dist
list`), because that is how policies and release pages name them.

Sources: System V ABI chapters 4 and 5 (ELF); `mach-o/loader.h` and `mach-o/fat.h` of Darwin;
Microsoft's "PE Format".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from aztrust.core.base.value import frozen

UNKNOWN: Final = "unknown"
"""The system in a platform whose header has none that this module knows."""


@frozen
class Executable:
    """What a program's header says.

    Attributes:
        kind: `ELF executable`, `Mach-O universal executable`, `PE library` … Only what can
            be started is called an executable, and then the kind ends with that word.
        platforms: `os/arch`, () where the header says none. A machine without a name in Go is
            called by the number in its header, such as `linux/machine-43-64-be`.
        data: file offsets of writable data; None where the header is not in the bytes given.
    """

    kind: str
    platforms: tuple[str, ...] = ()
    data: tuple[range, ...] | None = None


def read_executable(
    head: bytes, slices: Mapping[int, bytes] = MappingProxyType({})
) -> Executable | None:
    """The header at the start of a file; None for anything that is not an ELF, Mach-O or PE file.

    Args:
        head: the first bytes, 4 KiB or more of a file that has them.
        slices: of a universal program, offset to the first `SLICE_BYTES` at each of
            `slice_offsets`. A slice that is not here and not in `head` has no platform.
    """
    if head.startswith(_UNIVERSAL_MAGICS):
        return _universal(head, slices)
    for magic, read in _FORMATS:
        if head.startswith(magic):
            try:
                return read(head)
            except (struct.error, OverflowError):
                return Executable(f"{_FAMILY[read]} file, cut short")
    return None


def _read(form: str, head: bytes, at: int) -> int:
    value: int = struct.unpack_from(form, head, at)[0]
    return value


# ---- ELF ----------------------------------------------------------------------------------------

# EI_OSABI. Linux programs say 0 (System V) as a rule, and 3 where they use a GNU extension.
_ELF_SYSTEMS: Final = {
    0: "linux",
    2: "netbsd",
    3: "linux",
    6: "solaris",
    9: "freebsd",
    12: "openbsd",
}
# e_machine, class in bits, byte order.
_ELF_MACHINES: Final = {
    (3, 32, "<"): "386",
    (62, 64, "<"): "amd64",
    (40, 32, "<"): "arm",
    (183, 64, "<"): "arm64",
    (243, 64, "<"): "riscv64",
    (258, 64, "<"): "loong64",
    (21, 64, "<"): "ppc64le",
    (21, 64, ">"): "ppc64",
    (22, 64, ">"): "s390x",
    (8, 32, ">"): "mips",
    (8, 32, "<"): "mipsle",
    (8, 64, ">"): "mips64",
    (8, 64, "<"): "mips64le",
}
_ELF_TYPES: Final = {1: "ELF object file", 3: "ELF shared library", 4: "ELF core dump"}
_ET_EXEC, _ET_DYN = 2, 3
_PT_LOAD, _PF_W = 1, 2


def _elf(head: bytes) -> Executable:
    bits = {1: 32, 2: 64}.get(_read("B", head, 4), 0)
    order = {1: "<", 2: ">"}.get(_read("B", head, 5), "")
    if not bits or not order:
        return Executable("ELF file")
    kind, machine = _read(f"{order}H", head, 16), _read(f"{order}H", head, 18)
    entry = _read(f"{order}I" if bits == 32 else f"{order}Q", head, 24)
    # A position-independent program is a shared object with a place to start.
    starts = entry and kind in (_ET_EXEC, _ET_DYN)
    named = "ELF executable" if starts else _ELF_TYPES.get(kind, "ELF file")
    system = _ELF_SYSTEMS.get(_read("B", head, 7), UNKNOWN)
    # A machine without a name is still another one than those with a name.
    unnamed = f"machine-{machine}-{bits}-{'be' if order == '>' else 'le'}"
    arch = _ELF_MACHINES.get((machine, bits, order), unnamed)
    return Executable(named, (f"{system}/{arch}",), _ranges(lambda: _elf_data(head, bits, order)))


def _elf_data(head: bytes, bits: int, order: str) -> Iterator[range]:
    if bits == 32:
        start = _read(f"{order}I", head, 28)
        size, count = struct.unpack_from(f"{order}2H", head, 42)
        form = f"{order}8I"
    else:
        start = _read(f"{order}Q", head, 32)
        size, count = struct.unpack_from(f"{order}2H", head, 54)
        form = f"{order}2I6Q"
    for at in range(start, start + size * count, size or 1):
        fields = struct.unpack_from(form, head, at)
        if bits == 32:
            kind, offset, _, _, length, _, flags, _ = fields
        else:
            kind, flags, offset, _, _, length, _, _ = fields
        if kind == _PT_LOAD and flags & _PF_W:
            yield range(offset, offset + length)


# ---- Mach-O -------------------------------------------------------------------------------------

_CPU_TYPES: Final = {
    7: "darwin/386",
    12: "darwin/arm",
    0x01000007: "darwin/amd64",
    0x0100000C: "darwin/arm64",
}
_MACH_TYPES: Final = {
    1: "Mach-O object file",
    2: "Mach-O executable",
    4: "Mach-O core dump",
    6: "Mach-O library",
    8: "Mach-O bundle",
}
_LC_SEGMENT, _LC_SEGMENT_64, _VM_PROT_WRITE = 0x1, 0x19, 2
# Java's class files begin with the magic of a universal file; their next word is a version from 45.
_MOST_SLICES = 30
_UNIVERSAL_MAGICS = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
SLICE_BYTES: Final = 8
"""First bytes of a slice that name its processor."""
TABLE_BYTES: Final = 8 + 32 * _MOST_SLICES
"""First bytes of a file in which the table of slices ends."""


def _mach(head: bytes) -> Executable:
    order = "<" if head[1:4] == b"\xfa\xed\xfe" else ">"
    wide = 0xCF in (head[0], head[3])
    cpu, _, kind, count = struct.unpack_from(f"{order}4I", head, 4)
    platforms = (_darwin(cpu),)
    data = _ranges(lambda: _mach_data(head, order, count, wide=wide))
    return Executable(_MACH_TYPES.get(kind, "Mach-O file"), platforms, data)


def _mach_data(head: bytes, order: str, count: int, *, wide: bool) -> Iterator[range]:
    at = 32 if wide else 28
    for _ in range(count):
        command, size = struct.unpack_from(f"{order}2I", head, at)
        if command == _LC_SEGMENT_64:
            offset, length, _, protection = struct.unpack_from(f"{order}2Q2I", head, at + 40)
        elif command == _LC_SEGMENT:
            offset, length, _, protection = struct.unpack_from(f"{order}4I", head, at + 32)
        else:
            offset = length = protection = 0
        if length and protection & _VM_PROT_WRITE:
            yield range(offset, offset + length)
        # A command is never smaller than its own head: no size can keep this going for long.
        at += max(size, 8)


def slice_offsets(head: bytes) -> tuple[int, ...]:
    """Where the slices of a universal program begin, by the table at its front; () for other files.

    They are at most 29, and may be behind the end of the file.
    """
    if not head.startswith(_UNIVERSAL_MAGICS):
        return ()
    try:
        return _offsets(head)
    except struct.error:
        return ()


def _offsets(head: bytes) -> tuple[int, ...]:
    wide, count = head[3] == 0xBF, _read(">I", head, 4)
    if not 0 < count < _MOST_SLICES:
        return ()
    form, step = (">Q", 32) if wide else (">I", 20)
    return tuple(_read(form, head, 16 + step * index) for index in range(count))


def _universal(head: bytes, slices: Mapping[int, bytes]) -> Executable | None:
    try:
        offsets = _offsets(head)
    except struct.error:
        return Executable("Mach-O file, cut short")
    if not offsets:
        return None
    # The slice's own header decides, which is what the loader maps, and not the table.
    cpus = (_cpu(slices.get(at) or head[at : at + SLICE_BYTES]) for at in offsets)
    platforms = tuple(dict.fromkeys(_darwin(cpu) for cpu in cpus if cpu >= 0))
    return Executable("Mach-O universal executable", platforms)


def _darwin(cpu: int) -> str:
    return _CPU_TYPES.get(cpu, f"darwin/machine-{cpu}")


def _cpu(start: bytes) -> int:
    """The processor in the header of a slice; -1 where it is not a Mach-O header."""
    is_mach = start.startswith((b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"))
    return _read("<I", start, 4) if is_mach and len(start) == SLICE_BYTES else -1


# ---- PE -----------------------------------------------------------------------------------------

_PE_MACHINES: Final = {
    0x014C: "windows/386",
    0x01C4: "windows/arm",
    0x8664: "windows/amd64",
    0xAA64: "windows/arm64",
}
_FILE_DLL, _MEM_WRITE = 0x2000, 0x80000000


def _pe(head: bytes) -> Executable | None:
    start = _read("<I", head, 0x3C) if len(head) >= 0x40 else len(head)
    # Text may begin with MZ too; without the second magic nothing says that this is a program.
    if head[start : start + 4] != b"PE\0\0":
        return None
    machine, sections = struct.unpack_from("<2H", head, start + 4)
    optional, flags = struct.unpack_from("<2H", head, start + 20)
    platforms = (_PE_MACHINES.get(machine, f"windows/machine-{machine}"),)
    table = start + 24 + optional
    return Executable(
        "PE library" if flags & _FILE_DLL else "PE executable",
        platforms,
        _ranges(lambda: _pe_data(head, table, sections)),
    )


def _pe_data(head: bytes, table: int, sections: int) -> Iterator[range]:
    for at in range(table, table + 40 * sections, 40):
        length, offset = struct.unpack_from("<2I", head, at + 16)
        if _read("<I", head, at + 36) & _MEM_WRITE:
            yield range(offset, offset + length)


def _ranges(read: Callable[[], Iterator[range]]) -> tuple[range, ...] | None:
    try:
        return tuple(read())
    except (struct.error, OverflowError):
        return None


_Reader = Callable[[bytes], Executable | None]

_FORMATS: Final[tuple[tuple[bytes, _Reader], ...]] = (
    (b"\x7fELF", _elf),
    (b"\xcf\xfa\xed\xfe", _mach),
    (b"\xce\xfa\xed\xfe", _mach),
    (b"\xfe\xed\xfa\xcf", _mach),
    (b"\xfe\xed\xfa\xce", _mach),
    (b"MZ", _pe),
)
_FAMILY: Final[dict[_Reader, str]] = {_elf: "ELF", _mach: "Mach-O", _pe: "PE"}
