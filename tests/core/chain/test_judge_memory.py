"""What judging remembers stays small, whatever nodes report and however long it runs."""

from __future__ import annotations

from fractions import Fraction

from aztrust.core.base.value import replace
from aztrust.core.chain.facts import Pending
from aztrust.core.chain.judge.memory import DIGESTS, HEIGHTS
from tests.core.chain.watched import anchor, anchored, has, watch


def test_the_memory_does_not_grow_with_time():
    faults = (anchored("d", 7, state_after="X"), has("c", last=9_999, peers=0))
    early, late = watch(*faults, seconds=100).memory, watch(*faults, seconds=1_000).memory
    assert late.final == 500
    for memory in (early, late):
        assert {len(node.anchors) for node in memory.nodes.values()} == {HEIGHTS}
        assert len(memory.votes) == HEIGHTS
    assert len(repr(late)) < len(repr(early)) * 1.1
    assert late.runs.keys() == early.runs.keys()


def test_a_node_that_reports_more_than_it_should_pushes_no_one_out():
    def flood(second, name, facts):
        if name != "d" or second < 0:
            return facts
        many = tuple(anchor(10**9 + second * 500 + n) for n in range(500))
        votes = tuple(replace(vote, height=10**9 + n) for vote in facts.votes for n in range(500))
        raw = tuple(f"sha256:{n}" for n in range(500))
        stuck = Pending(10**9, 9, "4", Fraction(0))
        return replace(
            facts, head=10**9, finalized=10**9, anchors=many, votes=votes, raw=raw, pending=stuck
        )

    seen = watch(flood, seconds=60)
    memory = seen.memory
    assert memory.final == 30
    assert [node.anchors[-1].height for node in memory.nodes.values()][:3] == [30, 30, 30]
    assert {len(node.anchors) for node in memory.nodes.values()} == {HEIGHTS}
    assert max(kept.votes.height for kept in memory.votes) == 29
    good = memory.nodes["d"].good
    assert good is not None
    assert len(good.raw) == DIGESTS
    assert not seen.codes


def test_an_answer_that_arrives_late_does_not_undo_a_newer_one():
    def late(second, name, facts):
        old = replace(facts, at_ms=facts.at_ms - 5_000, network="test-2")
        return old if name == "d" and second == 20 else facts

    assert not watch(late, seconds=25).codes
