"""Headers of programs and blocks of Go build information, made here byte by byte."""

from __future__ import annotations

import struct

from aztrust.core.host.gobuild import MAGIC

START = bytes.fromhex("3077af0c9274080241e1c107e6d618e6")
END = bytes.fromhex("f932433186182072008242104116d8f2")

MODULES = (
    b"path\texample.org/atlas/cmd/atlasd\n"
    b"mod\texample.org/atlas\tv1.0.0\th1:x=\n"
    b"dep\texample.org/dep\tv0.1.0\n"
    b"=>\t../dep\t\t\n"
    b"build\tGOOS=linux\n"
    b"build\tvcs.revision=a81f33c\n"
    b"build\tvcs.modified=true\n"
    b'build\t-ldflags="-s -w"\n'
)


def uvarint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*parts, number))


def block(version: bytes = b"go1.26.8", modules: bytes | None = MODULES) -> bytes:
    """A block as the linker writes it since Go 1.18."""
    framed = b"" if modules is None else START + modules + END
    texts = (part for text in (version, framed) for part in (uvarint(len(text)), text))
    return MAGIC + b"\x08\x02" + bytes(16) + b"".join(texts)


def older_block(pointer: int = 8, flags: int = 0, address: int = 0x400000) -> bytes:
    """A block as the linker wrote it before Go 1.18: pointers in place of texts."""
    order = "big" if flags & 1 else "little"
    pointers = address.to_bytes(pointer, order) + (address + 16).to_bytes(pointer, order)
    return MAGIC + bytes((pointer, flags)) + pointers.ljust(16, b"\0")


def elf(
    machine: int = 62,
    *,
    bits: int = 64,
    order: str = "<",
    abi: int = 0,
    kind: int = 2,
    entry: int = 1,
    data: tuple[int, int] | None = None,
    code: tuple[int, int] = (0, 64),
) -> bytes:
    """An ELF header with one segment of code and, at `data` (offset, size), one of data."""
    ident = b"\x7fELF" + bytes(((bits // 32), 1 if order == "<" else 2, 1, abi)) + bytes(8)
    parts = [(5, *code)] + ([(6, *data)] if data else [])
    if bits == 64:
        rest = (kind, machine, 1, entry, 64, 0, 0, 64, 56, len(parts), 0, 0, 0)
        head = struct.pack(f"{order}2HI3QI6H", *rest)
        table = b"".join(
            struct.pack(f"{order}2I6Q", 1, flags, at, 0, 0, size, size, 16)
            for flags, at, size in parts
        )
    else:
        rest = (kind, machine, 1, entry, 52, 0, 0, 52, 32, len(parts), 0, 0, 0)
        head = struct.pack(f"{order}2HI3II6H", *rest)
        table = b"".join(
            struct.pack(f"{order}8I", 1, at, 0, 0, size, size, flags, 16)
            for flags, at, size in parts
        )
    return ident + head + table


def mach(
    cpu: int = 0x0100000C,
    *,
    wide: bool = True,
    order: str = "<",
    kind: int = 2,
    data: tuple[int, int] | None = None,
) -> bytes:
    """A Mach-O header with one command that is not a segment and, at `data`, one data segment."""
    magic = struct.pack(f"{order}I", 0xFEEDFACF if wide else 0xFEEDFACE)
    commands = [struct.pack(f"{order}2I", 0x1B, 24) + bytes(16)]
    if data and wide:
        place = struct.pack(f"{order}4Q4I", 0, 0, *data, 3, 3, 0, 0)
        commands.append(struct.pack(f"{order}2I16s", 0x19, 72, b"__DATA") + place)
    elif data:
        place = struct.pack(f"{order}8I", 0, 0, *data, 3, 3, 0, 0)
        commands.append(struct.pack(f"{order}2I16s", 0x1, 56, b"__DATA") + place)
    sizes = len(b"".join(commands))
    head = struct.pack(f"{order}6I", cpu, 0, kind, len(commands), sizes, 0)
    return magic + head + bytes(4 if wide else 0) + b"".join(commands)


def universal(*cpus: int, wide: bool = False, at: int = 1024, table: bool = False) -> bytes:
    """A universal Mach-O file whose slices are headers alone, 64 bytes apart, the first at `at`.

    With `table` the slices themselves are left out.
    """
    form = ">2I2Q2I" if wide else ">5I"
    places = [at + 64 * index for index in range(len(cpus))]
    values = (
        (cpu, 0, place, 64, 6, *((0,) if wide else ()))
        for cpu, place in zip(cpus, places, strict=True)
    )
    magic = 0xCAFEBABF if wide else 0xCAFEBABE
    head = struct.pack(">2I", magic, len(cpus)) + b"".join(struct.pack(form, *v) for v in values)
    if table:
        return head
    slices = (mach(cpu)[:64].ljust(64, b"\0") for cpu in cpus)
    return head.ljust(at, b"\0") + b"".join(slices)


def pe(machine: int = 0x8664, *, flags: int = 0x22, data: tuple[int, int] | None = None) -> bytes:
    """The head of a PE file with one section of code and, at `data`, one of data."""
    sections = [(0x60000020, 0, 64)] + ([(0xC0000040, *data)] if data else [])
    head = struct.pack("<2H3I2H", machine, len(sections), 0, 0, 0, 240, flags)
    table = b"".join(
        struct.pack("<8s6I2HI", b".x", size, 4096, size, at, 0, 0, 0, 0, mode)
        for mode, at, size in sections
    )
    dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", 128)
    return dos.ljust(128, b"\0") + b"PE\0\0" + head + bytes(240) + table
