"""Counting operators: by power, against thresholds, and why a confirmation does not count."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.genesis.power import genesis_power, weight_power
from aztrust.core.state.readiness import Readiness
from tests.crew import AT, FROZEN, MINUTE, NOW, Crew, genesis, seat
from tests.shared import shared_path

TWO_THIRDS = 670_000


def crew() -> Crew:
    return Crew({"ann": 40, "bob": 27, "eve": 23, "joe": 10})


def status(readiness: Readiness) -> dict[str, str]:
    return {row.operator: row.status for row in readiness.rows}


def whys(readiness: Readiness) -> list[tuple[str, str]]:
    return [(one.operator, one.why) for one in readiness.not_counted]


@pytest.mark.clause("AZ-24.2")
def test_power_exactly_met_is_enough_and_one_unit_short_is_not():
    these = crew()
    these.ready("ann")
    these.ready("bob")
    met = these.count(min_power=TWO_THIRDS)
    assert (met.powers.ready, met.met) == (67, True)
    short = these.count(min_power=TWO_THIRDS + 1)
    assert not short.met
    assert short.threshold("power").text == (
        "67% of the voting power is ready of 67.0001%; 1 short"
    )


def test_every_state_has_its_power_and_the_total_is_the_whole_genesis():
    these = Crew({"ann": 40, "bob": 27, "eve": 23, "joe": 7, "zed": 3})
    these.seats = [s for s in these.seats if s.operator != "zed"]
    these.ready("ann")
    these.not_ready("bob")
    these.ready("eve", at=FROZEN)
    these.now = FROZEN + 61 * MINUTE
    found = these.count(min_power=TWO_THIRDS)
    assert status(found) == {"ann": "ready", "bob": "not-ready", "eve": "stale", "joe": "silent"}
    powers = found.powers
    assert (powers.ready, powers.not_ready, powers.stale, powers.silent) == (40, 27, 23, 7)
    assert (powers.unconfirmed, powers.total) == (3, 100)


def test_without_thresholds_nothing_is_met():
    these = crew()
    for name in ("ann", "bob", "eve", "joe"):
        these.ready(name)
    assert not these.count().met
    assert these.count(min_power=1_000_000).met


@pytest.mark.clause("AZ-24.2")
def test_notaries_are_counted_by_operator():
    these = Crew({"ann": 40, "bob": 60})
    these.enrol(
        seat("ann", "ann-key", roles=("node", "notary")),
        seat("nia", roles=("notary",)),
        seat("ned", roles=("notary",)),
    )
    these.ready("ann")
    these.not_ready("nia")
    found = these.count(min_notaries=2)
    assert not found.met
    assert found.threshold("notaries").text == "1 of 2 operators are ready as notary"
    assert found.threshold("notaries").missing == ("ned", "nia")
    these.ready("nia", at=AT + 1)
    assert these.count(min_notaries=2).met
    assert not these.count(min_notaries=3).met


@pytest.mark.clause("AZ-24.2")
def test_mandatory_operators_are_waited_for():
    these = crew()
    these.ready("ann")
    assert these.count(mandatory=("ann",)).met
    found = these.count(mandatory=("ann", "bob", "gus"))
    assert not found.met
    assert found.threshold("mandatory").text == (
        "1 of 3 mandatory operators are ready: bob is silent, gus is not enrolled"
    )


@pytest.mark.clause("AZ-24.2")
def test_observers_alone_may_wait_where_the_policy_lets_them():
    these = Crew({"ann": 100})
    these.enrol(seat("oli", roles=("observer",)))
    these.ready("ann")
    assert these.count(min_power=TWO_THIRDS).met
    found = these.count(min_power=TWO_THIRDS, observers_may_wait=False)
    assert not found.met
    assert found.threshold("observers").missing == ("oli",)
    these.ready("oli", roles=("node",))
    assert these.count(min_power=TWO_THIRDS, observers_may_wait=False).met


def test_a_later_confirmation_replaces_the_earlier_one():
    these = crew()
    first = these.ready("ann")
    these.not_ready("ann", at=AT + 1, reason="disk")
    these.ready("bob")
    found = these.count()
    assert status(found)["ann"] == "not-ready"
    assert (found.powers.ready, found.powers.not_ready) == (27, 40)
    assert [(one.record_id, one.why) for one in found.not_counted] == [
        (first.record_id, "replaced")
    ]
    these.ready("ann", at=AT + 2)
    assert these.count().powers.ready == 67


def test_of_two_at_one_time_the_one_that_is_not_ready_counts():
    these = crew()
    these.not_ready("ann")
    these.ready("ann")
    assert status(these.count())["ann"] == "not-ready"


def test_the_order_of_the_ledger_counts_more_than_the_time_that_is_claimed():
    these = crew()
    these.in_ledger()
    these.ready("ann", at=AT + 5, place=4)
    these.not_ready("ann", at=AT, place=5)
    these.not_ready("bob", at=AT + 5, place=6)
    these.ready("bob", at=AT, place=7)
    found = these.count()
    assert (status(found)["ann"], status(found)["bob"]) == ("not-ready", "ready")


def test_an_objection_counts_before_the_ledger_has_it():
    these = crew()
    these.in_ledger()
    these.ready("ann", place=4)
    these.not_ready("ann", at=AT - 1)
    pending = these.ready("bob")
    found = these.count()
    assert status(found)["ann"] == "not-ready"
    assert status(found)["bob"] == "silent"
    assert (pending.record_id, "pending") in [(n.record_id, n.why) for n in found.not_counted]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"scope_hash": sha256_id(b"another")}, "other-scope"),
        ({"launch_window_id": sha256_id(b"another")}, "other-window"),
        ({"at": FROZEN - 1}, "before-freeze"),
        ({"at": NOW + 121_000}, "future"),
        ({"chain_id": "bench-2"}, "other-contents"),
        ({"genesis_sha256": sha256_id(b"x")}, "other-contents"),
        ({"genesis_package_id": sha256_id(b"x")}, "other-contents"),
        ({"release_package_id": sha256_id(b"x")}, "other-contents"),
        ({"programs": ()}, "other-contents"),
        ({"platform": "linux/riscv64"}, "other-contents"),
        ({"roles": ("node", "relayer")}, "other-contents"),
        ({"roles": ("notary",)}, "other-roles"),
        ({"at": NOW - 60 * MINUTE - 1}, "too-old"),
    ],
)
def test_what_does_not_count_is_listed_with_the_reason(changes: dict[str, object], why: str):
    these = crew()
    these.now = NOW + MINUTE if why == "too-old" else NOW
    at = changes.pop("at", AT)
    these.ready("ann", at=at + MINUTE if why == "too-old" else at, **changes)
    these.ready("bob")
    found = these.count(min_power=TWO_THIRDS)
    assert whys(found) == [("ann", why)]
    assert found.not_counted[0].text
    assert (found.powers.ready, found.powers.silent + found.powers.stale) == (27, 73)


@pytest.mark.parametrize("at", [FROZEN, NOW + 120_000, NOW - 60 * MINUTE])
def test_the_times_next_to_those_that_are_refused_count(at: int):
    these = crew()
    these.ready("ann", at=at)
    assert these.count().powers.ready == 40


def test_the_freeze_is_before_what_comes_later_in_the_ledger():
    these = crew()
    these.in_ledger(freeze=5)
    these.ready("ann", place=4, at=AT)
    these.ready("bob", place=6, at=FROZEN - 1)
    these.now = AT
    found = these.count()
    assert whys(found) == [("ann", "before-freeze")]
    assert found.powers.ready == 27


def test_an_objection_does_not_age_and_may_be_from_a_clock_that_is_ahead():
    these = crew()
    these.not_ready("ann", at=FROZEN)
    these.ready("bob")
    these.not_ready("bob", at=NOW + 600_000)
    these.now = NOW + 59 * MINUTE
    assert (status(these.count())["ann"], status(these.count())["bob"]) == (
        "not-ready",
        "not-ready",
    )


@pytest.mark.clause("AZ-24.2")
def test_an_objection_from_a_clock_that_is_ahead_makes_no_other_operator_stale():
    these = crew()
    these.ready("ann")
    these.ready("bob")
    these.not_ready("eve", at=NOW + 24 * 60 * MINUTE)
    found = these.count()
    assert (found.powers.ready, found.powers.not_ready, found.powers.stale) == (67, 23, 0)


def test_a_ready_host_whose_clock_is_ahead_makes_no_other_operator_stale():
    these = crew()
    these.ready("ann", at=NOW - 59 * MINUTE)
    these.ready("bob", at=NOW + 2 * MINUTE)
    assert these.count().powers.ready == 67


def test_what_a_revoked_key_confirmed_does_not_count():
    these = crew()
    these.enrol(replace(these.of("ann"), revoked="compromised, by rita"))
    these.ready("ann")
    these.ready("bob")
    found = these.count()
    assert whys(found) == [("ann", "key-revoked")]
    assert found.rows[0].revoked == "compromised, by rita"
    assert found.powers.ready == 27


def test_an_objection_outlives_its_key():
    these = crew()
    these.enrol(replace(these.of("ann"), revoked="retired, by rita"))
    these.not_ready("ann")
    these.ready("bob")
    found = these.count()
    assert whys(found) == []
    assert (found.rows[0].status, found.rows[0].reason) == ("not-ready", "binary-mismatch")


def test_a_mismatch_on_one_platform_blocks_its_operators_alone():
    these = crew()
    these.ready("ann")
    these.ready("bob")
    these.not_ready("eve", platform="linux/arm64")
    these.ready("joe", platform="linux/arm64")
    found = these.count(min_power=TWO_THIRDS)
    assert found.met
    groups = {group.name: group for group in found.by_platform}
    assert groups["linux/amd64"].operators["ready"] == 2
    assert groups["linux/arm64"].operators == {"ready": 1, "not-ready": 1, "silent": 0, "stale": 0}
    assert groups["linux/arm64"].powers["not-ready"] == 23


@pytest.mark.parametrize(("other", "same"), [("ab12cd34", True), ("ab12cd35", False)])
def test_hosts_with_one_wrong_digest_are_one_group(other: str, same: bool):
    these = crew()
    these.not_ready("ann", found="ab12cd34")
    these.not_ready("eve", found=other, at=AT + 7)
    these.ready("bob")
    groups = these.count().same_digest
    assert bool(groups) is same
    if same:
        (group,) = groups
        assert group.operators == ("ann", "eve")
        assert (group.power, group.last_unix_ms, group.found) == (63, AT + 7, "ab12cd34")


def test_a_group_ends_when_its_hosts_are_ready():
    these = crew()
    these.not_ready("ann", found="ab12cd34")
    these.not_ready("eve", found="ab12cd34")
    these.ready("eve", at=AT + 1)
    assert these.count().same_digest == ()


def test_one_key_that_reports_a_digest_twice_is_not_a_group():
    these = crew()
    these.enrol(seat("ann", "ann-key", roles=("node", "notary")))
    these.not_ready("ann", found="ab12cd34", roles=("node",))
    these.not_ready("ann", found="ab12cd34", roles=("notary",), at=AT + 1)
    assert these.count().same_digest == ()


def test_a_role_that_no_confirmation_names_is_silent():
    these = crew()
    these.enrol(seat("ann", "ann-key", roles=("node", "notary")))
    these.ready("ann", roles=("node",))
    row = these.count().rows[0]
    assert row.roles == (("node", "ready"), ("notary", "silent"))
    assert row.status == "silent"
    these.ready("ann", roles=("notary",), at=AT + 1)
    assert these.count().rows[0].status == "ready"
    these.not_ready("ann", roles=("node",), at=AT + 2)
    assert these.count().rows[0].roles == (("node", "not-ready"), ("notary", "ready"))
    assert these.count().powers.ready == 0


def test_a_role_without_a_file_of_its_own_is_covered_by_any_host():
    these = crew()
    these.enrol(seat("ann", "ann-key", roles=("node", "proposer")))
    these.ready("ann", roles=("node",))
    assert these.count().rows[0].status == "ready"


def test_two_keys_of_one_operator_count_their_validator_once():
    these = crew()
    first = seat("ann", "ann-key", key="one")
    second = seat("ann", "ann-key", "ann", key="two")
    these.enrol(first, second)
    these.ready(first)
    these.ready(second, at=AT + 1)
    assert these.count().powers.ready == 40
    these.not_ready(first, at=AT + 2)
    assert these.count().powers.ready == 0, "an objection of either key"


def test_power_claimed_through_two_operators_counts_for_neither():
    these = crew()
    these.enrol(seat("ann", "ann-key"), seat("mal", "ann"))
    these.ready("ann")
    these.ready("mal")
    these.ready("bob")
    found = these.count()
    assert (found.powers.ready, found.powers.contested) == (27, 40)
    assert found.contested == ("ann",)


def test_what_the_roster_calls_contested_counts_for_none():
    these = crew()
    these.contested = frozenset({"ann-key"})
    these.ready("ann")
    these.ready("bob")
    found = these.count()
    assert (found.powers.ready, found.powers.contested) == (27, 40)


def test_a_validator_that_the_genesis_lacks_has_no_power():
    these = crew()
    these.enrol(seat("ann", "ann-key", "nowhere"))
    these.ready("ann")
    found = these.count()
    assert found.unknown == (("ann", "nowhere"),)
    assert found.powers.ready == 40


def test_a_validator_is_found_in_any_spelling_of_its_key():
    key = "0E+Wc+2Pdtqr5bB4Hbbg1ojNZLhPxwLsvGrQ9KkX1Bc="
    listed = [{"name": "a", "power": "7", "pub_key": {"value": key}, "address": "0xAB"}]
    power = genesis_power(genesis({}, validators=listed), what="genesis.json")
    hexed = "d04f9673ed8f76daabe5b0781db6e0d688cd64b84fc702ecbc6ad0f4a917d417"
    assert power.find(hexed) == power.find(key) == power.find("0xab") == 0
    assert power.find(hexed[:-1] + "8") is None


def test_zero_total_power_is_a_finding_and_nothing_is_met():
    these = Crew({"ann": 0, "bob": 0})
    these.ready("ann")
    these.ready("bob")
    found = these.count(min_power=TWO_THIRDS)
    assert [f.code for f in found.findings] == ["power-invalid"]
    assert not found.met
    assert not found.threshold("power").met


@pytest.mark.parametrize("field", ["pub_key", "address"])
def test_a_validator_twice_in_the_genesis_is_a_finding(field: str):
    listed = [
        {"name": "a", "power": "6", "pub_key": {"value": "k1"}, "address": "a1"},
        {"name": "b", "power": "4", "pub_key": {"value": "k2"}, "address": "a2"},
    ]
    assert genesis_power(genesis({}, validators=listed), what="g").findings == ()
    listed[1][field] = listed[0][field]
    power = genesis_power(genesis({}, validators=listed), what="g")
    assert [f.message for f in power.findings] == ["a validator is in it twice: b"]


def test_with_a_validator_twice_all_power_is_not_enough():
    listed = [{"name": "ann", "power": "5", "pub_key": {"value": "ann-key"}}]
    sound = Crew({"ann": 5}, validators=listed)
    sound.ready("ann")
    assert sound.count(min_power=TWO_THIRDS).met
    twice = Crew({"ann": 5}, validators=listed * 2)
    twice.ready("ann")
    assert not twice.count(min_power=1).met


def test_a_table_of_weights():
    power = weight_power(b'{"ann": 5, "bob": "7"}', what="weights.json")
    assert (power.total, power.unit, power.findings) == (12, "weight", ())
    wrong = weight_power(b'{"ann": 5, "bob": 1.5, "eve": -1}', what="weights.json")
    assert len(wrong.findings) == 2
    assert weight_power(b"[]", what="weights.json").findings


@pytest.mark.parametrize("written", ["0x10", "0X10", "0xff"])
def test_a_weight_or_a_power_in_hexadecimal_is_refused_by_its_name(written: str):
    table = json.dumps({"ann": 5, "bob": written, "eve": "16"}).encode()
    power = weight_power(table, what="weights.json")
    assert [f.message for f in power.findings] == [
        "the weight of bob is not a whole number in decimal digits"
    ]
    listed = [{"name": "a", "power": written, "pub_key": {"value": "k"}}]
    found = genesis_power(json.dumps({"validators": listed}).encode(), what="genesis.json")
    assert found.total == 0
    assert "a validator has no power that can be read" in [f.message for f in found.findings]
    listed[0]["power"] = "16"
    found = genesis_power(json.dumps({"validators": listed}).encode(), what="genesis.json")
    assert (found.total, found.findings) == (16, ())


@pytest.mark.parametrize(
    ("left", "collapsed"), [("ann", False), ("bob", True)], ids=["at the level", "below it"]
)
def test_a_launch_that_was_ready_collapses_below_the_level(left: str, collapsed: bool):
    these = Crew({"ann": 40, "bob": 39, "eve": 21})
    for name in ("ann", "bob"):
        these.ready(name)
    rules = {"min_power": 700_000, "collapse": 400_000}
    assert not these.count(**rules).collapsed
    these.not_ready({"ann": "bob", "bob": "ann"}[left], at=AT + 1)
    assert these.count(**rules).collapsed is collapsed


def test_a_launch_that_was_never_ready_has_not_collapsed():
    these = Crew({"ann": 40, "bob": 39, "eve": 21})
    these.ready("ann")
    these.not_ready("ann", at=AT + 1)
    assert not these.count(min_power=700_000, collapse=400_000).collapsed


def test_confirmations_that_were_never_young_together_did_not_make_it_ready():
    these = Crew({"ann": 50, "bob": 50})
    these.ready("ann", at=FROZEN)
    these.ready("bob", at=FROZEN + 61 * MINUTE)
    these.not_ready("bob", at=FROZEN + 62 * MINUTE)
    these.not_ready("ann", at=FROZEN + 62 * MINUTE)
    these.now = FROZEN + 63 * MINUTE
    assert not these.count(min_power=1_000_000, collapse=100_000).collapsed


def test_age_alone_is_not_a_collapse():
    these = Crew({"ann": 50, "bob": 50})
    these.ready("ann")
    these.ready("bob")
    these.now = AT + 3 * 60 * MINUTE
    found = these.count(min_power=TWO_THIRDS, collapse=400_000)
    assert (found.powers.stale, found.met, found.collapsed) == (100, False, False)


_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "eve", "joe"]),
        st.booleans(),
        st.integers(FROZEN - MINUTE, NOW),
    ),
    max_size=20,
)


@given(_ACTS, st.randoms(use_true_random=False), st.integers(0, 90))
def test_the_parts_are_the_whole_and_the_order_of_files_changes_nothing(acts, random, later):
    these = Crew({"ann": 40, "bob": 27, "eve": 23, "joe": 10, "zed": 5})
    these.seats = [s for s in these.seats if s.operator != "zed"]
    these.now = NOW + later * MINUTE
    for name, ready, at in acts:
        (these.ready if ready else these.not_ready)(name, at=at)
    found = these.count(min_power=TWO_THIRDS)
    powers = found.powers
    parts = (powers.ready, powers.not_ready, powers.silent, powers.stale, powers.unconfirmed)
    assert sum(parts) + powers.contested == powers.total == 105
    random.shuffle(these.confirmations)
    assert these.count(min_power=TWO_THIRDS) == found


@pytest.mark.parametrize(
    ("file", "validators"), [("crypto-org/genesis.json", 6), ("stride/genesis.json", None)]
)
def test_power_of_real_genesis_files(file: str, validators: int | None):
    power = genesis_power(shared_path(f"data/{file}").read_bytes(), what=file)
    assert power.findings == ()
    assert power.total == sum(h.power for h in power.holdings) > 0
    assert validators in (None, len(power.holdings))
    assert all(power.find(name) is not None for h in power.holdings for name in h.names)
