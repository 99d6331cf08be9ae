"""How much of an answer is read, and for how long: what one node can cost, whatever it sends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aztrust.core.base.value import frozen

KIB: Final = 1024
MIB: Final = 1024 * 1024
_SMALL: Final = frozenset({"status", "consensus_state", "health", "abci_info", "header"})
_GENESIS: Final = frozenset({"genesis", "genesis_chunked"})


@frozen
class NodeLimits:
    """Bytes and seconds.

    Args:
        small: of an answer about the state of a node.
        body: of any other answer.
        genesis: of one part of a genesis: 16 MiB, as base64 in JSON.
        head: of the status line and all headers.
        headers: how many of them.
        values: how many commas and brackets an answer in JSON may have.
        connect_s: until a connection is made, with TLS.
        request_s: from the request to the last byte of its answer, connecting included.
        genesis_s: the same of a part of a genesis.
        read_s: of all that one read asks, the genesis not counted.
        genesis_read_s: of all parts of a genesis in one read.
        again_s: for how long a path is not asked again at a node that broke a limit there.
        together: bytes of the answers of all nodes at one time, as far as they are above `small`.
    """

    small: int = 1 * MIB
    body: int = 8 * MIB
    genesis: int = 23 * MIB
    head: int = 32 * KIB
    headers: int = 64
    values: int = 1_000_000
    connect_s: float = 3
    request_s: float = 5
    genesis_s: float = 30
    read_s: float = 15
    genesis_read_s: float = 120
    again_s: float = 60
    together: int = 256 * MIB

    def size_of(self, name: str) -> int:
        """The most bytes of an answer, by the last part of its path."""
        if name in _GENESIS:
            return self.genesis
        return self.small if name in _SMALL else self.body

    def seconds_of(self, name: str) -> float:
        """How long an answer may take, by the last part of its path."""
        return self.genesis_s if is_genesis(name) else self.request_s


LIMITS: Final = NodeLimits()


def name_of(path: str) -> str:
    """The last part of a path, without its query."""
    return path.partition("?")[0].rstrip("/").rpartition("/")[2]


def is_genesis(name: str) -> bool:
    """Whether the last part of a path asks for a genesis."""
    return name in _GENESIS


class Shared:
    """The memory that the large answers of all nodes have together."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._lock = threading.Lock()

    @contextmanager
    def claim(self) -> Iterator[Claim]:
        """A part for one answer, given back at its end."""
        claim = Claim(self)
        try:
            yield claim
        finally:
            with self._lock:
                self._left += claim.size

    def take(self, size: int) -> bool:
        """Whether there was so much left; it is then taken."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    @property
    def left(self) -> int:
        """How much is not taken."""
        return self._left


class Claim:
    """What one answer has taken."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.size = 0

    def grow(self, size: int) -> bool:
        """Whether the answer may have so much more."""
        if not self._shared.take(size):
            return False
        self.size += size
        return True
