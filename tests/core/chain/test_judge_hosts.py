"""What is judged of single nodes: each rule fires, its neighbour does not, a second host counts."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.facts import GenesisFact, Pending, Reach, Traits
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.thresholds import thresholds_of
from tests.core.chain.watched import (
    EARLY,
    GENESIS,
    OTHER_GENESIS,
    SHORT,
    T0,
    anchored,
    has,
    silent,
    watch,
)
from tests.policies import policy

SEVEN = "abcdefg"


def test_a_healthy_network_gives_no_signal():
    seen = watch(seconds=120, first=-60)
    assert not seen.codes
    assert seen.memory.final == 60


@pytest.mark.clause("AZ-26.2")
def test_silence_before_t0_is_normal_and_after_the_startup_delay_blindness():
    seen = watch(silent("abcd", -60, 99), first=-60, seconds=12)
    assert seen.first("node-unseen") == 11
    assert seen.all == {("node-unseen", "network", "network")}
    signal = seen.one("node-unseen")
    assert (signal.anomaly, signal.guidance) == ("telemetry-blindness-anomaly", "ABORT")
    assert signal.power == 1
    assert signal.since_ms == T0


@pytest.mark.clause("AZ-10.2", "AZ-27.1")
@pytest.mark.parametrize(
    ("names", "wrong", "locus", "guidance", "power"),
    [
        ("abcd", "d", "host", "HOLD", Fraction(1, 4)),
        ("abcd", "cd", "network", "ABORT", Fraction(1, 2)),
        (SEVEN, "fg", "host", "HOLD", Fraction(2, 7)),
        ("abc", "c", "network", "ABORT", Fraction(1, 3)),
    ],
)
def test_another_genesis_is_a_hosts_matter_below_a_third(names, wrong, locus, guidance, power):
    seen = watch(has(wrong, genesis=OTHER_GENESIS), names=names, seconds=3)
    subjects = set(wrong) if locus == "host" else {"network"}
    assert seen.all == {("genesis-served-other", locus, subject) for subject in subjects}
    signal = seen.one("genesis-served-other")
    assert (signal.anomaly, signal.guidance) == ("genesis-mismatch", guidance)
    assert signal.power == power
    assert signal.clause == "AZ-10.2"
    assert "app_state" in signal.detail
    assert all(name in signal.detail for name in wrong if locus == "network")
    assert f"sha256:{wrong[0]}0" in signal.evidence


def test_a_node_without_a_genesis_is_unknown_and_not_passed():
    seen = watch(has("d", genesis=None), seconds=30)
    assert seen.all == {("genesis-unseen", "host", "d")}
    assert not watch(has("d", first=5, genesis=None), seconds=30).codes


def test_a_genesis_is_unknown_again_after_a_silence():
    seen = watch(silent("d", 20, 23), has("d", first=24, genesis=None), seconds=40)
    assert ("genesis-unseen", "host", "d") in seen.all


@pytest.mark.clause("AZ-10.2")
def test_another_chain_id():
    seen = watch(has("cd", network="test-2"), names=SEVEN, seconds=3)
    assert seen.all == {("chain-id-other", "host", "c"), ("chain-id-other", "host", "d")}
    assert seen.one("chain-id-other").anomaly == "peer-compatibility-anomaly"
    assert not watch(has("d", network=None), seconds=3).codes


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"validators": "X"}, "validators"),
        ({"params": "X"}, "params"),
        ({"time_ms": T0 + 2}, "time"),
    ],
)
@pytest.mark.clause("AZ-10.2")
def test_the_first_block_follows_from_the_genesis(values, field):
    seen = watch(anchored("abcd", 1, **values), seconds=50)
    assert seen.all == {("first-block-other", "network", "network")}
    assert field in seen.one("first-block-other").detail
    assert seen.last, "it must be explained, however long ago it was"


def test_what_the_first_block_does_not_say_is_not_compared():
    unknown = anchored("abcd", 1, validators=None, params=None, time_ms=T0 + 1)
    assert not watch(unknown, seconds=5).codes
    assert not watch(anchored("abcd", 2, time_ms=T0 + 2_005), seconds=5).codes


def early(second, name, facts):
    """`c` and `d` answer two seconds before T0."""
    if name not in "cd" or second >= 0:
        return facts
    return replace(
        facts, reach=Reach.OK, network="test-1", genesis=GENESIS, head=0, validator=f"V{name}"
    )


@pytest.mark.clause("AZ-26.1")
def test_a_node_that_answers_before_t0():
    seen = watch(early, names=SEVEN, seconds=5)
    assert seen.all == {("up-before-t0", "host", "c"), ("up-before-t0", "host", "d")}
    assert set(seen.by_second[-1]) == set(), "a second is within the difference of clocks"
    assert seen.one("up-before-t0").anomaly == "preflight-mismatch"
    open_before = replace(EARLY, traits=Traits(silent_before_t0=False))
    assert not watch(early, names=SEVEN, seconds=5, limits=open_before).codes


def test_an_early_node_with_another_genesis_is_the_genesis_matter():
    seen = watch(early, has("cd", genesis=OTHER_GENESIS), names=SEVEN, seconds=5)
    assert seen.codes == {"genesis-served-other"}


def test_a_genesis_of_another_convention_is_another_genesis():
    seen = watch(has("d", genesis=GenesisFact("other/1", GENESIS.parts, T0)), seconds=2)
    assert "convention" in seen.one("genesis-served-other").detail


@pytest.mark.clause("AZ-26.2")
def test_a_silent_node_that_signs_is_blindness():
    seen = watch(silent("d", 20, 99, Reach.TIMEOUT), seconds=40)
    assert seen.all == {("node-unseen", "host", "d")}
    assert seen.first("node-unseen") == 30, "three block intervals without an answer"
    signal = seen.one("node-unseen")
    assert signal.guidance == "HOLD"
    assert signal.since_ms == T0 + 20_000
    assert "paused" in signal.detail
    assert "signs" in signal.detail


@pytest.mark.clause("AZ-26.2", "AZ-27.1")
def test_half_of_the_power_unseen_is_the_networks_blindness():
    seen = watch(silent("cd", 20, 99), seconds=40)
    assert seen.all == {("node-unseen", "network", "network")}
    assert (seen.one("node-unseen").guidance, seen.one("node-unseen").power) == (
        "ABORT",
        Fraction(1, 2),
    )


def test_a_short_silence_is_not_a_signal():
    assert not watch(silent("d", 20, 28), seconds=40).codes


@pytest.mark.clause("AZ-26.1")
def test_a_silent_node_that_does_not_sign_is_a_role_gap():
    seen = watch(silent("d", 20, 99), absent=lambda height: "d" if height >= 10 else "", seconds=32)
    assert seen.all == {("validator-absent", "host", "d")}
    signal = seen.one("validator-absent")
    assert (signal.anomaly, signal.guidance) == ("role-readiness-gap", "HOLD")
    assert "process is down" in signal.detail


def test_a_node_that_never_answers_has_the_validator_that_no_other_node_has():
    seen = watch(silent("d", -9, 99), absent=lambda _: "d", seconds=14)
    assert seen.all == {("validator-absent", "host", "d")}
    seen = watch(silent("d", -9, 99), seconds=14)
    assert seen.all == {("node-unseen", "host", "d")}
    assert seen.one("node-unseen").power == Fraction(1, 4)


def test_two_silent_nodes_that_no_vote_of_the_unfinished_height_has_are_a_role_gap():
    def half(second, height):
        return Pending(height, 0, "4", Fraction(1, 2))

    seen = watch(silent("cd", 20, 99), stops=20, pending=half, seconds=30)
    assert ("validator-absent", "network", "network") in seen.all
    assert "node-unseen" not in seen.codes
    assert seen.one("validator-absent").guidance == "DEFER"

    def three(second, height):
        return Pending(height, 0, "4", Fraction(3, 4))

    seen = watch(silent("cd", 20, 99), stops=20, pending=three, seconds=30)
    assert "node-unseen" in seen.codes
    assert "validator-absent" not in seen.codes


def test_silence_waits_for_the_first_commit_after_the_network_went_on():
    seen = watch(
        silent("cd", 20, 40),
        silent("d", 41, 99),
        stops=20,
        resumes=41,
        pending=lambda _, height: Pending(height, 0, "4", Fraction(1, 2)),
        absent=lambda height: "d" if height > 10 else "",
        seconds=60,
    )
    assert "node-unseen" not in seen.codes
    assert ("validator-absent", "host", "d") in seen.all


def test_another_node_of_the_same_validator_answers():
    seen = watch(has("ce", validator="Vc"), silent("c", 20, 99), names="abcde", seconds=40)
    assert ("node-unseen", "host", "c") not in seen.all


@pytest.mark.clause("AZ-11.2")
@pytest.mark.parametrize(("missed", "found"), [(4, False), (5, True)])
def test_a_validator_is_absent_after_five_commits(missed, found):
    seen = watch(
        absent=lambda height: "cd" if 10 <= height < 10 + missed else "", names=SEVEN, seconds=50
    )
    want = {("validator-absent", "host", "c"), ("validator-absent", "host", "d")}
    assert (want <= seen.all) is found
    assert not seen.last


def test_a_role_may_start_late_within_the_startup_delay():
    assert not watch(absent=lambda height: "d" if height < 5 else "", seconds=40).codes


@pytest.mark.clause("AZ-26.1")
@pytest.mark.parametrize(("behind", "found"), [(2, False), (3, True)])
def test_a_node_that_stays_behind(behind, found):
    def late(second, name, facts):
        if name in "cd" and facts.head is not None:
            return replace(facts, head=max(0, facts.head - behind))
        return facts

    seen = watch(late, names=SEVEN, seconds=40)
    want = {("node-behind", "host", "c"), ("node-behind", "host", "d")} if found else set()
    assert seen.all == want
    assert not watch(late, has("cd", syncing=True), names=SEVEN, seconds=40).codes


def test_one_node_with_an_invented_height_moves_no_one():
    seen = watch(has("d", head=10**9, finalized=10**9), seconds=40)
    assert not seen.codes
    assert seen.memory.head == 20


@pytest.mark.clause("AZ-26.1")
def test_a_node_without_peers():
    seen = watch(has("c", peers=frozenset()), has("d", peers=0), names=SEVEN, seconds=40)
    assert seen.all == {("no-peers", "host", "c"), ("no-peers", "host", "d")}
    assert not watch(has("c", peers=1), has("d", peers=None), names=SEVEN, seconds=40).codes
    assert not watch(has("a", peers=0), names="a", seconds=40).codes, "it is the only one"


@pytest.mark.clause("AZ-26.1")
def test_a_process_that_started_again():
    seen = watch(
        has("abcd", started_ms=T0 - 5_000),
        has("d", first=20, started_ms=T0 + 19_000),
        has("c", first=20, started_ms=T0 - 4_500),
        seconds=40,
    )
    assert seen.all == {("node-restarted", "host", "d")}
    assert seen.one("node-restarted").guidance == "CONTINUE"
    assert not seen.by_second[30], "it has run for as long as a role may take to start"
    many = watch(
        has("abcd", started_ms=T0), has("cd", first=20, started_ms=T0 + 19_000), seconds=22
    )
    assert many.one("node-restarted").guidance == "HOLD"


@pytest.mark.clause("AZ-26.1")
@pytest.mark.parametrize(
    ("offset", "found"), [(5_000, False), (5_001, True), (-5_001, True), (-5_000, False)]
)
def test_a_clock_that_differs_from_the_observers(offset, found):
    seen = watch(has("cd", clock_offset_ms=offset), names=SEVEN, seconds=5)
    want = {("clock-off", "host", "c"), ("clock-off", "host", "d")} if found else set()
    assert seen.all == want


@pytest.mark.parametrize("offset", [7_000, -7_000])
def test_a_clock_from_which_all_nodes_differ_alike_is_the_observers(offset):
    seen = watch(has("abcd", clock_offset_ms=offset), seconds=5)
    assert seen.all == {("clock-off", "host", "observer")}
    one = seen.one("clock-off")
    assert "this machine's clock may be wrong: 4 nodes agree" in one.detail
    assert one.guidance == "HOLD"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([has("abc", clock_offset_ms=7_000), has("d", clock_offset_ms=0)], set("abc")),
        ([has("ab", clock_offset_ms=7_000), has("cd", clock_offset_ms=13_000)], set("abcd")),
        ([has("ab", clock_offset_ms=7_000), has("cd", clock_offset_ms=-7_000)], set("abcd")),
        ([has("a", clock_offset_ms=7_000)], {"a"}),
        ([has("ab", clock_offset_ms=7_000)], set("ab")),
    ],
)
def test_clocks_that_differ_from_one_another_or_are_few_are_their_own_matter(changes, found):
    seen = watch(*changes, names=SEVEN[:4], powers=dict.fromkeys("abcd", 1), seconds=5)
    details = " ".join(s.detail for many in seen.by_second.values() for s in many)
    assert "this machine" not in details
    subjects = {subject for code, _, subject in seen.all if code == "clock-off"}
    assert subjects in (found, {"network"})


def test_votes_that_are_all_ahead_alike_name_the_observers_clock():
    seen = watch(stamp=lambda _, ms: ms + 8_000, seconds=40)
    assert seen.all == {("vote-clock-ahead", "host", "observer")}
    assert (
        "this machine's clock may be wrong: the votes of 4" in seen.one("vote-clock-ahead").detail
    )


@pytest.mark.parametrize("ahead", ["d", "cd"])
def test_votes_from_the_future_accuse_the_clocks_that_are_ahead(ahead):
    def stamp(name, time_ms):
        return time_ms + 8_000 if name in ahead else time_ms

    seen = watch(stamp=stamp, names="abcd", seconds=40)
    locus, subjects = ("host", set(ahead)) if len(ahead) == 1 else ("network", {"network"})
    assert seen.all == {("vote-clock-ahead", locus, subject) for subject in subjects}
    detail = seen.one("vote-clock-ahead").detail
    assert "a:" not in detail
    assert "b:" not in detail
    small = watch(stamp=lambda name, t: t + 1_900 if name in ahead else t, seconds=40)
    assert not small.codes


def test_blocks_that_are_faster_than_the_band_asks_for_accuse_no_clock():
    band = EARLY.band
    assert band is not None
    wide = replace(EARLY, band=replace(band, block_interval_ms=60_000))
    assert not watch(limits=wide).codes
    assert watch(limits=wide, stamp=lambda name, ms: ms + 8_000 * (name == "d")).codes == {
        "vote-clock-ahead"
    }


def test_a_policy_says_what_a_class_suggests():
    table = '\n[anomalies.genesis-mismatch]\nguidance = "DEFER"\n'
    limits = thresholds_of(policy(SHORT + table), "early")
    two = has("cd", genesis=OTHER_GENESIS)
    assert watch(two, seconds=2, limits=limits).one("genesis-served-other").guidance == "DEFER"
    one = has("d", genesis=OTHER_GENESIS)
    assert watch(one, seconds=2, limits=limits).one("genesis-served-other").guidance == "HOLD"


def test_power_is_what_the_genesis_gives_and_not_the_number_of_hosts():
    seen = watch(has("d", genesis=OTHER_GENESIS), powers={"d": 3}, seconds=2)
    assert seen.one("genesis-served-other").power == Fraction(1, 2)
    assert seen.all == {("genesis-served-other", "network", "network")}


def test_the_memory_given_is_not_changed():
    before = watch(seconds=10).memory
    kept = repr(before)
    again = watch(has("d", genesis=OTHER_GENESIS), first=11, seconds=12, memory=before)
    assert again.codes == {"genesis-served-other"}
    assert repr(before) == kept
    assert before != Memory()


def test_four_commits_after_the_startup_delay_are_too_few():
    # Heights 6 to 10 are signed after it; the commit of 10 is in block 11, at 22 seconds.
    assert watch(absent=lambda _: "d", seconds=24).first("validator-absent") == 22
