"""The Merkle tree of RFC 9162, section 2.1.1, over SHA-256: its nodes, and its root at any size.

A log of n leaves is held as the hashes of its perfect subtrees, each computed once and never
changed: `Node(level, number)` covers the leaves from `number << level` up to, but not including,
`(number + 1) << level`. There are fewer than 2 n of them. Laid out in the order in which they
become known (`position`), a log only ever grows at its end, and every root and proof needs O(log n)
of them. Callers hand in a function that reads them, and it is called once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root over no leaves (RFC 9162, 2.1.1)."""


class Node(NamedTuple):
    """A perfect subtree: 2^level leaves, the number-th of its level, from 0."""

    level: int
    number: int


ReadNodes = Callable[[Sequence[Node]], Sequence[bytes]]
"""Hashes of the nodes that are asked for, in their order."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def position(node: Node) -> int:
    """Where a node stands among all nodes, in the order in which appending completes them."""
    last = ((node.number + 1) << node.level) - 1
    return node_count(last) + node.level


def node_count(size: int) -> int:
    """How many perfect subtrees a log of `size` leaves has completed."""
    return 2 * size - size.bit_count()


def peaks(size: int) -> tuple[Node, ...]:
    """The perfect subtrees that a log of `size` leaves is made of, from left to right."""
    return tuple(cover(0, size))


def add_leaf(size: int, at_peaks: list[bytes], leaf: bytes) -> tuple[bytes, ...]:
    """The hashes that one more leaf completes, in the order of `position`.

    Args:
        size: how many leaves there are without it.
        at_peaks: the hashes of `peaks(size)`; afterwards those of `peaks(size + 1)`.
        leaf: its hash.
    """
    hashes = [leaf]
    while size & 1:
        hashes.append(node_hash(at_peaks.pop(), hashes[-1]))
        size >>= 1
    at_peaks.append(hashes[-1])
    return tuple(hashes)


def root_of_peaks(at_peaks: Sequence[bytes]) -> bytes:
    """The root over the hashes of `peaks(size)`."""
    if not at_peaks:
        return EMPTY_ROOT
    root = at_peaks[-1]
    for left in reversed(at_peaks[:-1]):
        root = node_hash(left, root)
    return root


def root(size: int, read: ReadNodes) -> bytes:
    """The root of the log's first `size` leaves."""
    return root_of_peaks(read(peaks(size)))


def cover(start: int, end: int) -> Iterator[Node]:
    """The perfect subtrees that make up a range of leaves, from left to right.

    The range must begin at a multiple of the smallest power of two that is not below its width,
    as 0 and every range in a proof do.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield Node(level, start >> level)
        start += 1 << level


def range_roots(ranges: Iterable[tuple[int, int]], read: ReadNodes) -> tuple[bytes, ...]:
    """The roots over ranges of leaves, each as `cover` takes it, with one read for all."""
    parts = [tuple(cover(start, end)) for start, end in ranges]
    found = iter(read([node for part in parts for node in part]))
    return tuple(root_of_peaks([next(found) for _ in part]) for part in parts)
