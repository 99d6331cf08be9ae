"""What a rule may look at: the memory at one moment, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from aztrust.core.base.value import frozen
from aztrust.core.chain.facts import Expected, NodeFacts
from aztrust.core.chain.judge.memory import Memory, NodeMemory, SeenVotes
from aztrust.core.chain.judge.thresholds import Band, Thresholds


@frozen
class Silent:
    """A node that does not answer although it should, and since when."""

    node: NodeMemory
    since_ms: int


@frozen
class View:
    """The network at one moment.

    Args:
        memory: with the newest answers.
        expected: from the sealed genesis.
        limits: of the phase.
        at_ms: the observer's clock, in milliseconds.
        fresh: the last answer of each node that answers now, by name.
        powers: of the validators of the sealed genesis.
        unclaimed: the validators that no node has reported as its own.
        silent: the nodes that do not answer although they should, by name.
    """

    memory: Memory
    expected: Expected
    limits: Thresholds
    at_ms: int
    fresh: dict[str, NodeFacts]
    powers: dict[str, int]
    unclaimed: frozenset[str]
    silent: dict[str, Silent]

    @property
    def t0(self) -> int:
        """The genesis time of the sealed file."""
        return self.expected.genesis.time_ms

    @property
    def band(self) -> Band:
        """The band, for the rules that need one. They are not asked where there is none."""
        if self.limits.band is None:
            raise ValueError("a rule that looks at the band names it in its needs")
        return self.limits.band

    @property
    def graced_ms(self) -> int:
        """Until when a role may still be starting."""
        return self.t0 + self.band.startup_delay_ms

    @property
    def last_rise_ms(self) -> int:
        """When something became final last; T0 where nothing did."""
        return max(self.t0, self.memory.risen_ms or 0)

    @property
    def last_block(self) -> int:
        """The height that blocks have reached: the final one where a block is final at once."""
        return self.memory.head if self.limits.is_checkpoint else self.memory.final

    @property
    def last_block_ms(self) -> int:
        """When a block came last; T0 where none did."""
        return max(self.t0, self.memory.came_ms or 0)

    @property
    def is_stuck(self) -> bool:
        """Whether two target slots have passed without a block."""
        interval = self.limits.target_ms or self.limits.silent_ms
        return self.at_ms - self.last_block_ms > 2 * interval

    def on_network(self) -> Iterator[tuple[str, NodeFacts]]:
        """The nodes that answer now and are on the expected network."""
        for name, facts in self.fresh.items():
            if facts.network == self.expected.network:
                yield name, facts

    def validators_of(self, node: NodeMemory | None) -> frozenset[str]:
        """The validator of a node, or all that may be its own where it never answered."""
        if node is not None and node.validator:
            return frozenset({node.validator})
        return self.unclaimed

    def share_of(self, nodes: Iterable[str], validators: Iterable[str] = ()) -> Fraction | None:
        """The share of power of nodes and validators, each validator once; None if unknown.

        A node that never answered may have any validator that no other node has: it counts with
        all of their power, so that the unknown is not taken for less. On a chain whose nodes do not
        report their validators the share of such a node is unknown.
        """
        total = sum(self.powers.values())
        if total <= 0:
            return None
        held = set(validators)
        for name in nodes:
            node = self.memory.nodes.get(name)
            if not self.limits.traits.names_validators and not (node and node.validator):
                return None
            held |= self.validators_of(node)
        return Fraction(sum(self.powers.get(one, 0) for one in held), total)

    def is_comparable(self, name: str, height: int) -> bool:
        """Whether what a node and another one reported about a height is still known."""
        having = {
            one
            for one, node in self.memory.nodes.items()
            if any(anchor.height == height for anchor in node.anchors)
        }
        return name in having and len(having) > 1

    def raw_of(self, nodes: Iterable[str]) -> tuple[str, ...]:
        """The digests of the last answers of nodes."""
        found: list[str] = []
        for name in nodes:
            node = self.memory.nodes.get(name)
            if node is not None and node.good is not None:
                found += node.good.raw
        return tuple(found)

    def commits(self) -> tuple[SeenVotes, ...]:
        """The last commits of blocks that came after every role had time to start."""
        due = [seen for seen in self.memory.votes if seen.time_ms > self.graced_ms]
        return tuple(due[-self.limits.commits :])


def view_of(memory: Memory, expected: Expected, limits: Thresholds, now: int) -> View:
    """The view of a memory. An answer that is too old is not an answer."""
    fresh = {
        name: node.good
        for name, node in memory.nodes.items()
        if node.good is not None
        and node.silent_ms is None
        and now - node.good.at_ms <= limits.silent_ms
    }
    powers = {member.id: member.power for member in expected.members}
    claimed = {node.validator for node in memory.nodes.values()}
    silent: dict[str, Silent] = {}
    for name, node in memory.nodes.items():
        since = (
            None if name in fresh else _silent_since(node, expected.genesis.time_ms, limits, now)
        )
        if since is not None:
            silent[name] = Silent(node, since)
    return View(memory, expected, limits, now, fresh, powers, frozenset(powers) - claimed, silent)


def _silent_since(node: NodeMemory, t0: int, limits: Thresholds, now: int) -> int | None:
    """Since when a node without a fresh answer does not answer although it should."""
    if node.good is None:
        delay = limits.band.startup_delay_ms if limits.band is not None else 0
        return t0 if now > t0 + delay else None
    # A node that answered early may be asleep until T0.
    since = max(node.silent_ms if node.silent_ms is not None else node.good.at_ms, t0)
    return since if now - since > limits.silent_ms else None
