"""All nodes asked at once, each by a thread of its own: none waits for another.

What arrives is taken in batches. A node that answers slowly is late in its own facts alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeAlias

from aztrust.core.chain.adapter import Adapter
from aztrust.core.chain.facts import NodeFacts, Reach
from aztrust.core.chain.node_list import ListedNode
from aztrust.storage.nodes.client import Keep, Network, NodeClient

PER_SECOND: Final = 200
"""Reads in a second; a longer list is asked at a longer interval."""
_STACK: Final = 1024 * 1024

AnyAdapter: TypeAlias = Adapter[Any]


def interval_of(nodes: int) -> float:
    """The seconds between two reads of one node."""
    return max(1.0, nodes / PER_SECOND)


def read_node(
    adapter: AnyAdapter, node: ListedNode, client: NodeClient, memo: object, at_ms: int
) -> tuple[NodeFacts, object]:
    """One read. Nothing that a node answers ends its thread.

    Args:
        adapter: of the chain.
        node: of the list.
        client: asks it.
        memo: of the read before.
        at_ms: the observer's clock when it begins.
    """
    client.begin()
    try:
        return adapter.read(node.name, client, memo)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not hide a node for good
        trouble = f"reading it failed: {type(error).__name__}"
        return NodeFacts(node.name, at_ms, Reach.MALFORMED, trouble=trouble), adapter.fresh()


class Polling:
    """Threads that read nodes until they are stopped.

    Args:
        nodes: the list.
        adapter: of the chain.
        network: what their clients share.
        keep: gets the body of every answer.
        interval: seconds between two reads of one node, `interval_of` where it is not given.
    """

    def __init__(
        self,
        nodes: Sequence[ListedNode],
        adapter: AnyAdapter,
        network: Network,
        keep: Keep | None = None,
        interval: float | None = None,
    ) -> None:
        self._nodes = tuple(nodes)
        self._adapter = adapter
        self._network = network
        self._keep = keep
        self._interval = interval_of(len(self._nodes)) if interval is None else interval
        self._facts: SimpleQueue[NodeFacts] = SimpleQueue()
        self._stopped = threading.Event()

    def __enter__(self) -> Polling:
        _start(
            (self._poll, node, self._interval * number / max(1, len(self._nodes)))
            for number, node in enumerate(self._nodes)
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop. A read that is under way ends by its own deadline, or with the process."""
        self._stopped.set()

    def take(self, seconds: float) -> list[NodeFacts]:
        """All that arrives within so many seconds."""
        ends = time.monotonic() + seconds
        found: list[NodeFacts] = []
        while (left := ends - time.monotonic()) > 0:
            # One look at the queue in a while: a wake-up for each answer costs more than it brings.
            self._stopped.wait(min(left, 0.25))
            found += self._arrived()
        return found

    def _arrived(self) -> Iterable[NodeFacts]:
        while True:
            try:
                yield self._facts.get_nowait()
            except Empty:
                return

    def _poll(self, node: ListedNode, delay: float) -> None:
        client = NodeClient(node, self._network, self._keep)
        memo = self._adapter.fresh()
        due = time.monotonic() + delay
        try:
            while not self._stopped.wait(max(0.0, due - time.monotonic())):
                facts, memo = read_node(self._adapter, node, client, memo, self._network.clock())
                self._facts.put(facts)
                # A read that took longer than the interval does not make up for what it missed.
                due = max(due + self._interval, time.monotonic())
        finally:
            client.close()


def read_once(
    nodes: Sequence[ListedNode],
    adapter: AnyAdapter,
    network: Network,
    seconds: float,
    keep: Keep | None = None,
) -> list[NodeFacts]:
    """Each node read once, at the same time.

    Args:
        nodes: the list.
        adapter: of the chain.
        network: what their clients share.
        seconds: how long all reads may take. A node that has not ended then counts as one that does
            not answer in time.
        keep: gets the body of every answer.
    """
    found: SimpleQueue[NodeFacts] = SimpleQueue()

    def ask(node: ListedNode, _delay: float) -> None:
        client = NodeClient(node, network, keep)
        try:
            found.put(read_node(adapter, node, client, adapter.fresh(), network.clock())[0])
        finally:
            client.close()

    ends = time.monotonic() + seconds
    _start((ask, node, 0.0) for node in nodes)
    missing = {node.name for node in nodes}
    facts: list[NodeFacts] = []
    while missing and (left := ends - time.monotonic()) > 0:
        try:
            facts.append(found.get(timeout=left))
        except Empty:
            break
        missing.discard(facts[-1].node)
    late = f"it did not answer within {seconds:g} s"
    at = network.clock()
    return facts + [NodeFacts(name, at, Reach.TIMEOUT, trouble=late) for name in sorted(missing)]


def _start(tasks: Iterable[tuple[Any, ListedNode, float]]) -> None:
    """Threads with small stacks: there can be a thousand of them."""
    before = threading.stack_size(_STACK)
    try:
        for task, node, delay in tasks:
            threading.Thread(target=task, args=(node, delay), daemon=True).start()
    finally:
        threading.stack_size(before)
