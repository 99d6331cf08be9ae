"""Recorded networks under faults, read by the adapter: the facts that a fault leaves."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest

from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.facts import NodeFacts, Reach
from tests.core.chain.cometbft.test_projection import ALTERED, HEALTHY
from tests.core.chain.recordings import recording

ADAPTER = CometBFT()


def facts_of(case: str) -> dict[str, list[NodeFacts]]:
    """What each node reported, in the order of time."""
    found: dict[str, list[NodeFacts]] = defaultdict(list)
    for facts in recording(case).facts(ADAPTER):
        found[facts.node].append(facts)
    return found


@pytest.mark.parametrize("case", [*sorted(ALTERED), *HEALTHY])
def test_every_recorded_answer_is_read_and_every_height_once(case: str):
    for node, reads in facts_of(case).items():
        assert Reach.MALFORMED not in {facts.reach for facts in reads}
        partial = [facts.trouble for facts in reads if facts.reach is Reach.PARTIAL]
        # Two of the runs hold questions that a node answered too late or while it stopped.
        assert not partial or case in ("slow-node", "one-stopped"), partial
        heights = [anchor.height for facts in reads for anchor in facts.anchors]
        assert heights == list(range(1, len(heights) + 1)), node
        heads = [facts.head for facts in reads if facts.head is not None]
        assert not heads or heights[-1:] == [max(heads)] or max(heads) == 0 or partial
        for facts in reads:
            for vote in facts.votes:
                assert vote.signed * 3 > vote.total * 2
                assert vote.signed + vote.against <= vote.total


@pytest.mark.parametrize("case", ["healthy-t0-60s", "sdk-healthy", "crash-restart"])
def test_nodes_of_a_healthy_network_agree_on_every_height(case: str):
    seen: dict[int, set[object]] = defaultdict(set)
    of = ADAPTER.expected(recording(case).genesis, ChainOptions())
    for reads in facts_of(case).values():
        for facts in reads:
            for anchor in facts.anchors:
                seen[anchor.height].add(anchor)
                assert (anchor.validators, anchor.params) == (of.validators, of.params)
    assert len(seen) > 20
    assert {len(anchors) for anchors in seen.values()} == {1}


@pytest.mark.parametrize(
    ("case", "height", "apart"),
    [
        ("wrong-app-state-2of4", 1, {"node2", "node3"}),
        ("wrong-app-state-1of4", 1, {"node3"}),
        ("sdk-wrong-app-state-1of4", 1, {"node3"}),
        ("diverges-at-5", 5, {"node3"}),
    ],
)
def test_state_after_a_block_shows_who_has_another_state(case: str, height: int, apart: set[str]):
    states = {}
    for node, reads in facts_of(case).items():
        for facts in reads:
            for anchor in facts.anchors:
                if anchor.height == height:
                    # The block itself is the same on all of them.
                    assert anchor.id
                    states[node] = (anchor.state_after, anchor.id)
    honest = states["node0"]
    assert {node for node, found in states.items() if found[0] != honest[0]} == apart
    assert {found[1] for found in states.values()} == {honest[1]}


def test_votes_of_the_unfinished_height_show_that_half_of_the_power_is_gone():
    reads = facts_of("two-stopped")["node0"]
    halted = [facts for facts in reads if facts.head == 8 and facts.pending is not None]
    shares = [f.pending.voted for f in halted if f.pending and f.pending.height == 9]
    assert shares.count(Fraction(1, 2)) > 20
    # The commits of the same network never show it.
    votes = [vote for facts in reads for vote in facts.votes]
    assert min(Fraction(vote.signed, vote.total) for vote in votes) == Fraction(3, 4)


def test_a_paused_node_times_out_and_a_stopped_one_refuses():
    reach = {facts.reach for facts in facts_of("sigstop")["node3"]}
    assert reach >= {Reach.TIMEOUT, Reach.OK}
    last = {node: reads[-1].reach for node, reads in facts_of("two-stopped").items()}
    assert last["node3"] is Reach.REFUSED
    assert last["node0"] is Reach.OK


def test_flags_are_those_of_the_blocks_in_which_something_changed():
    for case, flags in (
        ("governance", {(7, frozenset({"validator_updates"}))}),
        ("double-sign", {(17, frozenset({"validator_updates", "evidence"}))}),
        ("sdk-healthy", set()),
    ):
        for reads in facts_of(case).values():
            found = {(a.height, a.flags) for facts in reads for a in facts.anchors if a.flags}
            assert found == flags


def test_a_restart_shows_in_the_start_of_the_process():
    reads = facts_of("crash-restart")
    starts = {n: {f.started_ms for f in found if f.started_ms} for n, found in reads.items()}
    assert sorted(len(found) for found in starts.values()) == [1, 1, 1, 2]


def test_a_clock_that_is_ahead_shows_in_the_stamps_of_votes():
    ahead = set()
    for reads in facts_of("clock-ahead-8s").values():
        for vote in (vote for facts in reads for vote in facts.votes):
            earliest = min(stamp for _, stamp in vote.stamps_ms)
            ahead |= {name for name, stamp in vote.stamps_ms if stamp - earliest > 5000}
    assert len(ahead) == 1
