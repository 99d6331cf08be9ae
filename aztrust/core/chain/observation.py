"""One look at a network, complete: what was seen, what is proven, what is wrong, what is unknown.

What is unknown is listed, and is then never a success.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from aztrust.core.base.rates import in_tenths
from aztrust.core.base.value import frozen, replace
from aztrust.core.chain.agreement import Disagreement, SeenBlock, Sight, disagreements
from aztrust.core.chain.facts import Expected, Proof
from aztrust.core.chain.judge.criteria import CriterionState, criteria
from aztrust.core.chain.judge.judging import THIRD, unasked
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.signals import Signal
from aztrust.core.chain.judge.thresholds import Phase, Thresholds
from aztrust.core.chain.node_list import ListedNode
from aztrust.core.chain.picture import NodePicture, Picture, picture

EXIT_BROKEN: Final = 10
EXIT_OPEN: Final = 11
HERE: Final = "this observer"
"""How this one is named next to the others."""
BROKEN: Final = frozenset(
    {
        "chain-id-other",
        "first-block-other",
        "fork",
        "genesis-served-other",
        "params-split",
        "state-split",
        "validators-split",
    }
)
"""The codes of signals that mean: what runs is not what was frozen, or not one network."""


@frozen
class ProvenBlock:
    """A proof, and the node whose answers it is made of."""

    node: str
    proof: Proof


@frozen
class Others:
    """What other observers of the same network saw.

    Args:
        genesis_sha256: of the genesis that this observer compares with.
        sights: theirs.
    """

    genesis_sha256: str
    sights: tuple[Sight, ...]


@frozen
class Observation:
    """All of one look.

    Args:
        phase: whose band counts.
        nodes: the list.
        expected: from the sealed genesis.
        memory: that `judge` returned.
        picture: of this moment.
        signals: of this moment.
        criteria: the five of the rollback.
        proofs: of blocks, ascending; a proof that does not hold is one of a wrong block.
        unasked: codes of rules for which the policy sets no limit.
        unknown: what should be known and is not, in sentences.
        differs: where other observers saw something else.
    """

    phase: Phase
    nodes: tuple[ListedNode, ...]
    expected: Expected
    memory: Memory
    picture: Picture
    signals: tuple[Signal, ...]
    criteria: tuple[CriterionState, ...]
    proofs: tuple[ProvenBlock, ...]
    unasked: tuple[str, ...]
    unknown: tuple[str, ...]
    differs: tuple[Disagreement, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether what runs is not what was frozen."""
        return any(signal.code in BROKEN for signal in self.signals) or any(
            one.proof.wrong for one in self.proofs
        )

    @property
    def exit_code(self) -> int:
        """10 where truth is broken; 11 where there is a signal, anything unknown, or an observer
        who saw something else; else 0.
        """
        if self.is_broken:
            return EXIT_BROKEN
        return EXIT_OPEN if self.signals or self.unknown or self.differs else 0


def observation(
    phase: Phase,
    nodes: Sequence[ListedNode],
    expected: Expected,
    memory: Memory,
    limits: Thresholds,
    signals: tuple[Signal, ...],
    proofs: Sequence[ProvenBlock],
    now: int,
) -> Observation:
    """The look after `judge`.

    Args:
        phase: of `limits`.
        nodes: the list.
        expected: from the sealed genesis.
        memory, signals: what `judge` returned.
        limits, now: what it was given.
        proofs: that were made so far.
    """
    seen = picture(memory, expected, limits, now, [node.name for node in nodes])
    states = criteria(memory, limits)
    return Observation(
        phase=phase,
        nodes=tuple(nodes),
        expected=expected,
        memory=memory,
        picture=seen,
        signals=signals,
        criteria=states,
        proofs=tuple(proofs),
        unasked=unasked(limits),
        unknown=(*_unknown(expected, limits, seen, states, proofs), *_one_node(memory)),
    )


def _unknown(
    expected: Expected,
    limits: Thresholds,
    seen: Picture,
    states: Sequence[CriterionState],
    proofs: Sequence[ProvenBlock],
) -> Iterator[str]:
    early = seen.at_ms < expected.genesis.time_ms and limits.traits.silent_before_t0
    for node in seen.nodes:
        yield from _of_node(node, early=early)
    if seen.unlisted is not None and seen.unlisted >= THIRD:
        share = in_tenths(seen.unlisted.numerator, seen.unlisted.denominator)
        yield (
            f"the validators of {share}% of power have no node in the list: what their nodes run is"
            " not seen; list them, or write which validator a node is for (validator = …)"
        )
    yield from expected.notes
    if expected.genesis.unknown:
        shown = ", ".join(expected.genesis.unknown)
        yield f"the sealed genesis leaves these to the defaults of a node: {shown}"
    for state in states:
        if state.state == "unknown":
            yield f"rollback criterion {state.criterion}: {state.detail or 'not known'}"
    if not any(one.proof.holds for one in proofs):
        why = next((one.proof.unverified for one in proofs), "") or "no node has given it"
        yield f"block {expected.first_height} is not proven: {why}"


def _one_node(memory: Memory) -> Iterator[str]:
    """Names behind which one node answers: it would count as several."""
    names: dict[str, list[str]] = {}
    for name, node in memory.nodes.items():
        if node.good is not None and node.good.node_id:
            names.setdefault(node.good.node_id, []).append(name)
    for node_id, same in sorted(names.items()):
        if len(same) > 1:
            named = " and ".join(sorted(same))
            yield f"{named} report one node id, {node_id[:16]}…: list a node once"


def _of_node(node: NodePicture, *, early: bool) -> Iterator[str]:
    if not node.is_fresh:
        if early and node.answered_ms is None:
            yield f"{node.name} does not answer before the genesis time, as is normal"
        elif node.reach is None:
            yield f"{node.name} was not asked yet"
        else:
            yield f"{node.name} does not answer: {_why(node)}"
        return
    if node.altered is None:
        yield f"{node.name} does not show which genesis it has"
    if node.trouble:
        yield f"{node.name}: {node.trouble}"


def _why(node: NodePicture) -> str:
    return f"{node.reach}, {node.trouble}" if node.trouble else str(node.reach)


def compared(seen: Observation, others: Others) -> Observation:
    """The look with where others saw something else; what only the nodes here disagree on is a
    signal, and not repeated.
    """
    if not others.sights:
        return seen
    blocks = [
        SeenBlock(one.height, one.id, one.state_after, one.validators)
        for node in seen.memory.nodes.values()
        for one in node.anchors
    ]
    own = Sight(HERE, others.genesis_sha256, tuple(dict.fromkeys(blocks)))
    differs = tuple(
        one
        for one in disagreements((*others.sights, own))
        if any(who != HERE for _, named in one.sides for who in named)
    )
    return replace(seen, differs=differs)
