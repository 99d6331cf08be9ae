"""Proofs about a log (RFC 9162, 2.1.3 and 2.1.4): that it holds an entry, that it only grew.

Whoever has the nodes makes them; whoever has a head checks them, with nothing else at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn

from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.formats.merkle import EMPTY_ROOT, HASH_BYTES, ReadNodes, node_hash, range_roots


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
    # A perfect tree is a node of the new one, and so its root is not said again.
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
    """The way from a node to the root: each sibling, and whether it stands on the left.

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
