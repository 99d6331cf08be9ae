"""One observer's memory over time: answers in, a whole look out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aztrust.acts.observe.launch import ObservedLaunch
from aztrust.core.base.value import replace
from aztrust.core.chain.facts import NodeFacts
from aztrust.core.chain.judge.judging import judge
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.thresholds import Phase
from aztrust.core.chain.node_list import ListedNode
from aztrust.core.chain.observation import Observation, Others, ProvenBlock, compared, observation


class Observer:
    """What was seen of one network so far.

    Args:
        launch: whose network it is.
        nodes: the list.
    """

    def __init__(self, launch: ObservedLaunch, nodes: Sequence[ListedNode]) -> None:
        self._launch = launch
        self._nodes = tuple(nodes)
        self._listed = {node.name: node.validator for node in nodes if node.validator is not None}
        self._now = 0
        self.memory = Memory()
        self.phase: Phase = launch.phase
        self._others = Others(launch.genesis_sha256, launch.sights)

    def look(
        self, batch: Iterable[NodeFacts], proofs: Sequence[ProvenBlock], now: int
    ) -> Observation:
        """The look at a moment.

        Args:
            batch: what arrived since the last look.
            proofs: that were made so far.
            now: the observer's clock, in milliseconds. It never goes back.
        """
        facts = [self._named(one) for one in batch]
        self._now = (
            max(self._now, now, *(one.at_ms for one in facts)) if facts else max(self._now, now)
        )
        limits, expected = self._launch.limits_of(self.phase), self._launch.expected
        self.memory, signals = judge(self.memory, facts, expected, limits, self._now)
        seen = observation(
            self.phase, self._nodes, expected, self.memory, limits, signals, proofs, self._now
        )
        return compared(seen, self._others)

    def go_on(self, launch: ObservedLaunch) -> None:
        """Take the phase, and what others saw, of a later reading of the launch."""
        self.phase = launch.phase
        self._others = Others(launch.genesis_sha256, launch.sights)

    def _named(self, facts: NodeFacts) -> NodeFacts:
        """The facts with the validator of the list, where it names one, whatever the node reports.

        A sentry reports a key of its own, and a node could report the validator of a silent one.
        """
        listed = self._listed.get(facts.node)
        return facts if listed is None else replace(facts, validator=listed)
