"""Zip members from a stream: front to back, held against the directory at the end."""

from __future__ import annotations

import os
import re
import stat
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from aztrust.core.base.paths import escape
from aztrust.storage.archives.bytestream import ByteStream, RawReader
from aztrust.storage.archives.compression import Buffer, raw_bzip2, raw_deflate, unpack_one
from aztrust.storage.archives.members import Wanted, ambiguous, unreadable
from aztrust.storage.archives.zipdirectory import (
    DESCRIPTOR,
    ENCRYPTED,
    MASK,
    ZipEntry,
    extra_fields,
    long_sizes,
    read_directory,
)

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_LOCAL_MAGIC: Final = b"PK\x03\x04"
_DESCRIPTOR_MAGIC: Final = b"PK\x07\x08"
_STORED: Final = 0
_METHODS: Final = {8: raw_deflate, 12: raw_bzip2}
_COMPRESSION_LEVEL: Final = 0x6
_DOS_DIRECTORY: Final = 0x10
_VERSION: Final = re.compile(r";[0-9]*\Z")
"""What unzip cuts off a name: a version, as VMS wrote it."""


def read_zip(raw: RawReader, wanted: Wanted) -> None:
    """Hashes the wanted members.

    The directory is read first, by position; the pass over all bytes that `raw` hashes then meets
    it again, and it must be the same.

    Raises:
        CouldNotCheck: code `artifact-unreadable` or `artifact-ambiguous`.
    """
    size = os.fstat(raw.descriptor).st_size
    directory = read_directory(lambda at, count: os.pread(raw.descriptor, count, at), size)
    # Unpacking writes all entries, also those that are not asked for.
    if sum(entry.size for entry in directory.entries) > wanted.limits.total:
        raise unreadable(f"it unpacks to more than the limit of {wanted.limits.total} bytes")
    stream = ByteStream(iter(raw), size)
    # An archive without entries is a directory alone: there is no first start to leave out.
    starts = [*(entry.offset for entry in directory.entries), directory.start]
    for entry, end in zip(directory.entries, starts[1:], strict=True):
        _Entry(entry, end, stream).read(wanted)
    if stream.position != directory.start:
        raise ambiguous("the zip archive has data before its directory that it does not list")
    if stream.take(len(directory.raw) + 1) != directory.raw:
        raise unreadable("the zip archive's directory changed while it was read")


class _Entry:
    """One entry between its local header and `end`, where the next one starts."""

    __slots__ = ("_end", "_entry", "_shown", "_stream")

    def __init__(self, entry: ZipEntry, end: int, stream: ByteStream) -> None:
        self._entry = entry
        self._end = end
        self._stream = stream
        self._shown = escape(entry.text)

    def read(self, wanted: Wanted) -> None:
        """Takes the entry from the stream and hashes it if it is asked for."""
        entry, stream = self._entry, self._stream
        if stream.position != entry.offset:
            raise ambiguous(
                f"the zip archive has data before the entry '{self._shown}' that it does not list"
            )
        self._local_header()
        normal = self._place(wanted)
        contents = stream.exactly(entry.compressed)
        if normal is not None:
            wanted.hash(normal, entry.size, self._unpacked(contents))
        elif entry.flags & DESCRIPTOR and not entry.flags & ENCRYPTED:
            # A reader from the front finds the end of this entry only by unpacking it.
            for _ in self._unpacked(contents):
                pass
        else:
            for _ in contents:
                pass
        if entry.flags & DESCRIPTOR:
            self._descriptor()

    def _place(self, wanted: Wanted) -> str | None:
        """The normal name if it is asked for and a file."""
        entry = self._entry
        name, mode = entry.text, entry.attributes >> 16
        link = stat.S_ISLNK(mode)
        normal = wanted.wants(name, link=link)
        for other in (entry.other_text, _VERSION.sub("", name)):
            if other != name:
                wanted.also_named(name, other, link=link)
        if normal is None:
            return None
        dos_directory = entry.attributes & _DOS_DIRECTORY
        if name.endswith("/") or dos_directory or stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            wanted.no_file(normal, "a directory, a link or a device")
            return None
        if entry.flags & ENCRYPTED:
            raise unreadable(f"the member '{self._shown}' is encrypted")
        return normal

    def _local_header(self) -> None:
        """Compares the header before the contents with the directory."""
        entry, stream = self._entry, self._stream
        header = stream.take(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MAGIC):
            raise ambiguous(f"the entry '{self._shown}' is in the zip's directory alone")
        fields = _LOCAL.unpack(header)
        flags, method, crc, compressed, size, name_size, extra_size = (*fields[2:4], *fields[6:])
        name = stream.take(name_size)
        extra = extra_fields(stream.take(extra_size), name)
        size, compressed = long_sizes(extra, (size, compressed))
        same = (
            name == entry.name
            and method == entry.method
            and flags & ~_COMPRESSION_LEVEL == entry.flags & ~_COMPRESSION_LEVEL
        )
        values = ((crc, entry.crc), (compressed, entry.compressed), (size, entry.size))
        for here, listed in values:
            same &= here == listed or (here == 0 and bool(flags & DESCRIPTOR))
        if not same:
            raise ambiguous(
                f"the entry '{self._shown}' is described differently in the zip's directory"
            )

    def _unpacked(self, contents: Iterable[Buffer]) -> Iterator[Buffer]:
        """The contents, with their size and checksum verified at the end."""
        entry = self._entry
        if entry.method == _STORED:
            blocks = self._stored(contents)
        elif entry.method in _METHODS:
            blocks = iter(unpack_one(_METHODS[entry.method], contents))
        else:
            raise unreadable(
                f"the entry '{self._shown}' is compressed in a way (method {entry.method}) that is"
                " not read; pack it with deflate"
            )
        crc = have = 0
        for block in blocks:
            crc = zlib.crc32(block, crc)
            have += len(block)
            if have > entry.size:
                break
            yield block
        if have != entry.size or crc != entry.crc:
            raise unreadable(
                f"the zip archive is corrupt: wrong size or checksum of the entry '{self._shown}'"
            )

    def _stored(self, contents: Iterable[Buffer]) -> Iterator[Buffer]:
        """Bytes as they are; with a descriptor behind, nothing in them may look like one."""
        last = b""
        for block in contents:
            if self._entry.flags & DESCRIPTOR:
                if _DESCRIPTOR_MAGIC in last + bytes(block):
                    raise ambiguous(f"the entry '{self._shown}' has two ends")
                last = (last + bytes(block))[-3:]
            yield block

    def _descriptor(self) -> None:
        """Checksum and sizes behind the contents: of 32 or 64 bits, with or without a mark."""
        entry = self._entry
        data = self._stream.take(max(0, min(self._end - self._stream.position, 24)))
        values = entry.crc, entry.compressed, entry.size
        forms = [struct.pack(form, *values) for form in ("<L2Q",)]
        if max(values) <= MASK:
            forms.append(struct.pack("<3L", *values))
        marked = [_DESCRIPTOR_MAGIC + form for form in forms]
        unmarked = [form for form in forms if not form.startswith(_DESCRIPTOR_MAGIC)]
        if data not in (*marked, *unmarked):
            raise ambiguous(f"the entry '{self._shown}' does not end as the zip's directory says")
