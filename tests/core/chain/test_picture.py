"""The picture and the whole look: every number, and None where it is not known."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.facts import Expected, GenesisFact, Pending, Proof, Reach, Traits
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.rules import RULES
from aztrust.core.chain.judge.thresholds import Thresholds, thresholds_of
from aztrust.core.chain.node_list import nodes_of
from aztrust.core.chain.observation import BROKEN, Observation, ProvenBlock, observation
from aztrust.core.chain.picture import Picture, picture
from tests.core.chain.watched import (
    EARLY,
    OTHER_GENESIS,
    T0,
    Seen,
    anchored,
    expected,
    has,
    silent,
    watch,
)
from tests.policies import policy

LAST = 40
NODES = nodes_of([f"{name}=http://{name}.test:26657" for name in "abcd"])
PROOF = Proof(1, "B1", T0, 0, 3, 4, ("Va", "Vb", "Vc"), (), "VALS")
# The series of the rollback are not read by these nodes, so a policy without them is used.
CALM = replace(EARLY, errors=None, reconciliation=None)


def pictured(
    seen: Seen, second: int = LAST, due: Expected | None = None, nodes: str = "abcd"
) -> Picture:
    return picture(seen.memory, due or expected(), EARLY, T0 + second * 1_000, list(nodes))


def looked(
    seen: Seen, *proofs: Proof, limits: Thresholds = CALM, second: int = LAST
) -> Observation:
    found = [ProvenBlock("a", proof) for proof in proofs]
    now = T0 + second * 1_000
    return observation("early", NODES, expected(), seen.memory, limits, seen.last, found, now)


def test_a_healthy_network_in_numbers():
    seen = pictured(watch(seconds=LAST))
    assert (seen.height, seen.finalized, seen.risen_ms) == (20, 20, T0 + 40_000)
    assert seen.participation == 1
    assert (seen.lowest, seen.highest, seen.spread) == (20, 20, 0)
    assert (seen.answered_ms, seen.answer_age_ms) == (T0 + 40_000, 0)
    assert seen.blind == 0
    assert (seen.answering, len(seen.nodes)) == (4, 4)


def test_nothing_seen_is_nothing_known():
    seen = picture(Memory(), expected(), EARLY, T0, ["a", "b"])
    known = (seen.height, seen.finalized, seen.risen_ms, seen.participation, seen.round, seen.voted)
    assert known == (None,) * 6
    assert (seen.spread, seen.answer_age_ms) == (None, None)
    assert [node.reach for node in seen.nodes] == [None, None]


def test_the_picture_of_an_unfinished_height():
    def pending(_second: int, height: int) -> Pending:
        return Pending(height, 4, "prevote", Fraction(1, 2))

    seen = pictured(watch(seconds=LAST, stops=10, pending=pending))
    assert (seen.height, seen.round, seen.voted, seen.participation) == (
        5,
        4,
        Fraction(1, 2),
        Fraction(1, 2),
    )
    assert seen.risen_ms == T0 + 10_000


def test_the_spread_counts_nodes_of_the_network_alone():
    late = has("b", head=11), has("c", head=14)
    seen = pictured(watch(*late, seconds=LAST))
    assert (seen.lowest, seen.highest, seen.spread) == (11, 20, 9)
    stranger = has("d", network="other-1", head=900)
    assert pictured(watch(*late, stranger, seconds=LAST)).spread == 9


@pytest.mark.clause("AZ-26.2")
def test_the_power_of_silent_nodes_is_blind():
    seen = pictured(watch(silent("cd", 20, LAST), seconds=LAST))
    assert seen.blind == Fraction(1, 2)
    assert [node.is_fresh for node in seen.nodes] == [True, True, False, False]
    assert [node.silent_ms for node in seen.nodes] == [None, None, T0 + 20_000, T0 + 20_000]
    powers = {"a": 5, "b": 1, "c": 1, "d": 1}
    weighed = watch(silent("a", 20, LAST), seconds=LAST, powers=powers)
    assert pictured(weighed, due=expected(powers=powers)).blind == Fraction(5, 8)


@pytest.mark.clause("AZ-29.1")
def test_power_without_a_node_in_the_list_is_not_looked_at():
    seen = watch(seconds=LAST)
    due = expected("abcdx", {"x": 4})
    assert pictured(seen, due=due).unlisted == Fraction(1, 2)
    assert pictured(seen).unlisted == 0
    # No one knows whose node it is that never answered.
    assert pictured(seen, due=due, nodes="abcde").unlisted is None
    unnamed = replace(CALM, traits=Traits(names_validators=False))
    assert picture(seen.memory, due, unnamed, T0 + LAST * 1_000, "abcd").unlisted is None


@pytest.mark.clause("AZ-29.1")
def test_a_third_of_power_without_a_node_is_unknown():
    def unknown(power: int) -> list[str]:
        seen, due = watch(seconds=LAST), expected("abcdx", {"x": power})
        look = observation(
            "early", NODES, due, seen.memory, CALM, (), [], T0 + LAST * 1_000
        ).unknown
        return [line for line in look if "no node in the list" in line]

    assert unknown(1) == []
    (line,) = unknown(2)
    assert "the validators of 33.3% of power" in line


def test_a_second_node_of_a_validator_makes_it_seen():
    both = has("cd", validator="Vc")
    seen = pictured(watch(both, silent("c", 20, LAST), seconds=LAST))
    assert seen.blind == 0
    assert pictured(watch(silent("c", 20, LAST), seconds=LAST)).blind == Fraction(1, 4)


def test_the_age_of_the_last_answer_grows():
    seen = watch(silent("abcd", 30, LAST), seconds=LAST)
    found = pictured(seen)
    assert (found.answered_ms, found.answer_age_ms) == (T0 + 29_000, 11_000)
    assert found.blind == 1
    assert pictured(seen, LAST + 5).answer_age_ms == 16_000


def test_a_look_at_a_healthy_and_proven_network_is_a_success():
    seen = looked(watch(seconds=LAST), PROOF)
    assert seen.unknown == ()
    assert seen.exit_code == 0


def test_a_look_without_a_proof_is_not_a_success():
    seen = looked(watch(seconds=LAST))
    assert seen.unknown == ("block 1 is not proven: no node has given it",)
    assert seen.exit_code == 11
    weak = looked(watch(seconds=LAST), replace(PROOF, signed=2))
    assert weak.exit_code == 11


@pytest.mark.clause("AZ-26.2")
def test_a_node_without_an_answer_is_unknown_and_named():
    seen = looked(watch(silent("c", 39, LAST, Reach.TIMEOUT), seconds=LAST), PROOF)
    assert seen.signals == ()
    assert seen.unknown == ("c does not answer: timeout",)
    assert seen.exit_code == 11


def test_before_t0_the_unknown_is_normal_and_still_not_a_success():
    seen = looked(watch(first=-9, seconds=-2), second=-2)
    assert "a does not answer before the genesis time, as is normal" in seen.unknown
    assert (seen.signals, seen.exit_code) == ((), 11)


def test_what_a_node_does_not_show_is_unknown():
    hidden = watch(has("b", genesis=None), seconds=LAST)
    assert "b does not show which genesis it has" in looked(hidden, PROOF).unknown
    half = watch(has("b", reach=Reach.PARTIAL, trouble="no peers"), seconds=LAST)
    assert looked(half, PROOF).unknown == ("b: no peers",)
    assert looked(half, PROOF).exit_code == 11


def test_what_the_genesis_leaves_open_is_unknown():
    open_ = GenesisFact("test/1", (), T0, ("consensus_params", "fees"))
    due = replace(expected(), notes=("no validators in it",), genesis=open_)
    seen = watch(seconds=LAST)
    proofs = [ProvenBlock("a", PROOF)]
    found = observation("early", NODES, due, seen.memory, CALM, (), proofs, T0 + LAST * 1_000)
    assert found.unknown == (
        "no validators in it",
        "the sealed genesis leaves these to the defaults of a node: consensus_params, fees",
    )


def test_an_unknown_criterion_is_listed():
    seen = looked(watch(seconds=LAST), PROOF, limits=EARLY)
    assert any(text.startswith("rollback criterion errors: ") for text in seen.unknown)
    assert seen.exit_code == 11


def test_rules_without_a_limit_are_listed_and_not_unknown():
    bare = thresholds_of(policy(""), "steady")
    bare = replace(bare, errors=None, reconciliation=None)
    assert "node-unseen" in looked(watch(seconds=LAST), PROOF, limits=bare).unasked
    assert looked(watch(seconds=LAST), PROOF).unasked == ()


@pytest.mark.parametrize(
    "change",
    [
        has("d", genesis=OTHER_GENESIS),
        has("d", network="other-1"),
        anchored("d", 5, state_after="X"),
        anchored("cd", 5, id="X"),
    ],
    ids=["genesis", "chain id", "state", "fork"],
)
def test_another_truth_is_broken(change):
    seen = looked(watch(change, seconds=12), PROOF, second=12)
    assert seen.exit_code == 10


def test_a_signal_that_breaks_no_truth_is_open():
    seen = looked(watch(has("d", head=2, finalized=2), seconds=LAST), PROOF)
    assert {signal.code for signal in seen.signals} == {"node-behind"}
    assert seen.exit_code == 11


def test_a_wrong_proof_is_broken():
    wrong = replace(PROOF, wrong=("the header names another validator set than the genesis",))
    assert looked(watch(seconds=LAST), wrong).exit_code == 10


def test_every_code_that_breaks_truth_is_one_of_a_rule():
    assert {rule.code for rule in RULES} >= BROKEN
