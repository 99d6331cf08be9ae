"""The five rollback criteria (RC-C): met, not met, unknown; at and above each threshold."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.facts import Pending
from aztrust.core.chain.judge.criteria import criteria
from aztrust.core.chain.judge.judging import judge, unasked
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.slots import Slots, count_slot
from aztrust.core.chain.judge.thresholds import MetricLimit, thresholds_of
from tests.core.chain.watched import BANDS, EARLY, SHORT, T0, expected, has, silent, watch
from tests.policies import policy

pytestmark = pytest.mark.clause("RC-C.rollback")


def state(seen, name, limits=EARLY):
    return next(one.state for one in criteria(seen.memory, limits) if one.criterion == name)


def limits_with(table):
    return thresholds_of(policy(BANDS + table), "early")


def test_more_than_three_halted_blocks_in_a_row():
    # The last rise is in the slot from 12 to 15; the next four end at 27.
    seen = watch(stops=12, seconds=27)
    assert seen.first("rollback-halt") == 27
    assert state(seen, "halt") == "met"
    signal = seen.one("rollback-halt")
    assert (signal.guidance, signal.clause) == ("DEFER", "RC-C.rollback")
    assert "4 halted blocks in a row after block 6" in signal.detail
    assert state(watch(stops=12, seconds=26), "halt") == "not-met"


def test_a_block_ends_the_row():
    seen = watch(stops=12, resumes=24, seconds=40)
    assert "rollback-halt" not in seen.codes
    assert state(watch(stops=12, resumes=28, seconds=40), "halt") == "not-met"


@pytest.mark.parametrize(("blocks", "first"), [(0, 18), (2, 24), (5, 33)])
def test_the_number_of_halted_blocks_is_the_policys(blocks, first):
    seen = watch(stops=12, seconds=40, limits=limits_with(f"[rollback.halt]\nblocks = {blocks}\n"))
    assert seen.first("rollback-halt") == first


def test_halted_blocks_count_within_the_span():
    few = limits_with('[rollback.halt]\nwithin = "11s"\n')
    assert "rollback-halt" not in watch(stops=12, seconds=60, limits=few).codes
    enough = limits_with('[rollback.halt]\nwithin = "12s"\n')
    assert "rollback-halt" in watch(stops=12, seconds=60, limits=enough).codes


def test_slots_without_an_answer_are_unknown():
    seen = watch(silent("abcd", 15, 99), stops=12, seconds=40)
    assert "rollback-halt" not in seen.codes
    assert state(seen, "halt") == "unknown"
    # Two halted, some unseen, two halted: four are known.
    gap = watch(silent("abcd", 21, 26), stops=12, seconds=60)
    assert gap.first("rollback-halt") == 33


def test_a_network_that_has_not_begun_has_not_halted():
    assert "rollback-halt" not in watch(stops=0, seconds=60).codes


def test_slots_that_no_look_fell_into_are_unknown():
    slots = count_slot(None, 4, seen=True, rose=True)
    assert slots is not None
    assert count_slot(slots, 9, seen=True, rose=False) == Slots(9, seen=True, halted=0, unknown=4)
    assert count_slot(None, 4, seen=True, rose=False) is None
    assert count_slot(slots, 2, seen=True, rose=False) == slots, "a clock that went back"


def low(share):
    return lambda second, height: Pending(height, 0, "4", share if second > 12 else Fraction(0))


def test_less_than_two_thirds_of_the_power_in_the_votes_of_the_unfinished_height():
    seen = watch(stops=12, pending=low(Fraction(1, 2)), seconds=50)
    # Two slots after the last block, and then for longer than 20 seconds.
    assert seen.first("rollback-participation") == 40
    assert state(seen, "participation") == "met"
    signal = seen.one("rollback-participation")
    assert (signal.power, signal.guidance) == (Fraction(1, 2), "DEFER")
    assert state(watch(stops=12, pending=low(Fraction(1, 2)), seconds=39), "participation") == (
        "not-met"
    )


@pytest.mark.parametrize(
    ("share", "found"), [(Fraction(67, 100), False), (Fraction(66, 100), True)]
)
def test_exactly_the_least_power_is_enough(share, found):
    seen = watch(stops=12, pending=low(share), seconds=50)
    assert ("rollback-participation" in seen.codes) is found


def test_votes_that_no_node_reports_are_unknown():
    seen = watch(has("abcd", first=12, pending=None), stops=12, seconds=60)
    assert "rollback-participation" not in seen.codes
    assert state(seen, "participation") == "unknown"


def test_a_time_that_is_unknown_does_not_count_and_does_not_end_the_row():
    seen = watch(silent("abcd", 25, 34), stops=12, pending=low(Fraction(1, 2)), seconds=60)
    first = seen.first("rollback-participation")
    assert first is not None
    assert 40 < first < 55


def test_power_is_read_from_commits_while_blocks_come():
    assert "rollback-participation" not in watch(absent=lambda _: "d", seconds=60).codes
    seen = watch(absent=lambda _: "cd", seconds=60)
    assert "rollback-participation" in seen.codes, "a chain whose blocks go on below two thirds"


def paced(interval):
    def change(second, name, facts):
        slow = tuple(replace(a, time_ms=T0 + (a.height - 1) * interval) for a in facts.anchors)
        return replace(facts, anchors=slow)

    return change


@pytest.mark.parametrize(("interval", "found"), [(6_000, False), (6_100, True)])
def test_a_block_time_above_twice_the_target(interval, found):
    seen = watch(paced(interval), seconds=60)
    assert ("rollback-cadence" in seen.codes) is found
    assert state(seen, "cadence") == ("met" if found else "not-met")
    three = limits_with('[rollback.cadence]\nmost = "3x"\nlasting = "20s"\n')
    assert "rollback-cadence" not in watch(paced(6_100), seconds=60, limits=three).codes


def test_the_open_gap_slows_the_pace_down():
    seen = watch(stops=20, seconds=120)
    # Nine intervals of 2 s and the gap are ten intervals of more than 6 s from 61 s on; it is met
    # when that has lasted for more than 20 s.
    assert seen.first("rollback-cadence") == 82


def test_a_pace_that_is_not_seen_is_unknown():
    seen = watch(silent("abcd", 20, 99), seconds=60)
    assert "rollback-cadence" not in seen.codes
    assert state(seen, "cadence") == "unknown"


def metric(nodes, **values):
    return has(nodes, metrics=tuple(values.items()))


@pytest.mark.parametrize(
    ("value", "expect"),
    [
        ("0.02", "not-met"),
        ("0.0201", "met"),
        ("1", "met"),
        ("2.5e-2", "met"),
        ("NaN", "unknown"),
        ("+Inf", "unknown"),
        ("1e999999999", "unknown"),
        ("", "unknown"),
    ],
)
def test_errors_of_the_critical_service(value, expect):
    seen = watch(metric("d", errors=value), seconds=40)
    assert state(seen, "errors") == expect
    assert ("rollback-errors" in seen.codes) is (expect == "met")


def test_errors_count_after_they_lasted():
    seen = watch(metric("cd", errors="0.03"), seconds=40)
    assert seen.first("rollback-errors") == 16
    short = has("cd", first=5, last=15, metrics=(("errors", "0.03"),))
    steady = metric("ab", errors="0")
    assert "rollback-errors" not in watch(steady, short, seconds=40).codes


@pytest.mark.clause("AZ-31.2")
@pytest.mark.parametrize(("value", "found"), [("0.01", False), ("0.011", True)])
def test_errors_above_the_band(value, found):
    seen = watch(metric("cd", errors=value), names="abcdefg", seconds=5)
    want = {("errors-high", "host", "c"), ("errors-high", "host", "d")}
    assert seen.all == (want if found else set())


@pytest.mark.parametrize(
    ("values", "expect"),
    [
        ({}, "unknown"),
        ({"books": "0"}, "unknown"),
        ({"disputes": "1"}, "unknown"),
        ({"books": "0.005", "disputes": "1"}, "not-met"),
        ({"books": "0.0051"}, "met"),
        ({"books": "0.9", "disputes": "1"}, "met"),
        ({"books": "0", "disputes": "0"}, "met"),
        ({"other": "0.9"}, "unknown"),
    ],
)
def test_the_books_and_the_workflow_for_disputes(values, expect):
    seen = watch(metric("cd", **values), seconds=10)
    assert state(seen, "reconciliation") == expect
    assert ("rollback-reconciliation" in seen.codes) is (expect == "met")


def test_a_criterion_that_does_not_apply():
    table = '[rollback.errors]\nnot_applicable = "no such service"\n'
    limits = limits_with(table)
    seen = watch(metric("d", errors="1"), seconds=40, limits=limits)
    assert state(seen, "errors", limits) == "not-applicable"
    assert "rollback-errors" not in seen.codes


def test_without_any_answer_every_criterion_is_unknown():
    states = {one.state for one in criteria(Memory(), EARLY)}
    assert states == {"unknown"}


@pytest.mark.clause("AZ-31.3")
def test_the_numbers_are_the_policys():
    assert EARLY.band is not None
    assert (EARLY.band.min_participation, EARLY.band.max_no_finality_ms) == (800_000, 20_000)
    steady = thresholds_of(policy(SHORT), "steady").band
    assert steady is not None
    assert (steady.min_participation, steady.max_no_finality_ms) == (670_000, 30_000)
    checklist = thresholds_of(policy(), "early")
    assert (checklist.halt_blocks, checklist.halt_within_ms) == (3, 600_000)
    assert (checklist.least_power, checklist.low_power_ms) == (670_000, 600_000)
    assert (checklist.slow_most, checklist.slow_ms) == (200, 1_200_000)
    assert checklist.errors == MetricLimit("error rate of the critical service", 20_000, 900_000)


def test_rules_without_a_limit_are_named_and_not_passed():
    bare = thresholds_of(policy(), "early")
    names = unasked(bare)
    assert {"node-unseen", "no-finality", "rollback-halt", "rollback-cadence"} <= set(names)
    assert "genesis-served-other" not in names
    assert unasked(EARLY) == ()
    seen = watch(stops=12, seconds=60, limits=bare)
    assert not seen.codes & set(names)
    assert state(seen, "halt", bare) == state(seen, "cadence", bare) == "unknown"


def test_time_passes_without_answers():
    memory, due = watch(seconds=20).memory, expected()
    memory, signals = judge(memory, [], due, EARLY, T0 + 60_000)
    assert {signal.code for signal in signals} == {"node-unseen"}
    assert signals[0].power == 1
    assert "not asked" in signals[0].detail
