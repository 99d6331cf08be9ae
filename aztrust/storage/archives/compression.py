"""Compressed streams, unpacked in blocks: never more at once than one block holds."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeAlias

from aztrust.core.base.paths import escape
from aztrust.storage.archives.members import BLOCK, unreadable

XZ_MEMORY = 256 << 20
"""Dictionary memory that an xz archive may demand; `xz -9` needs 65 MiB."""

Buffer: TypeAlias = bytes | memoryview
Decompress: TypeAlias = Callable[[Iterable[bytes]], Iterator[bytes]]


class Decompressor(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool:
        """Whether the stream's own end has been reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether it needs more input before it yields more output."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What followed the stream's end."""
        ...

    def decompress(self, data: Buffer, max_length: int) -> bytes:
        """At most `max_length` bytes."""
        ...


class Zlib:
    """zlib's decompressor with the interface of bz2's and lzma's; `wbits` says which format."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits=wbits)
        self._full = False

    @property
    def eof(self) -> bool:
        """Whether the stream's own end has been reached."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Whether it needs more input before it yields more output."""
        return not self._full and not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What followed the stream's end."""
        return self._inner.unused_data

    def decompress(self, data: Buffer, max_length: int) -> bytes:
        """At most `max_length` bytes."""
        rest = self._inner.unconsumed_tail
        out = self._inner.decompress(rest + data if rest else data, max_length)
        self._full = len(out) == max_length
        return out


def raw_deflate() -> Decompressor:
    """Deflate without a header, as a zip stores it."""
    return Zlib(-15)


def raw_bzip2() -> Decompressor:
    """One bzip2 stream."""
    import bz2  # few archives need it

    return bz2.BZ2Decompressor()


def _errors() -> tuple[type[Exception], ...]:
    """What a decompressor raises for bytes that are not a stream of its format."""
    import lzma

    return (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)


def unpack_one(new: Callable[[], Decompressor], raw: Iterable[Buffer]) -> Iterator[bytes]:
    """Exactly one stream in blocks of at most `BLOCK`; nothing may follow it.

    Raises:
        CouldNotCheck: code `artifact-unreadable`.
    """
    inner = new()
    try:
        for block in raw:
            yield from _drain(inner, block)
            if inner.unused_data:
                break
    except _errors() as error:
        raise unreadable(f"its compression is corrupt: {escape(str(error))}") from None
    if not inner.eof or inner.unused_data:
        raise unreadable("its compressed data and their declared size do not end together")


def _unpack_all(new: Callable[[], Decompressor], raw: Iterable[bytes]) -> Iterator[bytes]:
    """Concatenated streams in blocks of at most `BLOCK`; zeros may follow each of them."""
    inner: Decompressor | None = None
    first = True
    try:
        for data in raw:
            while data:
                if inner is None:
                    data = data if first else data.lstrip(b"\0")
                    if not data:
                        break
                    inner, first = new(), False
                yield from _drain(inner, data)
                data = b""
                if inner.eof:
                    data, inner = inner.unused_data, None
    except _errors() as error:
        raise unreadable(f"its compression is corrupt: {escape(str(error))}") from None
    if inner is not None:
        raise unreadable("it ends in the middle of its compressed data")


def _drain(inner: Decompressor, data: Buffer) -> Iterator[bytes]:
    """All that comes out with this input, up to the stream's end."""
    while True:
        out = inner.decompress(data, BLOCK)
        data = b""
        if out:
            yield out
        if inner.eof or inner.needs_input:
            return


def gunzip(raw: Iterable[bytes]) -> Iterator[bytes]:
    """The contents of a gzip file."""
    return _unpack_all(lambda: Zlib(31), raw)


def bunzip2(raw: Iterable[bytes]) -> Iterator[bytes]:
    """The contents of a bzip2 file."""
    return _unpack_all(raw_bzip2, raw)


def unxz(raw: Iterable[bytes]) -> Iterator[bytes]:
    """The contents of an xz file."""
    import lzma  # few archives need it

    return _unpack_all(
        lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY), raw
    )


DECOMPRESSORS: dict[str, Decompress] = {"tar": iter, "gzip": gunzip, "bzip2": bunzip2, "xz": unxz}
"""By the name of the format; "tar" is not compressed."""
