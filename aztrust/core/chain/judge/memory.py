"""What judging remembers: the last answers, a few heights and votes per node, and what is running.

Its size depends on the number of nodes alone. No node can push out what another one reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from aztrust.core.base.value import field, frozen, replace
from aztrust.core.chain.facts import Anchor, Expected, NodeFacts, Reach, Votes, altered_genesis
from aztrust.core.chain.judge.condition import Run
from aztrust.core.chain.judge.slots import Slots, count_slot
from aztrust.core.chain.judge.thresholds import Thresholds

HEIGHTS: Final = 16
"""How many heights are kept of one node, and of how many heights the votes are kept."""
DIGESTS: Final = 32
"""How many digests of one answer are kept."""
TROUBLE: Final = 500
"""How many characters are kept of why there was no answer."""
FIELDS: Final = 8
"""How many altered fields of one genesis are kept."""


@frozen
class NodeMemory:
    """What is remembered of one node.

    Args:
        reach: of the last attempt.
        tried_ms: when that was.
        trouble: why there was no answer, in a sentence; "" where there was one.
        good: its last answer, without heights and votes; None where it never answered.
        silent_ms: since when it does not answer; None while it does.
        altered: fields of its genesis that differ from the sealed one; None where it was not seen.
        restarted_ms: when its process started again.
        anchors: the newest heights that it reported, ascending: as many final ones as others.
    """

    reach: Reach
    tried_ms: int
    trouble: str = ""
    good: NodeFacts | None = None
    silent_ms: int | None = None
    altered: tuple[str, ...] | None = None
    restarted_ms: int | None = None
    anchors: tuple[Anchor, ...] = ()

    @property
    def validator(self) -> str | None:
        """The validator that it reported as its own."""
        return self.good.validator if self.good is not None else None


@frozen
class SeenVotes:
    """The votes of one height, as they were reported first.

    Args:
        votes: as reported.
        at_ms: when they were seen.
        time_ms: when they were cast: when the first was, where the chain's clock says it; else the
            median of their times, or when they were seen.
        raw: digests of the responses.
    """

    votes: Votes
    at_ms: int
    time_ms: int
    raw: tuple[str, ...]


@frozen
class Stuck:
    """The furthest vote of the unfinished height that was seen, and the most power in it.

    Of two rounds the higher one is further, and of one round the later vote (`cast`).
    """

    height: int
    round: int
    cast: int
    voted: Fraction


@frozen
class Memory:
    """All that `judge` knows from before; a new one knows nothing.

    Args:
        nodes: by name.
        votes: of the newest heights, ascending.
        head: the height that two nodes have reached; where one node alone answers, its own.
        final: the same of finality.
        risen_ms: when `final` rose last; None before the first block.
        came_ms: when a block came last; on a chain with instant finality the same as `risen_ms`.
        slots: see `count_slot`.
        stuck: the unfinished height.
        runs: the conditions that are true, by (code, subject).
    """

    nodes: Mapping[str, NodeMemory] = field(default_factory=dict)
    votes: tuple[SeenVotes, ...] = ()
    head: int = 0
    final: int = 0
    risen_ms: int | None = None
    came_ms: int | None = None
    slots: Slots | None = None
    stuck: Stuck | None = None
    runs: Mapping[tuple[str, str], Run] = field(default_factory=dict)


def remember(
    memory: Memory, batch: Iterable[NodeFacts], expected: Expected, limits: Thresholds, now: int
) -> Memory:
    """The memory with the answers that have arrived.

    Args:
        memory: from before.
        batch: answers of any nodes, in any number; an older one than a known one is not used.
        expected: from the sealed genesis.
        limits: of the phase.
        now: the observer's clock, in milliseconds, not earlier than any answer.
    """
    nodes = dict(memory.nodes)
    answered: list[NodeFacts] = []
    for facts in batch:
        before = nodes.get(facts.node)
        if before is not None and facts.at_ms < before.tried_ms:
            continue
        nodes[facts.node] = _node(before, facts, expected)
        if facts.reach.answered and facts.network == expected.network:
            answered.append(facts)
    heads, finals = [], []
    for node in nodes.values():
        good = node.good
        if good is None or node.silent_ms is not None or good.network != expected.network:
            continue
        heads.append(good.head or 0)
        finals.append(good.finalized or 0)
    final = max(memory.final, _reached(finals))
    head = max(memory.head, final, _reached(heads))
    rose = final > memory.final
    # Where blocks become final later, a halted block is one that does not come.
    came = head > memory.head if limits.is_checkpoint else rose
    slots = memory.slots
    if limits.target_ms is not None and now >= expected.genesis.time_ms:
        index = (now - expected.genesis.time_ms) // limits.target_ms
        slots = count_slot(slots, index, seen=bool(answered), rose=came)
    return replace(
        memory,
        nodes=nodes,
        votes=_votes(memory.votes, answered, nodes, head),
        head=head,
        final=final,
        risen_ms=now if rose else memory.risen_ms,
        came_ms=now if came else memory.came_ms,
        slots=slots,
        stuck=_stuck(memory.stuck, answered, head),
    )


def _node(before: NodeMemory | None, facts: NodeFacts, expected: Expected) -> NodeMemory:
    if before is None:
        before = NodeMemory(facts.reach, facts.at_ms)
    if not facts.reach.answered:
        since = before.silent_ms if before.silent_ms is not None else facts.at_ms
        return replace(
            before,
            reach=facts.reach,
            tried_ms=facts.at_ms,
            trouble=facts.trouble[:TROUBLE],
            silent_ms=since,
        )
    altered = before.altered
    if before.silent_ms is not None and not altered:
        # It may have been started with another one.
        altered = None
    if facts.genesis is not None:
        altered = altered_genesis(expected.genesis, facts.genesis)[:FIELDS]
    last, restarted = before.good, before.restarted_ms
    started = facts.started_ms
    if last is not None and last.started_ms is not None:
        # Metrics round the start to a hundredth of a second.
        if started is not None and started > last.started_ms + 1_000:
            restarted = started
        started = started if started is not None else last.started_ms
    kept = {anchor.height: anchor for anchor in (*before.anchors, *facts.anchors)}
    validator = facts.validator or before.validator
    return NodeMemory(
        reach=facts.reach,
        tried_ms=facts.at_ms,
        good=replace(
            facts,
            anchors=(),
            votes=(),
            genesis=None,
            raw=facts.raw[:DIGESTS],
            started_ms=started,
            validator=validator,
        ),
        silent_ms=None,
        altered=altered,
        restarted_ms=restarted,
        anchors=_newest(kept),
    )


def _newest(anchors: Mapping[int, Anchor]) -> tuple[Anchor, ...]:
    """The newest final heights and the newest others: what became final late is still compared."""
    ordered = [anchors[height] for height in sorted(anchors)]
    final = [anchor for anchor in ordered if anchor.finalized][-HEIGHTS:]
    others = [anchor for anchor in ordered if not anchor.finalized][-HEIGHTS:]
    return tuple(sorted((*final, *others), key=lambda anchor: anchor.height))


def _reached(heights: list[int]) -> int:
    """The second highest, so that one node with an invented height does not move the network."""
    ordered = sorted(heights, reverse=True)
    return ordered[1] if len(ordered) > 1 else ordered[0] if ordered else 0


def _votes(
    before: tuple[SeenVotes, ...],
    answered: list[NodeFacts],
    nodes: Mapping[str, NodeMemory],
    head: int,
) -> tuple[SeenVotes, ...]:
    kept = {seen.votes.height: seen for seen in before}
    for facts in answered:
        # A node with another genesis may know other commits.
        for votes in facts.votes if not nodes[facts.node].altered else ():
            if not votes.canonical or votes.height > head or votes.total <= 0:
                continue
            if votes.height not in kept:
                stamps = sorted(stamp for _, stamp in votes.stamps_ms)
                cast = stamps[len(stamps) // 2] if stamps else facts.at_ms
                if votes.begun_ms is not None:
                    cast = votes.begun_ms
                kept[votes.height] = SeenVotes(votes, facts.at_ms, cast, facts.raw[:DIGESTS])
    return tuple(kept[height] for height in sorted(kept)[-HEIGHTS:])


def _furthest(stuck: Stuck) -> tuple[int, int, Fraction]:
    return stuck.round, stuck.cast, stuck.voted


def _stuck(before: Stuck | None, answered: list[NodeFacts], head: int) -> Stuck | None:
    stuck = before if before is not None and before.height == head + 1 else None
    for facts in answered:
        pending = facts.pending
        if pending is None or pending.height != head + 1:
            continue
        found = Stuck(pending.height, pending.round, pending.cast, pending.voted)
        if stuck is None or _furthest(found) > _furthest(stuck):
            stuck = found
    return stuck
