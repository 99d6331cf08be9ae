"""A zip's central directory, read so that readers from the front and from the end agree (APPNOTE).

A zip has two lists of its entries: one before the contents, one at the end. Most tools read the
last, streaming ones the first. Here the directory must be right before the end record, the end
record must end the file, and `zipfiles` finds the same entries, in the same order, without a gap.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.storage.archives.members import ambiguous, unreadable

MAX_DIRECTORY = 64 << 20
"""Bytes of a central directory: it is held in memory."""

ENCRYPTED: Final = 0x1
DESCRIPTOR: Final = 0x8
UTF8: Final = 0x800
_KNOWN_FLAGS: Final = ENCRYPTED | 0x6 | DESCRIPTOR | UTF8

_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_CENTRAL: Final = struct.Struct("<4s4B4HL2L5H2L")
_END_MAGIC: Final = b"PK\x05\x06"
_END64_MAGIC: Final = b"PK\x06\x06"
_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_CENTRAL_MAGIC: Final = b"PK\x01\x02"
_REACH: Final = _END.size + 0xFFFF
MASK: Final = 0xFFFFFFFF

ZIP64_EXTRA: Final = 0x0001
UNICODE_PATH: Final = 0x7075
_OVERRIDING: Final = frozenset({0x6C78})
"""Extra fields by which libarchive lets a local header say what the directory denies."""

Read = Callable[[int, int], bytes]
"""Bytes at an offset: (offset, how many), fewer only at the end of the file."""


@frozen
class ZipEntry:
    """One entry as the directory has it; `name` is its bytes, sizes are in bytes."""

    name: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    offset: int
    attributes: int

    @property
    def text(self) -> str:
        """The name. Without the flag for UTF-8, most tools still read it so."""
        return self.name.decode("utf-8", "surrogateescape")

    @property
    def other_text(self) -> str:
        """What the name is to tools that keep to the letter: code page 437 without the flag."""
        return self.text if self.flags & UTF8 else self.name.decode("cp437")


@frozen
class ZipDirectory:
    """All entries, and the bytes from the directory's start to the end of the file."""

    entries: tuple[ZipEntry, ...]
    start: int
    raw: bytes


def claims_directory(tail: bytes, size: int) -> bool:
    """Whether a file of `size` bytes that ends in `tail` has a directory that a zip reader takes.

    Readers forgive a directory that is not where the record says, and bytes after the record.
    """
    tail = tail[-_REACH:]
    found = tail.find(_END_MAGIC)
    while found >= 0:
        if found + _END.size <= len(tail):
            end = _END.unpack_from(tail, found)
            count, length, offset = end[4:7]
            place = size - len(tail) + found
            if count and (min(length, offset) < place or MASK in (length, offset)):
                return True
        found = tail.find(_END_MAGIC, found + 1)
    return False


def read_directory(read: Read, size: int) -> ZipDirectory:
    """The directory of a zip of `size` bytes.

    Raises:
        CouldNotCheck: `artifact-unreadable`, or `artifact-ambiguous` where readers would differ.
    """
    tail_start = max(0, size - _REACH)
    tail = read(tail_start, size - tail_start)
    at = tail.rfind(_END_MAGIC)
    if at < 0 or at + _END.size > len(tail):
        raise unreadable("the zip archive is corrupt: it has no end record")
    end = _END.unpack_from(tail, at)
    if at + _END.size + end[7] != len(tail):
        raise ambiguous("its end record does not end the zip archive")
    count, length, start, stop = _from_end(read, end, tail_start + at)
    if start + length != stop:
        raise ambiguous("its directory is not directly before the end record of the zip archive")
    if length > MAX_DIRECTORY:
        raise unreadable(f"its directory has more than {MAX_DIRECTORY} bytes")
    raw = read(start, size - start)
    entries = tuple(_entries(raw[:length]))
    if len(raw) != size - start or len(entries) != count:
        raise ambiguous("its directory does not have the entries that its end record counts")
    return ZipDirectory(entries, start, raw)


def _from_end(read: Read, end: tuple[int, ...], place: int) -> tuple[int, int, int, int]:
    """Count, length and start of the directory, and where it has to stop."""
    count, length, start = end[4:7]
    if end[1] or end[2] or end[3] != count:
        raise unreadable("the zip archive has several parts")
    place64 = place - _LOCATOR.size - _END64.size
    locator = read(place - _LOCATOR.size, _LOCATOR.size) if place >= _LOCATOR.size else b""
    if not locator.startswith(_LOCATOR_MAGIC):
        # A count of 65535 can also be just that.
        if MASK in (length, start):
            raise ambiguous("its end record points to another that is not there")
        return count, length, start, place
    record = _END64.unpack(read(place64, _END64.size)) if place64 >= 0 else (b"",)
    where = _LOCATOR.unpack(locator)
    if record[0] != _END64_MAGIC or where[1:] != (0, place64, 1):
        raise ambiguous("the end records of the zip archive are not in their places")
    if record[1] != _END64.size - 12 or record[4] or record[5] or record[6] != record[7]:
        raise unreadable("the zip archive has several parts, or an unknown end record")
    long = record[7:10]
    for short, full, mask in zip((count, length, start), long, (0xFFFF, MASK, MASK), strict=True):
        if short not in (full, mask):
            raise ambiguous("the two end records of the zip archive contradict each other")
    return *long, place64


def _entries(raw: bytes) -> Iterator[ZipEntry]:
    at = 0
    while at < len(raw):
        if len(raw) - at < _CENTRAL.size or not raw.startswith(_CENTRAL_MAGIC, at):
            raise unreadable("the zip archive is corrupt: its directory is damaged")
        fields = _CENTRAL.unpack_from(raw, at)
        flags, method = fields[5], fields[6]
        crc, compressed, size = fields[9:12]
        name_size, extra_size, comment_size, disk, _, attributes, offset = fields[12:19]
        at += _CENTRAL.size
        name, extra = raw[at : at + name_size], raw[at + name_size : at + name_size + extra_size]
        at += name_size + extra_size + comment_size
        if at > len(raw):
            raise unreadable("the zip archive is corrupt: its directory is cut")
        if flags & ~_KNOWN_FLAGS or disk:
            raise unreadable("an entry of the zip archive is stored in an unknown way")
        size, compressed, offset = long_sizes(extra_fields(extra, name), (size, compressed, offset))
        check_name(name, utf8=bool(flags & UTF8))
        yield ZipEntry(name, flags, method, crc, compressed, size, offset, attributes)


def check_name(name: bytes, *, utf8: bool) -> None:
    """Refuses names that unpackers change: unzip drops control characters, others cut at NUL.

    Raises:
        CouldNotCheck: code `artifact-ambiguous`.
    """
    if any(byte < 32 or byte in (127, 255) for byte in name):
        raise ambiguous("a name in the zip archive has control characters")
    if utf8:
        try:
            name.decode("utf-8")
        except UnicodeDecodeError:
            raise ambiguous("a name in the zip archive is not the UTF-8 that it says") from None


def extra_fields(extra: bytes, name: bytes) -> dict[int, bytes]:
    """Extra fields by their ids; `name` is that of the entry.

    Raises:
        CouldNotCheck: `artifact-unreadable` if they are malformed, `artifact-ambiguous` if one
            gives the entry another name or kind to those who read it.
    """
    fields: dict[int, bytes] = {}
    at = 0
    while len(extra) - at >= 4:
        identifier, size = struct.unpack_from("<2H", extra, at)
        at += 4 + size
        if identifier in fields or at > len(extra):
            raise unreadable("the zip archive is corrupt: its extra fields are damaged")
        fields[identifier] = extra[at - size : at]
    if any(extra[at:]):
        raise unreadable("the zip archive is corrupt: its extra fields are damaged")
    if not _OVERRIDING.isdisjoint(fields):
        raise ambiguous("an entry of the zip archive has attributes that not all unpackers read")
    path = fields.get(UNICODE_PATH)
    if path is not None and path != b"\1" + struct.pack("<L", zlib.crc32(name)) + name:
        raise ambiguous("an entry of the zip archive has a second name in an extra field")
    return fields


def long_sizes(fields: dict[int, bytes], short: tuple[int, ...]) -> tuple[int, ...]:
    """The values; where one of 32 bits is all ones, the one in the zip64 extra field.

    Raises:
        CouldNotCheck: `artifact-ambiguous` if the field has more or less than is needed.
    """
    masked = sum(value == MASK for value in short)
    long = fields.get(ZIP64_EXTRA, b"")
    if len(long) != 8 * masked:
        raise ambiguous("an entry of the zip archive has sizes that contradict each other")
    rest = iter(struct.unpack(f"<{masked}Q", long))
    return tuple(next(rest) if value == MASK else value for value in short)
