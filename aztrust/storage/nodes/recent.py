"""The newest answers by their digest: the raw bytes that a signal or a record names."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Final

from aztrust.storage.nodes.limits import MIB

MOST: Final = 64 * MIB
_ENTRY: Final = 400
"""Bytes that holding an answer takes in addition to its own."""
LARGEST: Final = 2 * MIB
"""A larger answer, as of a genesis, is not held: a node serves it again."""


class Recent:
    """Answers until newer ones take their place. It may be used by many threads.

    Args:
        most: bytes of all of them.
        largest: bytes of one.
    """

    def __init__(self, most: int = MOST, largest: int = LARGEST) -> None:
        self._most = most
        self._largest = largest
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __call__(self, body: bytes) -> None:
        """Hold an answer."""
        if len(body) > self._largest:
            return
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        with self._lock:
            if digest in self._held:
                self._held.move_to_end(digest)
                return
            self._held[digest] = body
            self._size += len(body) + _ENTRY
            while self._size > self._most:
                _, oldest = self._held.popitem(last=False)
                self._size -= len(oldest) + _ENTRY

    def get(self, digest: str) -> bytes | None:
        """The answer with a digest; None where it is not held any more."""
        with self._lock:
            return self._held.get(digest)

    @property
    def size(self) -> int:
        """The bytes that holding them takes."""
        return self._size
