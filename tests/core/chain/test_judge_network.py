"""What is judged of the network as a whole, with the neighbour of each signal."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.facts import Pending
from tests.core.chain.watched import (
    EARLY,
    OTHER_GENESIS,
    STEADY,
    T0,
    anchor,
    anchored,
    has,
    silent,
    watch,
)

SEVEN = "abcdefg"
SPLITS = [
    ("fork", {"id": "X"}, "contradictory-notarization-anomaly"),
    ("state-split", {"state_after": "X"}, "deterministic-replay-anomaly"),
    ("validators-split", {"validators": "X"}, "deterministic-replay-anomaly"),
    ("params-split", {"params": "X"}, "deterministic-replay-anomaly"),
]


@pytest.mark.clause("AZ-11.2", "AZ-26.1")
@pytest.mark.parametrize(("code", "values", "anomaly"), SPLITS)
def test_nodes_that_disagree_without_an_explanation_suggest_to_abort(code, values, anomaly):
    seen = watch(anchored("cd", 7, **values), names=SEVEN, seconds=80)
    assert seen.all == {(code, "host", "c"), (code, "host", "d")}
    signal = seen.one(code)
    assert (signal.anomaly, signal.guidance) == (anomaly, "ABORT")
    assert signal.power == Fraction(2, 7)
    assert "block 7" in signal.detail
    assert {one.code for one in seen.last} == {code}, "it is not over when the chain goes on"


@pytest.mark.parametrize(("code", "values", "anomaly"), SPLITS)
def test_a_disagreement_is_explained_by_another_genesis(code, values, anomaly):
    both = (anchored("cd", 7, **values), has("cd", genesis=OTHER_GENESIS))
    seen = watch(*both, names=SEVEN, seconds=20)
    assert {(s.anomaly, s.guidance) for s in seen.last if s.code == code} == {
        ("genesis-mismatch", "HOLD")
    }
    half = watch(*both, seconds=20)
    assert (half.one(code).locus, half.one(code).guidance) == ("network", "ABORT")
    assert half.one(code).anomaly == "genesis-mismatch"


def test_a_second_disagreement_among_sealed_nodes_is_not_explained():
    seen = watch(
        anchored("d", 7, state_after="X"),
        anchored("c", 7, state_after="Y"),
        has("d", genesis=OTHER_GENESIS),
        names=SEVEN,
        seconds=20,
    )
    assert seen.one("state-split").anomaly == "deterministic-replay-anomaly"


def test_what_nodes_do_not_say_does_not_disagree():
    unknown = anchored("cd", 7, state_after=None, validators=None, params=None)
    assert not watch(unknown, names=SEVEN, seconds=20).codes
    assert not watch(anchored("cd", 7, id="X", finalized=False), names=SEVEN, seconds=20).codes
    other = (anchored("d", 7, state_after="X"), has("d", network="test-2"))
    assert "state-split" not in watch(*other, names=SEVEN, seconds=20).codes


def test_the_first_of_two_answers_does_not_stay_accused():
    def later(second, name, facts):
        return facts if name in "ad" or second >= 16 else replace(facts, anchors=())

    def again(second, name, facts):
        # The others report the heights that they had left out.
        if name in "bc" and second == 16:
            return replace(facts, anchors=tuple(anchor(height) for height in range(1, 9)))
        return facts

    seen = watch(later, again, anchored("a", 7, state_after="X"), seconds=60)
    assert {signal.subject for signal in seen.last if signal.code == "state-split"} == {"a"}


@pytest.mark.clause("AZ-11.2", "AZ-26.1")
@pytest.mark.parametrize(
    ("flag", "code", "anomaly"),
    [
        ("evidence", "double-sign", "contradictory-notarization-anomaly"),
        ("validator_updates", "validators-changed", "governance-activation-anomaly"),
        ("consensus_param_updates", "params-changed", "governance-activation-anomaly"),
    ],
)
def test_what_a_block_announces(flag, code, anomaly):
    marked = [anchored("abcd", height, flags=frozenset({flag})) for height in (7, 9)]
    seen = watch(*marked, seconds=80)
    assert seen.all == {(code, "network", "height 7"), (code, "network", "height 9")}
    assert {signal.code for signal in seen.last} == {code}
    assert (seen.one(code).anomaly, seen.one(code).guidance) == (anomaly, "HOLD")
    first = anchored("abcd", 1, flags=frozenset({flag}))
    assert not watch(first, seconds=20).codes, "the first block repeats the genesis"
    other = watch(*marked, has("abcd", network="test-2"), seconds=40)
    assert code not in other.codes


def test_no_more_than_eight_matters_of_a_rule_are_kept():
    marked = [anchored("abcd", h, flags=frozenset({"evidence"})) for h in range(2, 40)]
    seen = watch(*marked, seconds=200)
    assert 1 < len(seen.last) <= 8


@pytest.mark.clause("AZ-31.2", "AZ-10.3")
@pytest.mark.parametrize(
    ("names", "missing", "limits", "found"),
    [
        ("abcde", "e", EARLY, False),  # exactly 80 %
        ("abcd", "d", EARLY, True),
        ("abcd", "d", STEADY, False),
        (SEVEN, "fg", EARLY, True),
    ],
)
def test_less_power_signs_than_the_band_asks_for(names, missing, limits, found):
    seen = watch(absent=lambda _: missing, names=names, limits=limits, seconds=50)
    assert ("participation-low" in seen.codes) is found


def test_one_commit_without_a_late_vote_is_averaged():
    seen = watch(absent=lambda height: "d" if height % 2 else "", seconds=60)
    assert not seen.codes


@pytest.mark.clause("AZ-31.2", "AZ-10.3")
def test_nothing_final_for_longer_than_the_band_tolerates():
    seen = watch(stops=12, seconds=40)
    assert seen.first("no-finality") == 33
    assert seen.one("no-finality").since_ms == T0 + 12_000
    later = watch(stops=12, seconds=60, limits=STEADY)
    assert later.first("no-finality") == 43, "early escalates sooner than steady (AZ-10.3)"
    assert watch(stops=0, seconds=30).first("no-finality") == 21, "counted from T0"
    assert "no-finality" not in watch(stops=12, resumes=30, seconds=45).codes


def test_without_an_answer_finality_is_unknown():
    seen = watch(silent("abcd", 12, 99), seconds=60)
    assert seen.codes == {"node-unseen"}


@pytest.mark.clause("AZ-11.2")
@pytest.mark.parametrize(("highest", "found"), [(2, False), (3, True)])
def test_rounds_that_climb_are_a_disagreement_of_those_present(highest, found):
    def pending(second, height):
        return Pending(height, min(highest, max(0, (second - 12) // 3)), "4", Fraction(1))

    seen = watch(stops=12, pending=pending, seconds=30)
    assert ("rounds-climb" in seen.codes) is found
    assert "quorum-missing" not in seen.codes


@pytest.mark.clause("AZ-11.2")
@pytest.mark.parametrize(
    ("share", "found"), [(Fraction(2, 3), True), (Fraction(67, 100), False), (Fraction(1, 2), True)]
)
def test_a_round_without_two_thirds_of_the_votes_is_a_missing_quorum(share, found):
    seen = watch(stops=12, pending=lambda _, height: Pending(height, 0, "4", share), seconds=40)
    assert ("quorum-missing" in seen.codes) is found
    assert "rounds-climb" not in seen.codes
    if found:
        assert seen.one("quorum-missing").power == 1 - share


@pytest.mark.clause("AZ-11.2")
@pytest.mark.parametrize(
    ("precommits", "found"), [(Fraction(1, 2), True), (Fraction(67, 100), False)]
)
def test_power_that_is_lost_between_the_two_votes_is_a_missing_quorum(precommits, found):
    def pending(second, height):
        if second <= 14:
            return Pending(height, 0, "4", Fraction(1), 1)
        return Pending(height, 0, "6", precommits, 2)

    seen = watch(stops=12, pending=pending, seconds=40)
    assert ("quorum-missing" in seen.codes) is found
    if found:
        assert seen.one("quorum-missing").power == 1 - precommits


@pytest.mark.clause("AZ-11.2")
@pytest.mark.parametrize(
    ("prevotes", "found"), [(Fraction(1, 2), True), (Fraction(67, 100), False)]
)
def test_power_that_is_lost_between_two_rounds_is_a_missing_quorum(prevotes, found):
    def pending(second, height):
        # Until a node votes in the new round, the votes of the one before are all that there is.
        if second <= 14:
            return Pending(height, 1, "3", Fraction(1), 0)
        return Pending(height, 1, "4", prevotes, 1)

    seen = watch(stops=12, pending=pending, seconds=40)
    assert ("quorum-missing" in seen.codes) is found
    if found:
        assert seen.one("quorum-missing").power == 1 - prevotes


def test_votes_of_another_height_show_nothing():
    seen = watch(
        stops=12, pending=lambda _, height: Pending(height + 1, 9, "4", Fraction(1, 2)), seconds=40
    )
    assert not seen.codes & {"quorum-missing", "rounds-climb", "rollback-participation"}


@pytest.mark.clause("AZ-31.2")
def test_blocks_that_come_slower_than_the_band_allows():
    def paced(interval):
        def change(second, name, facts):
            return replace(
                facts,
                anchors=tuple(
                    replace(a, time_ms=T0 + (a.height - 1) * interval) for a in facts.anchors
                ),
            )

        return change

    assert "blocks-slow" in watch(paced(3_100), seconds=60).codes
    assert "blocks-slow" not in watch(paced(2_900), seconds=60).codes
    open_gap = watch(stops=20, seconds=70)
    assert open_gap.first("blocks-slow") is not None, "a chain that stops does not keep its pace"


def test_the_same_facts_give_the_same_judgement():
    changes = (silent("d", 20, 30), anchored("c", 7, state_after="X"))
    assert watch(*changes).by_second == watch(*changes).by_second
