"""A real beacon node, read by the adapter: a healthy one, and one with another genesis."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.beacon.adapter import Beacon
from aztrust.core.chain.beacon.proof import UNVERIFIED
from aztrust.core.chain.facts import NodeFacts, Reach
from aztrust.core.chain.judge.judging import judge
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.signals import Signal
from tests.live.beacon.node import BeaconNode
from tests.live.observer import WIDE
from tests.needed import absent
from tests.shared import REPOSITORY

ADAPTER = Beacon()
LIMITS = replace(WIDE, traits=ADAPTER.traits)
AHEAD_S = 15


@pytest.fixture(scope="module")
def lodestar() -> Path:
    """The program, as `make .tools/lodestar.done` installs it."""
    program = REPOSITORY / ".tools/lodestar/node_modules/@chainsafe/lodestar/lib/index.js"
    if not program.is_file():
        absent("lodestar", "make .tools/lodestar.done (needs Node.js and npm)")
    return program


class Watch:
    """Looks at one node again and again, and keeps all that is judged."""

    def __init__(self, node: BeaconNode, genesis: bytes) -> None:
        self.node = node
        self.memo = ADAPTER.fresh()
        self.memory = Memory()
        self.all: list[NodeFacts] = []
        self.signals: dict[str, Signal] = {}
        self.expected = ADAPTER.expected(genesis, ADAPTER.options)

    def look(self) -> NodeFacts:
        facts, self.memo = ADAPTER.read("a", self.node.get, self.memo)
        self.all.append(facts)
        now = round(time.time() * 1000)
        self.memory, signals = judge(self.memory, [facts], self.expected, LIMITS, now)
        self.signals |= {signal.code: signal for signal in signals}
        return facts


@pytest.mark.clause("AZ-10.2")
@pytest.mark.slow  # a node must run for an epoch and a half
def test_a_healthy_node_gives_no_signal_in_its_first_epochs(tmp_path, lodestar):
    with BeaconNode(tmp_path / "a", lodestar, round(time.time()) + AHEAD_S, 8) as node:
        seen = Watch(node, node.genesis_ssz())
        node.until(seen.look, lambda facts: facts.votes)
        assert seen.signals == {}
        assert [facts.trouble for facts in seen.all if facts.trouble] == []
        assert seen.all[0].head == 0
        assert seen.memory.head >= 12
        for slot in (0, seen.memory.head):
            proof = ADAPTER.prove(seen.expected, node.get, slot)
            assert proof is not None
            assert (proof.wrong, proof.unverified) == ((), UNVERIFIED)
        # On a busy machine votes come too late: how many there are is asserted of recordings.
        (votes,) = seen.all[-1].votes
        assert (votes.height, votes.total) == (7, 8 * 32)


@pytest.mark.clause("AZ-10.2")
def test_a_node_with_another_genesis_is_a_genesis_mismatch(tmp_path, lodestar):
    start = round(time.time()) + AHEAD_S
    with BeaconNode(tmp_path / "a", lodestar, start, 8) as ours:
        sealed = ours.genesis_ssz()
    with BeaconNode(tmp_path / "b", lodestar, start, 9) as node:
        seen = Watch(node, sealed)
        node.until(seen.look, lambda facts: facts.genesis is not None)
        served = seen.signals["genesis-served-other"]
        assert served.anomaly == "genesis-mismatch"
        assert "validators" in served.detail
        assert {"chain-id-other", "first-block-other"} <= seen.signals.keys()
        proof = ADAPTER.prove(seen.expected, node.get, 0)
        assert proof is not None
        assert proof.wrong
        assert Watch(node, sealed).look().reach is not Reach.REFUSED
    assert Watch(node, sealed).look().reach is Reach.REFUSED
