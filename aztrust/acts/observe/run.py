"""The acts of `aztrust observe`: one look, or a look every second until it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from aztrust.acts.observe.in_force import InForce
from aztrust.acts.observe.launch import ObservedLaunch
from aztrust.acts.observe.looking import Observer
from aztrust.acts.observe.proving import Prover
from aztrust.core.base.value import frozen
from aztrust.core.chain.node_list import ListedNode
from aztrust.core.chain.observation import Observation
from aztrust.storage.nodes.client import Network
from aztrust.storage.nodes.polling import Polling, read_once
from aztrust.storage.nodes.recent import Recent

LOOK_S: Final = 1.0
"""Seconds between two looks."""
Clock = Callable[[], int]
"""The observer's clock, in milliseconds since 1970."""


@frozen
class Observing:
    """What one run observes, and with what.

    Args:
        launch: whose network.
        nodes: the list.
        network: what the clients of the nodes share.
        recent: holds the newest answers.
        clock: the observer's.
    """

    launch: ObservedLaunch
    nodes: tuple[ListedNode, ...]
    network: Network
    recent: Recent
    clock: Clock

    def prover(self) -> Prover:
        """Of this run."""
        return Prover(self.launch, self.nodes, self.network, self.recent)


def look_once(run: Observing, prover: Prover, seconds: float | None = None) -> Observation:
    """Read every node once, prove what can be proven, and judge.

    Args:
        run: what is observed.
        prover: of this run.
        seconds: how long reading may take; what the limits of the network allow for one read, with
            a genesis, where it is not given.
    """
    limits = run.network.limits
    if seconds is None:
        seconds = limits.read_s + limits.genesis_s
    observer = Observer(run.launch, run.nodes)
    facts = read_once(run.nodes, run.launch.adapter, run.network, seconds, run.recent)
    before = observer.look(facts, (), run.clock())
    prover.prove_now(before.memory)
    # The same moment, with what was proven since.
    return Observer(run.launch, run.nodes).look(facts, prover.proofs, before.picture.at_ms)


def watch(
    run: Observing, prover: Prover, in_force: InForce, every: float = LOOK_S
) -> Iterator[Observation]:
    """A look at every moment. Never ends by itself.

    Args:
        run: what is observed.
        prover: of this run.
        in_force: whether the launch is still in force; what it raises ends this.
        every: seconds between two looks.
    """
    observer = Observer(run.launch, run.nodes)
    with Polling(run.nodes, run.launch.adapter, run.network, run.recent) as polling:
        while True:
            batch = polling.take(every)
            observer.go_on(in_force.look())
            seen = observer.look(batch, prover.proofs, run.clock())
            prover.offer(observer.memory)
            yield seen


def matters(seen: Observation) -> tuple[object, ...]:
    """What must differ for a look to be a change: heights that rise are none."""
    return (
        seen.exit_code,
        seen.phase,
        tuple((one.code, one.subject, one.guidance) for one in seen.signals),
        tuple((one.proof.height, one.proof.text, one.proof.holds) for one in seen.proofs),
        tuple((one.criterion, one.state) for one in seen.criteria),
        tuple(node.name for node in seen.picture.nodes if not node.is_fresh),
        seen.differs,
    )


def signal_set(seen: Observation) -> frozenset[tuple[str, str]]:
    """The matters that are signalled: what `--exec` runs for when it changes."""
    return frozenset((one.code, one.subject) for one in seen.signals)
