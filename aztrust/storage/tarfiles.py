"""Tar members from a stream, strictly: what two unpackers could read differently is refused.

The standard library's reader keeps every header, skips damaged ones and stops where it likes; a
second entry of the same name could hide behind that. This one reads header by header, knows only
what release archives use (ustar, pax, GNU long names), keeps nothing, and accepts nothing but
zeros after the end marker.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from aztrust.core.paths import escape
from aztrust.storage import tarheader
from aztrust.storage.archive import BLOCK, RawReader, Wanted, unreadable
from aztrust.storage.tarheader import RECORD, TarHeader

MAX_EXTENSION = 1 << 20
"""Bytes of one pax header or long name: they are held in memory."""

XZ_MEMORY = 256 << 20
"""Dictionary memory that an xz archive may demand; `xz -9` needs 65 MiB."""

_LONG = (tarheader.LONG_NAME, tarheader.LONG_LINK)

Decompress = Callable[[Iterable[bytes]], Iterator[bytes]]


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the interface of bz2's and lzma's."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._full = len(out) == max_length
        return out


def _decompress(new: Callable[[], _Decompressor], raw: Iterable[bytes]) -> Iterator[bytes]:
    """Concatenated streams in blocks of at most `BLOCK`; zeros may follow each of them."""
    inner: _Decompressor | None = None
    first = True
    try:
        for block in raw:
            data = block
            while True:
                if inner is None:
                    data = data if first else data.lstrip(b"\0")
                    if not data:
                        break
                    inner, first = new(), False
                out = inner.decompress(data, BLOCK)
                data = b""
                if out:
                    yield out
                if inner.eof:
                    data, inner = inner.unused_data, None
                elif inner.needs_input:
                    break
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        raise unreadable(f"its compression is corrupt: {escape(str(error))}") from None
    if inner is not None:
        raise unreadable("it ends in the middle of its compressed data")


def _gunzip(raw: Iterable[bytes]) -> Iterator[bytes]:
    return _decompress(_Gzip, raw)


def _bunzip2(raw: Iterable[bytes]) -> Iterator[bytes]:
    return _decompress(bz2.BZ2Decompressor, raw)


def _unxz(raw: Iterable[bytes]) -> Iterator[bytes]:
    return _decompress(
        lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY), raw
    )


DECOMPRESSORS: dict[bytes, Decompress] = {
    b"\x1f\x8b": _gunzip,
    b"BZh": _bunzip2,
    b"\xfd7zXZ\0": _unxz,
}


def is_tar(head: bytes) -> bool:
    """Whether the first 512 bytes are a tar header: ustar, pax and GNU write the same magic."""
    return head[257:262] == b"ustar"


class _Stream:
    """The unpacked tar, counted against the limit on everything together."""

    def __init__(self, blocks: Iterator[bytes], limit: int) -> None:
        self._blocks = blocks
        self._rest = b""
        self._limit = limit
        self._count = 0

    def upto(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes in blocks, fewer only at the end of the stream."""
        while size > 0:
            if not self._rest:
                self._rest = next(self._blocks, b"")
                self._count += len(self._rest)
                if self._count > self._limit:
                    raise unreadable(f"it unpacks to more than the limit of {self._limit} bytes")
                if not self._rest:
                    return
            block, self._rest = self._rest[:size], self._rest[size:]
            size -= len(block)
            yield block

    def take(self, size: int) -> bytes:
        """The next `size` bytes at once, fewer only at the end."""
        return b"".join(self.upto(size))

    def skip(self, size: int) -> None:
        """Passes over exactly `size` bytes."""
        if sum(map(len, self.upto(size))) != size:
            raise unreadable("it ends in the middle of an entry")


def tar_reader(decompress: Decompress) -> Callable[[RawReader, Wanted], None]:
    """A function that hashes the wanted members of a tar compressed in this way.

    It raises CouldNotCheck with code `artifact-unreadable`.
    """

    def read_tar(raw: RawReader, wanted: Wanted) -> None:
        stream = _Stream(decompress(raw), wanted.limits.total)
        name, link, size = "", "", -1
        while header := stream.take(RECORD):
            if header.count(0) == RECORD:
                break
            head = _parse_header(header)
            if head.kind in tarheader.PAX or head.kind in _LONG:
                payload = _extension(stream, head.size)
                if head.kind == tarheader.LONG_NAME:
                    name = payload.split(b"\0")[0].decode("utf-8", "surrogateescape")
                elif head.kind == tarheader.LONG_LINK:
                    link = payload.split(b"\0")[0].decode("utf-8", "surrogateescape")
                else:
                    new = _pax_overrides(payload)
                    if head.kind == tarheader.GLOBAL and (new.name or new.link or new.size >= 0):
                        raise unreadable("a global header renames or resizes its entries")
                    name, link = new.name or name, new.link or link
                    size = new.size if new.size >= 0 else size
                continue
            _entry(
                stream,
                TarHeader(
                    name or head.name,
                    head.kind,
                    size if size >= 0 else head.size,
                    link or head.link,
                ),
                wanted,
            )
            name, link, size = "", "", -1
        # After its end marker some readers stop and others look for more entries.
        if any(block.count(0) != len(block) for block in stream.upto(wanted.limits.total + 1)):
            raise unreadable("there is data after its end marker")

    return read_tar


def _parse_header(header: bytes) -> TarHeader:
    try:
        return tarheader.parse_header(header)
    except ValueError as error:
        raise unreadable(f"one of its headers is damaged: {escape(str(error))}") from None


def _extension(stream: _Stream, size: int) -> bytes:
    if size > MAX_EXTENSION:
        raise unreadable(f"one of its headers is longer than {MAX_EXTENSION} bytes")
    payload = stream.take(size)
    stream.skip(-size % RECORD)
    return payload


def _entry(stream: _Stream, entry: TarHeader, wanted: Wanted) -> None:
    name, kind, size, link = entry
    if kind == tarheader.SPARSE:
        raise unreadable("it stores sparse files; pack it without --sparse")
    regular = kind in tarheader.REGULAR
    if size < 0 or (size and not regular and kind in tarheader.KNOWN):
        raise unreadable(f"the entry '{escape(name)}' is no file and yet declares contents")
    normal = wanted.wants(name, link=kind in (tarheader.HARD_LINK, tarheader.SYMBOLIC_LINK))
    if kind == tarheader.HARD_LINK:
        wanted.hard_link(name, link)
    if normal is None:
        stream.skip(size)
    elif not regular:
        wanted.no_file(normal, "a directory, a link or a device")
        stream.skip(size)
    else:
        wanted.hash(normal, size, stream.upto(size))
    stream.skip(-size % RECORD)


class _Overrides(NamedTuple):
    """What a pax header gives the next entry; "" and -1 for nothing."""

    name: str
    link: str
    size: int


def _pax_overrides(payload: bytes) -> _Overrides:
    """What a pax header says about the next entry.

    Records are `LENGTH KEY=VALUE` and a newline (POSIX pax, "pax Header Block").
    """
    name, link, size, start = "", "", -1, 0
    while start < len(payload):
        digits, _, _ = payload[start : start + 20].partition(b" ")
        end = start + (int(digits) if digits.isdigit() else 0)
        record = payload[start + len(digits) + 1 : end]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or end > len(payload) or not record.endswith(b"\n"):
            raise unreadable("one of its pax headers is malformed")
        if key == b"path":
            name = value.decode("utf-8", "surrogateescape")
        elif key == b"linkpath":
            link = value.decode("utf-8", "surrogateescape")
        elif key == b"size":
            if not value.isdigit():
                raise unreadable("one of its pax headers is malformed")
            size = int(value)
        elif key.startswith(b"GNU.sparse"):
            raise unreadable("it stores sparse files; pack it without --sparse")
        start = end
    return _Overrides(name, link, size)
