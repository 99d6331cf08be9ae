"""Nodes are read at once: a slow one delays no other, and a fault of ours hides none."""

from __future__ import annotations

import threading

from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.facts import NodeFacts, Reach
from aztrust.core.chain.node_list import nodes_of
from aztrust.storage.nodes.client import Network
from aztrust.storage.nodes.polling import PER_SECOND, Polling, interval_of, read_once
from tests.patience import PATIENCE

NODES = nodes_of([f"{name}=http://127.0.0.1:{port}" for port, name in enumerate("abc", 1)])


class Slow(CometBFT):
    """Node `b` does not end its read until it may; the others end at once."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.reads: list[str] = []

    def read(self, node, get, memo):
        self.reads.append(node)
        if node == "b":
            self.go_on.wait(PATIENCE)
        return NodeFacts(node, 1, Reach.OK), memo


class Broken(CometBFT):
    """Reading node `b` fails in our own code."""

    def read(self, node, get, memo):
        if node == "b":
            raise RuntimeError("a fault")
        return NodeFacts(node, 1, Reach.OK), memo


def taken(polling: Polling, enough) -> list[NodeFacts]:
    """What arrives until it is enough."""
    facts: list[NodeFacts] = []
    for _ in range(int(PATIENCE * 20)):
        facts += polling.take(0.05)
        if enough(facts):
            return facts
    raise AssertionError(facts)


def test_a_slow_node_delays_no_other():
    adapter = Slow()
    with Polling(NODES, adapter, Network(), interval=0.01) as polling:
        facts = taken(polling, lambda found: sum(f.node == "c" for f in found) >= 3)
        assert "b" not in {one.node for one in facts}
        # It is asked once, however long it takes.
        assert adapter.reads.count("b") == 1
        adapter.go_on.set()
        taken(polling, lambda found: any(f.node == "b" for f in found))


def test_a_fault_in_reading_one_node_ends_no_thread():
    with Polling(NODES, Broken(), Network(), interval=0.01) as polling:
        facts = taken(polling, lambda found: sum(f.node == "b" for f in found) >= 2)
    (reach,) = {one.reach for one in facts if one.node == "b"}
    assert reach is Reach.MALFORMED
    assert "reading it failed: RuntimeError" in {one.trouble for one in facts}


def test_one_read_of_each_node_ends_without_the_slow_one():
    adapter = Slow()
    facts = {one.node: one for one in read_once(NODES, adapter, Network(), 0.3)}
    adapter.go_on.set()
    assert sorted(facts) == ["a", "b", "c"]
    assert facts["b"].reach is Reach.TIMEOUT
    assert "did not answer within 0.3 s" in facts["b"].trouble
    assert facts["a"].reach is Reach.OK


def test_a_long_list_is_asked_at_a_longer_interval():
    assert interval_of(4) == 1
    assert interval_of(PER_SECOND) == 1
    assert interval_of(1000) == 1000 / PER_SECOND
