"""The bytes of an archive in order: raw as they are in the file, or unpacked and counted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from aztrust.storage.archives.members import BLOCK, unreadable

TAIL = 66 << 10
"""How much of its end is kept of a file: a zip's directory is looked for in the last 64 KiB."""


@dataclass(slots=True)
class RawReader:
    """The archive's own bytes from offset 0, hashed as they pass. Reads by position."""

    descriptor: int
    offset: int = 0
    tail: bytes = b""
    _sha256: hashlib._Hash = field(default_factory=hashlib.sha256)

    def __iter__(self) -> Iterator[bytes]:
        while block := os.pread(self.descriptor, BLOCK, self.offset):
            self._sha256.update(block)
            self.offset += len(block)
            self.tail = block[-TAIL:] if len(block) >= TAIL else (self.tail + block)[-TAIL:]
            yield block

    def finish(self) -> bytes:
        """SHA-256 over the whole stream, after reading what was not asked for."""
        for _ in self:
            pass
        return self._sha256.digest()


class ByteStream:
    """Blocks as one stream that is taken piece by piece, counted against a limit in bytes."""

    __slots__ = ("_block", "_blocks", "_count", "_limit", "_next")

    def __init__(self, blocks: Iterator[bytes], limit: int) -> None:
        self._blocks = blocks
        self._block = memoryview(b"")
        self._next = 0
        self._limit = limit
        self._count = 0

    @property
    def position(self) -> int:
        """How many bytes have been taken."""
        return self._count - len(self._block) + self._next

    def upto(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes in blocks, fewer only at the end of the stream."""
        while size > 0:
            if self._next == len(self._block):
                self._block, self._next = memoryview(next(self._blocks, b"")), 0
                self._count += len(self._block)
                if self._count > self._limit:
                    raise unreadable(f"it unpacks to more than the limit of {self._limit} bytes")
                if not self._block:
                    return
            piece = self._block[self._next : self._next + size]
            self._next += len(piece)
            size -= len(piece)
            yield piece

    def take(self, size: int) -> bytes:
        """The next `size` bytes at once, fewer only at the end."""
        return b"".join(self.upto(size))

    def exactly(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes in blocks.

        Raises:
            CouldNotCheck: code `artifact-unreadable`, after the last block, if they are fewer.
        """
        end = self.position + size
        yield from self.upto(size)
        if self.position != end:
            raise unreadable("it ends in the middle of an entry")

    def skip(self, size: int) -> None:
        """Passes over exactly `size` bytes."""
        for _ in self.exactly(size):
            pass
