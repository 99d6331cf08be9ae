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
from typing import Final, NamedTuple, NoReturn

from aztrust.core.base.errors import Malformed, UsageError

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
    """A node's position among all nodes, in the order in which appending completes them."""
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


def root_of_leaves(leaves: Iterable[bytes]) -> bytes:
    """The root over all leaves, given as bytes and not as hashes."""
    at_peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        add_leaf(size, at_peaks, leaf_hash(leaf))
    return root_of_peaks(at_peaks)


def ids_root(ids: Iterable[str]) -> str:
    """The root over ids as a `sha256:` digest: sorted, each once, each a leaf of its text."""
    leaves = (id_.encode("ascii") for id_ in sorted(set(ids)))
    return f"sha256:{root_of_leaves(leaves).hex()}"


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


def inclusion_proof(index: int, size: int, read: ReadNodes) -> tuple[bytes, ...]:
    """PATH of RFC 9162, 2.1.3.1: that leaf `index` is in the log of `size` leaves.

    Raises:
        UsageError: the log of that size has no such leaf.
    """
    if not 0 <= index < size:
        raise UsageError(
            f"there is no entry {index} in a log of {size}", mend="entries are counted from 0"
        )
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return range_roots(reversed(ranges), read)


def consistency_proof(old: int, new: int, read: ReadNodes) -> tuple[bytes, ...]:
    """PROOF of RFC 9162, 2.1.4.1: that the log of `new` leaves begins with that of `old` leaves.

    Every log begins with the empty one and with itself: both proofs are empty.

    Raises:
        UsageError: `old` is more than `new`.
    """
    if not 0 <= old <= new:
        raise UsageError(
            f"a log of {new} entries cannot begin with one of {old}",
            mend="give the smaller size first",
        )
    if old in (0, new):
        return ()
    ranges = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return range_roots(reversed(ranges), read)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """2.1.3.2: the log of `size` leaves with this root has a leaf with this hash at `index`.

    Raises:
        Malformed: `ledger-inconsistent`: the proof does not show it.
    """
    if not 0 <= index < size:
        _refuse(f"is for entry {index} of a log of {size}, which has none")
    _demand_hashes((leaf, root, *proof))
    result = leaf
    for sibling, on_the_left in _climb(index, size - 1, proof):
        result = node_hash(sibling, result) if on_the_left else node_hash(result, sibling)
    if result != root:
        _refuse(f"does not lead from entry {index} to the root of the log of {size}")


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """2.1.4.2: the log of `new` leaves begins with that of `old` leaves.

    Raises:
        Malformed: `ledger-inconsistent`: the proof does not show it.
    """
    if not 0 <= old <= new:
        _refuse(f"is from a log of {old} to a log of {new}, which is smaller")
    _demand_hashes((old_root, new_root, *proof))
    if old in (0, new):
        if proof:
            _refuse("is too long")
        if old_root != (new_root if old == new else EMPTY_ROOT):
            _refuse(f"is between two logs of {old} entries with different roots")
        return
    # A perfect tree is a node of the new one, and so its root is not repeated.
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    if not path:
        _refuse("is too short")
    level = ((old - 1) ^ old).bit_length() - 1
    of_old = of_new = path[0]
    for sibling, on_the_left in _climb(old - 1 >> level, new - 1 >> level, path[1:]):
        if on_the_left:
            of_old, of_new = node_hash(sibling, of_old), node_hash(sibling, of_new)
        else:
            of_new = node_hash(of_new, sibling)
    if of_old != old_root or of_new != new_root:
        _refuse(f"does not lead from the log of {old} to the log of {new}")


def _climb(number: int, last: int, siblings: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The way from a node to the root: each sibling, and whether it is on the left.

    Args:
        number: the node's number in its level (`fn` of the RFC).
        last: the number of that level's last node (`sn`).
        siblings: the hashes that a proof gives, as many as the way has steps.
    """
    for sibling in siblings:
        if last == 0:
            _refuse("is too long")
        on_the_left = bool(number & 1) or number == last
        yield sibling, on_the_left
        if on_the_left:
            # A last node without a sibling of its own is its parent, too.
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        number, last = number >> 1, last >> 1
    if last != 0:
        _refuse("is too short")


def _split(width: int) -> int:
    """The largest power of two that is less than `width`."""
    return 1 << (width - 1).bit_length() - 1


def _demand_hashes(values: Iterable[bytes]) -> None:
    if not all(len(value) == HASH_BYTES for value in values):
        _refuse("has a hash that is not 32 bytes long")


def _refuse(reason: str) -> NoReturn:
    raise Malformed(
        reason,
        subject="proof",
        code="ledger-inconsistent",
        mend="fetch head and proof again from the ledger; keep both if that does not help",
    )
