"""A network as an observer sees it once a second, made by hand, and how it is judged.

Four validators `a` to `d` of power 1 each, a block every two seconds, no fault: each argument of
`watch` adds one. Times are seconds after T0.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from aztrust.core.base.value import replace
from aztrust.core.chain.facts import (
    Anchor,
    Expected,
    GenesisFact,
    Member,
    NodeFacts,
    Pending,
    Reach,
    Votes,
)
from aztrust.core.chain.judge.judging import judge
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.signals import Signal
from aztrust.core.chain.judge.thresholds import Thresholds, thresholds_of
from tests.policies import policy

T0 = 1_790_000_000_000
GENESIS = GenesisFact("test/1", (("app_state", "1"), ("chain_id", "test-1")), T0)
OTHER_GENESIS = replace(GENESIS, parts=(("app_state", "2"), ("chain_id", "test-1")))
BANDS = """
[early]
block_interval = "3s"
max_error_rate = "1%"
min_participation = "80%"
startup_delay = "10s"
max_no_finality = "20s"
[steady]
block_interval = "3s"
max_error_rate = "2%"
min_participation = "67%"
startup_delay = "15s"
max_no_finality = "30s"
"""
ROLLBACK = """
[rollback.participation]
lasting = "20s"
[rollback.cadence]
lasting = "20s"
[rollback.errors]
metric = "errors"
lasting = "15s"
[rollback.reconciliation]
metric = "books"
workflow = "disputes"
"""
SHORT = BANDS + ROLLBACK
"""The tables of a policy whose spans are as short as the recordings."""
EARLY = thresholds_of(policy(SHORT), "early")
STEADY = thresholds_of(policy(SHORT), "steady")

Change = Callable[[int, str, NodeFacts], NodeFacts | None]
"""(second, node, its facts) -> other facts; None: not asked in this second."""


def expected(names: Sequence[str] = "abcd", powers: Mapping[str, int] | None = None) -> Expected:
    """What the sealed genesis says: `V` and the name of the node is its validator."""
    of = powers or {}
    members = tuple(
        Member(f"V{name}", of.get(name, 1), "", "ed25519", f"operator {name}") for name in names
    )
    return Expected("test-1", 1, GENESIS, members, "VALS", "PARAMS")


def anchor(height: int, **other: object) -> Anchor:
    """A height without a fault."""
    given = {
        "id": f"B{height}",
        "parent": f"B{height - 1}",
        "time_ms": T0 + max(0, height - 1) * 2_000,
        "state_before": f"S{height - 1}",
        "state_after": f"S{height}",
        "validators": "VALS",
        "params": "PARAMS",
        "finalized": True,
        "flags": frozenset[str](),
    }
    return Anchor(height=height, **{**given, **other})  # type: ignore[arg-type]


def silent(nodes: Collection[str], first: int, last: int, reach: Reach = Reach.REFUSED) -> Change:
    """Nodes that do not answer from one second to another."""

    def change(second: int, name: str, facts: NodeFacts) -> NodeFacts:
        if name in nodes and first <= second <= last:
            return NodeFacts(name, facts.at_ms, reach)
        return facts

    return change


def has(nodes: Collection[str], first: int = -99, last: int = 999, **values: object) -> Change:
    """Nodes whose facts have other values from one second to another, where they answer."""

    def change(second: int, name: str, facts: NodeFacts) -> NodeFacts:
        if name in nodes and first <= second <= last and facts.reach.answered:
            return replace(facts, **values)
        return facts

    return change


def anchored(nodes: Collection[str], height: int, **values: object) -> Change:
    """Nodes that report other values for one height."""

    def change(second: int, name: str, facts: NodeFacts) -> NodeFacts:
        if name not in nodes:
            return facts
        found = [replace(a, **values) if a.height == height else a for a in facts.anchors]
        return replace(facts, anchors=tuple(found))

    return change


@dataclass
class Seen:
    """All that was judged: the memory at the end, and the signals by second."""

    memory: Memory
    by_second: dict[int, tuple[Signal, ...]] = field(default_factory=dict)

    @property
    def all(self) -> set[tuple[str, str, str]]:
        """(code, locus, subject) of every signal at any time."""
        return {(s.code, s.locus, s.subject) for many in self.by_second.values() for s in many}

    @property
    def codes(self) -> set[str]:
        """The codes of every signal at any time."""
        return {code for code, _, _ in self.all}

    @property
    def last(self) -> tuple[Signal, ...]:
        """The signals of the last second."""
        return self.by_second[max(self.by_second)]

    def first(self, code: str) -> int | None:
        """The second of the first signal of a rule."""
        return next(
            (t for t, many in self.by_second.items() if any(s.code == code for s in many)), None
        )

    def one(self, code: str) -> Signal:
        """The first signal of a rule."""
        return next(s for many in self.by_second.values() for s in many if s.code == code)


def watch(
    *changes: Change,
    seconds: int = 40,
    first: int = -3,
    names: Sequence[str] = "abcd",
    limits: Thresholds = EARLY,
    powers: Mapping[str, int] | None = None,
    stops: int = 999,
    resumes: int = 999,
    absent: Callable[[int], Collection[str]] = lambda _height: (),
    stamp: Callable[[str, int], int] = lambda _name, time_ms: time_ms,
    pending: Callable[[int, int], Pending | None] | None = None,
    every: int = 1,
    memory: Memory | None = None,
) -> Seen:
    """Look at the network once a second.

    Args:
        changes: faults, each applied to the facts of each node.
        seconds: the last second.
        first: the first second; before T0 no node answers.
        names: of the nodes, each with its validator.
        limits: of the phase.
        powers: of validators, 1 where not given.
        stops: the second from which no more blocks come, until `resumes`.
        resumes: the second from which they come again.
        absent: the nodes whose validators are not in the commit of a height.
        stamp: the time in a node's vote.
        pending: (second, height) -> the unfinished height.
        every: how many seconds between two looks.
        memory: to begin with.
    """
    due = expected(names, powers)
    of = {member.id: member.power for member in due.members}
    seen = Seen(memory or Memory())
    read = dict.fromkeys(names, 0)
    for second in range(first, seconds + 1, every):
        now = T0 + second * 1_000
        ran = second if second < stops else stops + max(0, second - resumes)
        head = max(0, ran // 2)
        batch: list[NodeFacts] = []
        for name in names:
            new = range(read[name] + 1, head + 1)
            votes = [
                _votes(height - 1, absent(height - 1), of, stamp, due)
                for height in new
                if height > 1
            ]
            facts = NodeFacts(
                name,
                now,
                Reach.OK,
                network="test-1",
                validator=f"V{name}",
                head=head,
                finalized=head,
                syncing=False,
                peers=3,
                genesis=GENESIS,
                anchors=tuple(anchor(height) for height in new),
                votes=tuple(votes),
                pending=pending(second, head + 1)
                if pending
                else Pending(head + 1, 0, "1", Fraction(0)),
                raw=(f"sha256:{name}{second}",),
            )
            if second < 0:
                facts = NodeFacts(name, now, Reach.REFUSED)
            changed: NodeFacts | None = facts
            for change in changes:
                changed = change(second, name, changed) if changed is not None else None
            if changed is None:
                continue
            if changed.reach.answered:
                read[name] = head
            batch.append(changed)
        seen.memory, signals = judge(seen.memory, batch, due, limits, now)
        seen.by_second[second] = signals
    return seen


def _votes(
    height: int,
    absent: Collection[str],
    powers: Mapping[str, int],
    stamp: Callable[[str, int], int],
    due: Expected,
) -> Votes:
    missing = {f"V{name}" for name in absent}
    time_ms = anchor(height).time_ms + 2_000
    total = sum(powers.values())
    signed = sum(power for one, power in powers.items() if one not in missing)
    stamps = tuple(
        (member.id, stamp(member.id[1:], time_ms))
        for member in due.members
        if member.id not in missing
    )
    return Votes(height, 0, total, signed, 0, tuple(sorted(missing)), True, stamps)
