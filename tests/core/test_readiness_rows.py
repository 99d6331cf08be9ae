"""The rows of the final checks that are computed from operators' confirmations."""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import Conclusion, Guidance, Status
from aztrust.core.judge.abort_triggers import shown_triggers
from aztrust.core.judge.identify import identify
from tests.crew import genesis
from tests.final_check_builders import (
    CHECKED,
    HOUR,
    MINUTE,
    SAID,
    answer_all,
    attest,
    checked,
    final,
    row,
)
from tests.memory_launch import Launch
from tests.operators import confirm, enrol, entry
from tests.readiness import CONFIRMED, bound, counted, not_ready, ready, staffed

POWERS = {"ann": 40, "bob": 27, "eve": 23, "joe": 10}
COMPUTED = ("operator-preflight", "operator-readiness")
PEOPLE = ("operator-preflight", "operator-readiness", "role-readiness")


def answered(launch: Launch) -> Launch:
    """Every row that is not computed here is answered."""
    answer_all(launch, but=COMPUTED)
    return launch


@pytest.mark.clause("AZ-6.2")
@pytest.mark.clause("AZ-24.2")
def test_with_enough_power_the_final_checks_pass_without_an_answer_of_people():
    launch = answered(staffed(POWERS))
    ready(launch, "ann")
    assert row(final(launch), "operator-readiness").status is Status.NOT_RUN
    ready(launch, "bob")
    concluded = final(launch)
    assert concluded.conclusion is Conclusion.PASS
    readiness = row(concluded, "operator-readiness")
    assert readiness.detail == "67% of the voting power is ready of 67%"
    assert readiness.owner == "ops-lead"
    assert readiness.answered_unix_ms == CONFIRMED


@pytest.mark.clause("AZ-6.2")
def test_what_people_attest_does_not_replace_the_count():
    launch = answered(staffed(POWERS))
    ready(launch, "ann")
    for name in COMPUTED:
        attest(launch, name)
    concluded = final(launch)
    assert row(concluded, "operator-readiness").status is Status.NOT_RUN
    assert concluded.conclusion is Conclusion.HOLD
    (notice,) = row(concluded, "operator-readiness").notices
    assert notice.code == "readiness-short"
    assert "40% of the voting power is ready of 67%; 27 short" in notice.message


def test_a_holder_who_answered_fail_still_blocks():
    launch = answered(staffed(POWERS))
    for name in POWERS:
        ready(launch, name)
    assert final(launch).conclusion is Conclusion.PASS
    attest(launch, "operator-readiness", "fail")
    assert row(final(launch), "operator-readiness").status is Status.FAIL


@pytest.mark.parametrize(
    ("table", "enrolled"),
    [('min_power = "67%"', False), ("", True)],
    ids=["no one", "no threshold"],
)
def test_without_enrolments_or_thresholds_people_answer(table: str, enrolled: bool):
    launch = answered(staffed(POWERS, table, enrolled=enrolled))
    if enrolled:
        for name in POWERS:
            ready(launch, name)
    assert row(final(launch), "operator-readiness").status is Status.NOT_RUN
    for name in COMPUTED:
        attest(launch, name)
    concluded = final(launch)
    assert row(concluded, "operator-readiness").detail == "by dan"
    assert concluded.conclusion is Conclusion.PASS


@pytest.mark.clause("AZ-24.2")
def test_too_few_notaries_leave_the_role_row_open():
    table = 'min_notaries = 2\nnotary_role = "node"'
    launch = staffed(POWERS, table)
    answer_all(launch, but=PEOPLE)
    ready(launch, "ann")
    role = row(final(launch), "role-readiness")
    assert role.status is Status.NOT_RUN
    assert "1 of 2 operators are ready as node" in role.detail
    ready(launch, "joe")
    assert row(final(launch), "role-readiness").status is Status.PASS


@pytest.mark.clause("AZ-24.2")
def test_a_mandatory_operator_who_is_missing_leaves_the_row_open():
    launch = answered(staffed(POWERS, 'min_power = "67%"\nmandatory = ["eve"]'))
    ready(launch, "ann")
    ready(launch, "bob")
    readiness = row(final(launch), "operator-readiness")
    assert readiness.status is Status.NOT_RUN
    assert "eve is silent" in readiness.detail
    ready(launch, "eve")
    assert row(final(launch), "operator-readiness").status is Status.PASS


@pytest.mark.clause("AZ-6.2")
def test_a_preflight_that_is_too_old_is_not_recent():
    launch = answered(staffed(POWERS, 'min_power = "67%"\nmax_age = "15m"'))
    for name in ("ann", "bob"):
        ready(launch, name)
    preflight = row(final(launch), "operator-preflight")
    assert preflight.status is Status.NOT_RUN
    assert preflight.notices[0].code == "check-stale"
    for name in ("ann", "bob"):
        ready(launch, name, at=CONFIRMED + 10 * MINUTE)
    assert row(final(launch), "operator-preflight").status is Status.PASS


def test_one_operator_who_is_too_old_is_not_waited_for_where_the_others_are_enough():
    launch = answered(staffed(POWERS, 'min_power = "67%"\nmax_age = "15m"'))
    ready(launch, "joe")
    for name in ("ann", "bob"):
        ready(launch, name, at=CONFIRMED + 10 * MINUTE)
    assert row(final(launch), "operator-preflight").status is Status.PASS


@pytest.mark.clause("AZ-6.2")
def test_the_binaries_are_reconfirmed_by_operators():
    launch = answered(staffed(POWERS, 'min_notaries = 1\nnotary_role = "node"'))
    binary = row(final(launch), "binary-integrity")
    assert binary.status is Status.NOT_RUN
    assert binary.detail == "no operator has reconfirmed the binaries on a host"
    ready(launch, "ann")
    binary = row(final(launch), "binary-integrity")
    assert (binary.status, binary.detail) == (Status.PASS, "reconfirmed by 1 operator")
    without = answered(staffed(POWERS, enrolled=False))
    assert row(final(without), "binary-integrity").status is Status.PASS


def test_a_mismatch_of_one_platform_blocks_no_other_operator():
    launch = answered(staffed(POWERS))
    ready(launch, "ann")
    ready(launch, "bob")
    not_ready(launch, "eve", found="ab12cd34", platform="linux/arm64")
    assert final(launch).conclusion is Conclusion.PASS


def same_wrong_file(launch: Launch, found: str) -> None:
    ready(launch, "ann")
    ready(launch, "bob")
    for name in ("eve", "joe"):
        not_ready(launch, name, found=found)


def test_hosts_with_the_same_wrong_file_are_one_finding_that_is_a_trigger():
    launch = answered(staffed(POWERS))
    same_wrong_file(launch, "ab12cd34")
    preflight = row(final(launch), "operator-preflight")
    assert [f.code for f in preflight.findings] == ["conflicting-copies"]
    assert "2 operators, 33% of the power have the same wrong file" in preflight.findings[0].message
    assert "eve, joe" in preflight.findings[0].message
    results = checked(launch).results
    shown = {t.trigger: t for t in shown_triggers(results, {})}
    assert "conflicting-artifact-copies" in shown
    assert "readiness-collapse" not in shown
    assert final(launch).guidance is Guidance.HOLD


def test_the_wrong_file_is_named_where_it_was_ever_sealed():
    launch = answered(staffed(POWERS))
    own = next(e for e in launch.release if e.path == "node.tar.gz")
    same_wrong_file(launch, own.sha256[7:15])
    verdict = identify(checked(launch), ())
    (finding,) = (f for r in verdict.results for f in r.findings)
    assert finding.this == "the archive node.tar.gz in the sealed release, not a file inside it"
    other = answered(staffed(POWERS))
    same_wrong_file(other, "00000000")
    (finding,) = (f for r in identify(checked(other), ()).results for f in r.findings)
    assert finding.this == ""


def test_a_person_closes_the_finding_and_a_later_report_opens_it_again():
    launch = answered(staffed(POWERS))
    same_wrong_file(launch, "ab12cd34")
    attest(launch, "operator-preflight", at=CONFIRMED)
    assert row(final(launch), "operator-preflight").status is Status.FAIL, "not after the reports"
    attest(launch, "operator-preflight", at=CONFIRMED + 1)
    preflight = row(final(launch), "operator-preflight")
    assert preflight.status is Status.PASS
    assert [n.code for n in preflight.notices] == ["conflicting-copies"]
    not_ready(launch, "eve", found="ab12cd34", at=CONFIRMED + 2)
    assert row(final(launch), "operator-preflight").status is Status.FAIL


def test_a_launch_that_collapsed_guides_to_an_abort():
    launch = answered(staffed(POWERS, 'min_power = "67%"\ncollapse = "50%"'))
    ready(launch, "ann")
    ready(launch, "bob")
    not_ready(launch, "joe", "network", at=CONFIRMED + 1)
    assert final(launch).conclusion is Conclusion.PASS
    not_ready(launch, "bob", "network", at=CONFIRMED + 1)
    concluded = final(launch)
    readiness = row(concluded, "operator-readiness")
    assert [f.code for f in readiness.findings] == ["readiness-collapsed"]
    assert concluded.guidance is Guidance.ABORT
    shown = [t.trigger for t in shown_triggers(checked(launch).results, {})]
    assert shown == ["readiness-collapse"]


def test_too_little_power_without_a_collapse_is_a_hold():
    launch = answered(staffed(POWERS, 'min_power = "67%"\ncollapse = "40%"'))
    ready(launch, "ann")
    ready(launch, "bob")
    not_ready(launch, "bob", "network", at=CONFIRMED + 1)
    assert final(launch).guidance is Guidance.HOLD


@pytest.mark.parametrize(
    "data",
    [
        genesis({"ann": 0, "bob": 0}),
        genesis({"ann": 40}, validators=[{"power": "40", "pub_key": {"value": "ann-key"}}] * 2),
    ],
    ids=["zero", "twice"],
)
def test_power_that_means_nothing_holds(data: bytes):
    launch = answered(staffed({"ann": 40}, data=data))
    ready(launch, "ann")
    concluded = final(launch)
    readiness = row(concluded, "operator-readiness")
    assert {f.code for f in readiness.findings} == {"power-invalid"}
    assert readiness.status is Status.FAIL


def test_power_is_not_known_without_the_sealed_genesis():
    launch = answered(staffed({"ann": 100}))
    ready(launch, "ann")
    assert row(final(launch), "operator-readiness").status is Status.PASS
    launch.captured["genesis"]["genesis.json"] = genesis({"ann": 1000})
    readiness = row(final(launch), "operator-readiness")
    assert readiness.status is Status.NOT_RUN
    assert [n.code for n in readiness.notices] == ["power-unknown"]


def test_weights_come_from_the_file_that_the_policy_names():
    launch = answered(staffed({"ann": 1}, 'min_power = "67%"\nweights = "genesis:genesis.json"'))
    assert counted(launch).findings, "the genesis is not a table of weights"
    table = b'{"chain_id": "bench-1", "ann": 3, "bob": 1}'
    weighted = staffed({}, 'weights = "genesis:genesis.json"', data=table, enrolled=False)
    enrol(weighted, entry("ann", validators=("ann",)))
    found = counted(weighted)
    assert [f.message for f in found.findings] == [
        "the weight of chain_id is not a whole number in decimal digits"
    ]
    assert (found.powers.total, found.rows[0].power) == (4, 3)


def test_a_confirmation_of_an_earlier_window_does_not_count_in_the_next():
    launch = staffed(POWERS)
    ready(launch, "ann")
    other = {**bound(launch), "launch_window_id": "sha256:" + "9" * 64}
    confirm(launch, "bob", at=CONFIRMED, **other)
    found = counted(launch)
    assert [(n.operator, n.why) for n in found.not_counted] == [("bob", "other-window")]
    assert found.powers.ready == 40


def test_after_the_time_of_the_decision_too_few_operators_are_a_defer():
    launch = staffed(POWERS, decide_by=SAID + MINUTE)
    answer_all(answered(launch), but=PEOPLE)
    ready(launch, "ann")
    assert final(launch, at=SAID).guidance is Guidance.HOLD
    assert final(launch, at=CHECKED).guidance is Guidance.DEFER


def test_the_freeze_is_the_first_that_was_complete():
    launch = staffed(POWERS)
    ready(launch, "ann")
    launch.verdict(at=CONFIRMED + MINUTE, launch_window_id=bound(launch)["launch_window_id"])
    assert counted(launch, at=CHECKED + HOUR // 2).powers.ready == 40
