"""All digests of a file of a bag from one pass over its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from blake3 import blake3

from aztrust.core.archive.layout import BagFile

BLOCK: Final = 1 << 20


class Hasher:
    """SHA-256, SHA-512 and BLAKE3 of blocks as they pass; `kept` are the bytes where asked for."""

    __slots__ = ("_blake3", "_kept", "_sha256", "_sha512", "size")

    def __init__(self, *, keep: bool = False) -> None:
        self.size = 0
        self._sha256, self._sha512, self._blake3 = hashlib.sha256(), hashlib.sha512(), blake3()
        self._kept: list[bytes] | None = [] if keep else None

    def passing(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The same blocks, each hashed before it is handed on."""
        for block in blocks:
            self.update(block)
            yield block

    def update(self, block: bytes) -> None:
        """Take the next block."""
        self.size += len(block)
        self._sha256.update(block)
        self._sha512.update(block)
        self._blake3.update(block)
        if self._kept is not None:
            self._kept.append(block)

    @property
    def kept(self) -> bytes:
        """The bytes, where they were asked for."""
        return b"".join(self._kept or ())

    def file(self) -> BagFile:
        """The digests of what has passed."""
        return BagFile(
            self.size, self._sha256.digest(), self._sha512.digest(), self._blake3.digest()
        )
