"""The network at one moment in a few numbers, for a screen, a board and a record. Pure.

A number that is None is not known; it is never a good one.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from aztrust.core.base.value import frozen
from aztrust.core.chain.facts import Expected, NodeFacts, Reach
from aztrust.core.chain.judge.memory import Memory, NodeMemory
from aztrust.core.chain.judge.rules.pace import block_time_ms
from aztrust.core.chain.judge.rules.rollback_participation import participation
from aztrust.core.chain.judge.thresholds import Thresholds
from aztrust.core.chain.judge.view import View, view_of


@frozen
class NodePicture:
    """One node of the list.

    Args:
        name: in the list.
        reach: of the last attempt, None where there was none.
        trouble: why there was no answer then, or what could not be read; "" for nothing.
        answered_ms: when it answered last, None where it never did.
        is_fresh: whether that answer is new enough to count.
        silent_ms: since when it does not answer although it should, None where it does.
        facts: its last answer, without heights and votes.
        altered: fields of its genesis that differ from the sealed one; None where it was not seen.
    """

    name: str
    reach: Reach | None
    trouble: str
    answered_ms: int | None
    is_fresh: bool
    silent_ms: int | None
    facts: NodeFacts | None
    altered: tuple[str, ...] | None


@frozen
class Picture:
    """The network at one moment. Times are milliseconds since 1970 on the observer's clock.

    Args:
        at_ms: the moment.
        height: the newest height that two nodes have; where one node alone answers, its own.
        finalized: the same of finality.
        risen_ms: when `finalized` rose last.
        participation: the share of power that votes: by the last commit, or, while no block comes,
            by the votes of the unfinished height.
        block_time_ms: the mean block time, with the gap that is open now.
        halted: how many target slots in a row ended with answers and without a rise of finality;
            None before the first rise.
        round: of the unfinished height.
        voted: the largest share of power in the votes of the unfinished height.
        lowest: the lowest head of the nodes that answer.
        highest: the highest.
        answered_ms: when any node answered last.
        blind: the share of power whose nodes do not answer although they should; a node that never
            answered counts with all validators that no other node has.
        unlisted: the share of power of validators that no node of the list has as its own, once
            every node has answered; None before that, and where nodes name no validators.
        nodes: all of the list, in its order.
    """

    at_ms: int
    height: int | None
    finalized: int | None
    risen_ms: int | None
    participation: Fraction | None
    block_time_ms: Fraction | None
    halted: int | None
    round: int | None
    voted: Fraction | None
    lowest: int | None
    highest: int | None
    answered_ms: int | None
    blind: Fraction | None
    unlisted: Fraction | None
    nodes: tuple[NodePicture, ...]

    @property
    def spread(self) -> int | None:
        """How many blocks the lowest answering node is behind the highest."""
        if self.lowest is None or self.highest is None:
            return None
        return self.highest - self.lowest

    @property
    def answer_age_ms(self) -> int | None:
        """The age of the newest answer of any node."""
        return None if self.answered_ms is None else max(0, self.at_ms - self.answered_ms)

    @property
    def answering(self) -> int:
        """How many nodes answer now."""
        return sum(node.is_fresh for node in self.nodes)


def picture(
    memory: Memory, expected: Expected, limits: Thresholds, now: int, nodes: Iterable[str]
) -> Picture:
    """The picture after `judge` has looked.

    Args:
        memory: that `judge` returned.
        expected: from the sealed genesis.
        limits: of the phase.
        now: the observer's clock, as `judge` got it.
        nodes: the names of the list, in its order.
    """
    view = view_of(memory, expected, limits, now)
    listed = tuple(nodes)
    heads = [facts.head for _, facts in view.on_network() if facts.head is not None]
    known = any(node.good is not None for node in memory.nodes.values())
    answered = [node.good.at_ms for node in memory.nodes.values() if node.good is not None]
    return Picture(
        at_ms=now,
        height=memory.head if known else None,
        finalized=memory.final if known else None,
        risen_ms=memory.risen_ms,
        participation=participation(view),
        block_time_ms=block_time_ms(view),
        halted=memory.slots.halted if memory.slots is not None else None,
        round=memory.stuck.round if memory.stuck is not None else None,
        voted=memory.stuck.voted if memory.stuck is not None else None,
        lowest=min(heads, default=None),
        highest=max(heads, default=None),
        answered_ms=max(answered, default=None),
        blind=_blind(view),
        unlisted=_unlisted(view, listed),
        nodes=tuple(_node(view, name, memory.nodes.get(name)) for name in listed),
    )


def _blind(view: View) -> Fraction | None:
    """The power behind silent nodes, but for validators of which another node answers."""
    seen = {facts.validator for facts in view.fresh.values()}
    silent = [
        name
        for name, one in view.silent.items()
        if one.node.validator is None or one.node.validator not in seen
    ]
    return view.share_of(silent)


def _unlisted(view: View, names: Iterable[str]) -> Fraction | None:
    """The power that is not looked at. Of a node that never answered no one knows whose it is."""
    nodes = [view.memory.nodes.get(name) for name in names]
    if any(node is None or node.good is None for node in nodes):
        return None
    if not view.limits.traits.names_validators:
        return None
    return view.share_of((), view.unclaimed)


def _node(view: View, name: str, node: NodeMemory | None) -> NodePicture:
    if node is None:
        return NodePicture(name, None, "", None, False, None, None, None)
    silent = view.silent.get(name)
    return NodePicture(
        name,
        node.reach,
        node.trouble or (node.good.trouble if node.good is not None else ""),
        node.good.at_ms if node.good is not None else None,
        name in view.fresh,
        silent.since_ms if silent is not None else None,
        node.good,
        node.altered,
    )
