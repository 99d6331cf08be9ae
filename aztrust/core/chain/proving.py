"""Proof of several blocks, from the first to the one that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import frozen
from aztrust.core.chain.adapter import Get, Reply
from aztrust.core.chain.facts import Expected, Proof
from aztrust.core.chain.kinds import AnyAdapter

MAX_STEPS: Final = 10_000
"""How many blocks are proven one after the other, where the validators changed."""


@frozen
class Proven:
    """What the signatures under some blocks prove.

    Args:
        proofs: one for each height that was looked at; the last one is not proven where one is
            wrong, and the heights after it were not looked at.
        replies: the responses that they rest on, by path.
    """

    proofs: tuple[Proof, ...]
    replies: Mapping[str, Reply]

    @property
    def heights(self) -> tuple[int, ...]:
        """The heights that were looked at."""
        return tuple(proof.height for proof in self.proofs)

    @property
    def last(self) -> Proof:
        """The proof of the last of them."""
        return self.proofs[-1]

    @property
    def holds(self) -> bool:
        """Whether each of them is proven."""
        return all(proof.holds for proof in self.proofs)

    def wrong(self) -> tuple[str, ...]:
        """Why it is not proven, in sentences; empty where it is."""
        return tuple(sentence for proof in self.proofs for sentence in why_not(proof))


def why_not(proof: Proof) -> Iterable[str]:
    """Why a block is not proven, in sentences; nothing where it is."""
    if proof.wrong:
        yield from (f"block {proof.height}: {sentence}" for sentence in proof.wrong)
    elif proof.unverified:
        yield f"block {proof.height}: {proof.unverified}"
    elif not proof.holds:
        yield f"{proof.text}, and more than two thirds must"


def prove_heights(
    adapter: AnyAdapter, expected: Expected, get: Get, heights: Iterable[int]
) -> Proven | None:
    """Verify blocks in this order; None where the node does not have one of them.

    A block that follows the one before it may have other validators: those that the one before it
    names. Any other must be signed by the first validators.

    Args:
        adapter: of the chain.
        expected: from the sealed genesis.
        get: asks one node, which need not be trusted.
        heights: ascending. It ends at the first one that is wrong.

    Raises:
        Unreachable, Malformed: as `Adapter.prove`.
    """
    recorder = _Recorder(get)
    proofs: list[Proof] = []
    for height in heights:
        before = proofs[-1] if proofs and proofs[-1].height == height - 1 else None
        proof = adapter.prove(expected, recorder, height, before)
        if proof is None:
            return None
        proofs.append(proof)
        if not proof.holds:
            break
    return Proven(tuple(proofs), recorder.replies) if proofs else None


def prove_to(adapter: AnyAdapter, expected: Expected, get: Get, height: int) -> Proven | None:
    """Verify the first block and one more, with those between them where they are needed.

    They are where the validators changed: then each block from the last one that the first
    validators signed is verified by the one before it.

    Args:
        adapter: of the chain.
        expected: from the sealed genesis.
        get: asks one node, which need not be trusted.
        height: of the last block, not before the first one.

    Returns:
        What was found; None where the node does not have one of the blocks.

    Raises:
        Unreachable, Malformed: as `Adapter.prove`.
        CouldNotCheck: there are too many blocks between them.
    """
    first = expected.first_height
    ends = (first,) if height <= first else (first, height)
    found = prove_heights(adapter, expected, get, ends)
    if found is None or found.holds or found.heights != ends or len(ends) == 1:
        return found
    # From here on the last block has other validators, or is wrong.
    known, beyond = first, height
    while beyond - known > 1:
        middle = (known + beyond) // 2
        one = prove_heights(adapter, expected, get, (middle,))
        if one is None:
            return None
        known, beyond = (middle, beyond) if one.holds else (known, middle)
    if height - known > MAX_STEPS:
        raise CouldNotCheck(
            f"the validators changed after block {known}, and block {height} is more than"
            f" {MAX_STEPS} blocks later",
            subject=f"block {height}",
            mend="prove an earlier block first",
        )
    return prove_heights(adapter, expected, get, sorted({first, *range(known, height + 1)}))


class _Recorder:
    """Asks a node, and keeps its responses."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self.replies: dict[str, Reply] = {}

    def __call__(self, path: str, body: bytes | None) -> Reply:
        reply = self._get(path, body)
        self.replies[path] = reply
        return reply
