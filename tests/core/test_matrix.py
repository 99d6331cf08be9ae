"""The matrix of the final checks: what each row says, and what all of them amount to."""

from __future__ import annotations

import itertools

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.findings import (
    CheckClass,
    CheckResult,
    Conclusion,
    Finding,
    Guidance,
    Status,
)
from aztrust.core.base.value import replace
from aztrust.core.chain.alerts.group import alert_group
from aztrust.core.checks import CHECKS
from aztrust.core.judge.checkpoint_draft import Signing, checkpoint_statement
from aztrust.core.judge.final_matrix import final_rows, invalidating
from aztrust.core.package.entries import Fault, Tree
from aztrust.core.policy.model import ANSWERED_ROWS, MACHINE_ROWS, ROWS
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.verdict import build_verdict
from aztrust.core.state.current import current_attempt
from aztrust.core.state.evidence import ProbeReading, PrometheusReading
from aztrust.core.state.freezes import final_signatures
from tests.final_check_builders import (
    CHECKED,
    HOUR,
    MINUTE,
    SAID,
    answer_all,
    attest,
    blocker,
    checked,
    final,
    frozen,
    review,
    row,
    scope_of,
)
from tests.memory_launch import NETWORK, NOW, PEOPLE, Launch, file_entry, signer
from tests.prometheus_answers import (
    Bend,
    alerts_answer,
    of_group,
    other_group,
    rules_answer,
    without,
)
from tests.shared import REPOSITORY
from tests.verdicts import TWO

PROMETHEUS = "http://prometheus.example:9090/p"
RULES = f'[checks.monitoring-live.prometheus]\nurl = "{PROMETHEUS}"\n'
LIVE = '[checks.monitoring-live.probe]\nurl = "https://status.example/live"\nmatches = "well"\n'
URL = "https://status.example/live"


def heard(**changes: object) -> ProbeReading:
    """A probe that found everything well."""
    good = ProbeReading(URL, 200, True, "sha256:" + "a" * 64, "blake3:" + "b" * 64, 8)
    return replace(good, **changes)


# ---- a pass --------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-6.2", "AZ-23.1", "AZ-23.2")
def test_everything_answered_is_a_pass():
    launch = frozen()
    answer_all(launch)
    concluded = final(launch)
    assert tuple(r.id for r in concluded.rows) == ROWS
    assert {r.status for r in concluded.rows} == {Status.PASS}
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.PASS, Guidance.CONTINUE)
    assert concluded.findings == ()
    for answered in concluded.rows:
        assert answered.owner
        assert answered.evidence


@pytest.mark.clause("AZ-23.2")
def test_a_row_has_the_time_and_the_evidence_of_its_answer():
    launch = frozen()
    answer_all(launch, but=("incident-path",))
    shown = {"blake3": "blake3:" + "1" * 64, "name": "oncall.txt", "sha256": "sha256:" + "2" * 64}
    said = attest(launch, "incident-path", evidence=({**shown, "size": 3},), at=SAID + MINUTE)
    found = row(final(launch), "incident-path")
    assert found.evidence == (said, shown["sha256"])
    assert found.answered_unix_ms == SAID + MINUTE
    assert found.owner == "ops-lead"


@pytest.mark.clause("AZ-17.2", "AZ-23.2")
def test_the_verdict_rests_on_the_answers_and_names_the_files():
    launch = frozen()
    said = [attest(launch, r) for r in ANSWERED_ROWS if r != "advisory-review"]
    said.append(review(launch))
    concluded = final(launch)
    key = PEOPLE["luca"].public()
    attempt = current_attempt(concluded.context)
    assert attempt is not None
    signing = Signing(key, "launch-coordinator", attempt.launch_window_id, CHECKED)
    statement = checkpoint_statement(replace(concluded, of_scope=attempt.scope_hash), signing)
    build_verdict(statement)
    assert statement.passed
    assert set(said) <= set(statement.rests_on)
    assert attempt.freezes[0].record_id in statement.rests_on
    assert [r.timestamp_unix_ms for r in statement.matrix if r.id in ANSWERED_ROWS] == [SAID] * len(
        ANSWERED_ROWS
    )
    assert [s.name for s in statement.subjects][:2] == [
        "manifests/release.json",
        "manifests/genesis.json",
    ]


# ---- rows that people answer ---------------------------------------------------------------------


@pytest.mark.clause("AZ-6.2", "AZ-6.3")
@pytest.mark.parametrize("missing", ANSWERED_ROWS)
def test_unanswered_is_not_run_and_holds(missing):
    launch = frozen()
    answer_all(launch, but=(missing,))
    concluded = final(launch)
    assert row(concluded, missing).status is Status.NOT_RUN
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.HOLD, Guidance.HOLD)
    code = "advisory-unreviewed" if missing == "advisory-review" else "check-unanswered"
    assert code in {n.code for n in row(concluded, missing).notices}


@pytest.mark.clause("AZ-6.2")
@pytest.mark.parametrize(
    ("late", "status"), [(0, Status.PASS), (1, Status.NOT_RUN), (HOUR, Status.NOT_RUN)]
)
def test_an_answer_ages(late, status):
    launch = frozen()
    answer_all(launch)
    concluded = final(launch, at=SAID + HOUR + late)
    assert {row(concluded, r).status for r in ANSWERED_ROWS} == {status}
    stale = {n.code for r in concluded.rows for n in r.notices}
    assert ("check-stale" in stale) == (status is Status.NOT_RUN)


def test_the_policy_says_how_long_an_answer_counts():
    launch = frozen(checks='[checks.operator-preflight]\nmax_age = "10m"\n')
    answer_all(launch)
    assert row(final(launch), "operator-preflight").status is Status.NOT_RUN
    assert row(final(launch), "operator-readiness").status is Status.PASS


@pytest.mark.parametrize(("ahead", "status"), [(120_000, Status.PASS), (120_001, Status.NOT_RUN)])
def test_an_answer_from_the_future_does_not_count(ahead, status):
    launch = frozen()
    answer_all(launch, but=("role-readiness",))
    attest(launch, "role-readiness", at=CHECKED + ahead)
    found = row(final(launch), "role-readiness")
    assert found.status is status
    # A clock a little ahead counts as now: no row is later than its record.
    assert found.answered_unix_ms in (0, CHECKED)


def test_an_answer_from_before_the_window_does_not_count():
    launch = frozen()
    answer_all(launch, but=("role-readiness",))
    attest(launch, "role-readiness", at=NOW - 1)
    concluded = final(launch)
    assert row(concluded, "role-readiness").status is Status.NOT_RUN
    assert "before this window opened" in row(concluded, "role-readiness").detail


@pytest.mark.clause("AZ-6.2")
def test_an_answer_about_another_scope_does_not_count():
    launch = frozen()
    answer_all(launch, but=("monitoring-live",))
    attest(launch, "monitoring-live", scope="sha256:" + "7" * 64)
    found = row(final(launch), "monitoring-live")
    assert found.status is Status.NOT_RUN
    assert "approval-other-scope" in {n.code for n in found.notices}


@pytest.mark.parametrize(
    "changes",
    [
        {"by": "luca", "role": "launch-coordinator"},
        {"by": "dan", "role": "launch-coordinator"},
        {"by": "luca", "role": "ops-lead"},
    ],
    ids=["another role", "a role it lacks", "the owner's role without having it"],
)
def test_only_the_owner_answers(changes):
    launch = frozen()
    answer_all(launch, but=("monitoring-live",))
    attest(launch, "monitoring-live", **changes)
    assert row(final(launch), "monitoring-live").status is Status.NOT_RUN
    attest(launch, "monitoring-live", "fail", at=SAID + 1, **changes)
    assert row(final(launch), "monitoring-live").status is Status.NOT_RUN


def test_a_role_that_no_holder_has_is_not_run():
    launch = frozen(checks='[checks.role-readiness]\nrole = "audit-scribe"\n')
    answer_all(launch)
    found = row(final(launch), "role-readiness")
    assert (found.status, found.owner) == (Status.NOT_RUN, "audit-scribe")


@pytest.mark.clause("AZ-6.3", "AZ-28")
def test_a_fail_blocks_and_does_not_age():
    launch = frozen()
    answer_all(launch)
    attest(launch, "monitoring-live", "fail", at=SAID + 1, note="no alerts arrive")
    for at in (CHECKED, CHECKED + 30 * 24 * HOUR):
        found = row(final(launch, at), "monitoring-live")
        assert found.status is Status.FAIL
        assert [f.code for f in found.findings] == ["check-failed"]
        assert "no alerts arrive" in found.findings[0].message
    concluded = final(launch)
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.HOLD, Guidance.HOLD)


def test_the_same_holder_takes_its_fail_back_by_a_later_pass():
    launch = frozen()
    answer_all(launch, but=("monitoring-live",))
    attest(launch, "monitoring-live", "fail", at=SAID)
    attest(launch, "monitoring-live", at=SAID + MINUTE)
    assert row(final(launch), "monitoring-live").status is Status.PASS
    # An older pass that someone kept takes nothing back.
    launch = frozen()
    attest(launch, "monitoring-live", at=SAID)
    attest(launch, "monitoring-live", "fail", at=SAID)
    assert row(final(launch), "monitoring-live").status is Status.FAIL


def test_no_holder_is_outvoted():
    launch = frozen(roles={"cosmin": '"consensus-lead", "ops-lead"'})
    answer_all(launch)
    attest(launch, "monitoring-live", "fail", by="cosmin", at=SAID - MINUTE)
    attest(launch, "monitoring-live", by="dan", at=SAID + MINUTE)
    found = row(final(launch), "monitoring-live")
    assert found.status is Status.FAIL
    assert "cosmin" in found.findings[0].message
    attest(launch, "monitoring-live", by="cosmin", at=SAID + MINUTE)
    assert row(final(launch), "monitoring-live").status is Status.PASS


def test_a_pass_that_was_revoked_uncovers_the_fail_below_it():
    launch = frozen()
    answer_all(launch, but=("monitoring-live",))
    attest(launch, "monitoring-live", "fail", at=SAID)
    later = attest(launch, "monitoring-live", at=SAID + MINUTE)
    assert row(final(launch), "monitoring-live").status is Status.PASS
    launch.revoke(later, "dan")
    assert row(final(launch), "monitoring-live").status is Status.FAIL


def test_a_fail_cannot_be_revoked():
    launch = frozen()
    answer_all(launch)
    no = attest(launch, "monitoring-live", "fail", at=SAID + MINUTE)
    launch.revoke(no, "sonia")
    assert row(final(launch), "monitoring-live").status is Status.FAIL


def test_a_compromised_key_voids_its_yes_and_not_its_no():
    key = PEOPLE["dan"].public().fingerprint
    launch = frozen()
    answer_all(launch)
    launch.revoke(key, "sonia", kind="key", reason="compromised")
    assert row(final(launch), "monitoring-live").status is Status.NOT_RUN
    attest(launch, "monitoring-live", "fail")
    assert row(final(launch), "monitoring-live").status is Status.FAIL


def test_not_applicable_only_as_the_policy_names_it():
    launch = frozen(checks='[checks.operator-readiness]\nnot_applicable = "one operator"\n')
    answer_all(launch, but=("operator-readiness",))
    concluded = final(launch)
    found = row(concluded, "operator-readiness")
    assert found.status is Status.NOT_APPLICABLE
    assert "one operator" in found.detail
    assert concluded.conclusion is Conclusion.PASS


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_files_changes_nothing(seed):
    import random

    launch = frozen()
    answer_all(launch)
    attest(launch, "incident-path", "fail", at=SAID - MINUTE)
    blocker(launch, "major")
    before = final(launch)
    names = list(launch.records)
    random.Random(seed).shuffle(names)
    launch.records = {f"{n:03}.json": launch.records[name] for n, name in enumerate(names)}
    after = final(launch)
    assert (after.rows, after.conclusion) == (before.rows, before.conclusion)


# ---- the probe -----------------------------------------------------------------------------------


@pytest.mark.clause("AZ-6.2", "AZ-26.2")
@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({}, Status.PASS, ""),
        ({"status": 503}, Status.FAIL, "check-failed"),
        ({"status": 302, "matched": False}, Status.FAIL, "check-failed"),
        ({"matched": False}, Status.FAIL, "check-failed"),
        ({"matched": None}, Status.FAIL, "check-failed"),
        ({"status": None, "fault": "no answer: refused"}, Status.ERROR, "probe-unanswered"),
        ({"fault": "its answer could not be searched"}, Status.ERROR, "probe-unanswered"),
        ({"url": "https://status.example/else"}, Status.NOT_RUN, ""),
    ],
    ids=["ok", "status", "redirect", "no match", "unsearched", "refused", "fault", "another url"],
)
def test_a_probe_answers_for_the_monitoring(changes, status, code):
    launch = frozen(checks=LIVE)
    answer_all(launch, but=("monitoring-live",))
    concluded = final(launch, probe=heard(**changes))
    found = row(concluded, "monitoring-live")
    assert found.status is status
    assert [f.code for f in found.findings] == ([code] if code else [])
    if status is Status.PASS:
        assert found.evidence == ("sha256:" + "a" * 64,)
        assert concluded.conclusion is Conclusion.PASS
    if status is Status.ERROR:
        assert (concluded.conclusion, concluded.guidance) == (Conclusion.ERROR, Guidance.HOLD)
        assert concluded.recorded == "hold"


@pytest.mark.clause("AZ-6.2", "AZ-26.2")
def test_no_statement_replaces_the_probe():
    launch = frozen(checks=LIVE)
    answer_all(launch)
    assert row(final(launch), "monitoring-live").status is Status.NOT_RUN
    assert row(final(launch, probe=heard(status=500)), "monitoring-live").status is Status.FAIL


@pytest.mark.parametrize("well", [True, False])
def test_a_probe_answers_where_no_holder_has_the_role(well):
    launch = frozen(checks='[checks.monitoring-live]\nrole = "watcher"\n' + LIVE)
    answer_all(launch, but=("monitoring-live",))
    found = row(final(launch, probe=heard(matched=well)), "monitoring-live")
    assert (found.status, found.owner) == (Status.PASS if well else Status.FAIL, "probe")
    look = "look at the monitoring, then: aztrust final-check"
    assert [f.mend for f in found.findings] == ([] if well else [look])
    assert "no holder has the role" not in row(final(launch), "monitoring-live").detail


# ---- a Prometheus --------------------------------------------------------------------------------


def shown(launch: Launch, *bends: Bend, **changes: object) -> PrometheusReading:
    """What a Prometheus answers that has the rules of a launch."""
    group = alert_group(parse_policy(launch.policy), launch.anchor)
    rules, alerts = rules_answer(group, CHECKED, *bends), alerts_answer(group)
    return replace(PrometheusReading(PROMETHEUS, CHECKED, rules, alerts), **changes)


@pytest.mark.clause("AZ-6.2", "AZ-26.2", "AZ-31.3")
def test_a_prometheus_with_the_rules_of_the_policy_answers_for_the_monitoring():
    launch = frozen(checks=RULES)
    answer_all(launch, but=("monitoring-live",))
    reading = shown(launch)
    concluded = final(launch, prometheus=reading)
    found = row(concluded, "monitoring-live")
    assert (found.status, concluded.conclusion) == (Status.PASS, Conclusion.PASS)
    assert found.evidence == (sha256_id(reading.rules), sha256_id(reading.alerts))
    assert "alert rules of this policy are loaded, evaluated 2s ago" in found.detail
    # The same bytes give the same answer: a verdict can be judged again.
    assert row(final(launch, prometheus=reading), "monitoring-live") == found


@pytest.mark.clause("AZ-6.2", "AZ-26.2", "AZ-31.3")
@pytest.mark.parametrize(
    ("bends", "changes", "status", "code"),
    [
        ((without("AztrustBlind"),), {}, Status.FAIL, "check-failed"),
        ((without("AztrustBlind"), of_group(limit=1)), {}, Status.FAIL, "check-failed"),
        ((other_group("aztrust:old"),), {}, Status.FAIL, "check-failed"),
        ((), {"alerts": b'{"status":"success","data":{"alerts":[]}}'}, Status.FAIL, "check-failed"),
        ((), {"rules": b"<html>"}, Status.ERROR, "probe-unanswered"),
        ((), {"rules": b"", "alerts": b"", "fault": "refused"}, Status.ERROR, "probe-unanswered"),
        ((), {"url": "http://prometheus.example:9090/else"}, Status.NOT_RUN, ""),
    ],
    ids=["missing", "two things", "old", "no watchdog", "not one", "refused", "another address"],
)
def test_a_prometheus_that_does_not_run_exactly_them_does_not_pass(bends, changes, status, code):
    launch = frozen(checks=RULES)
    answer_all(launch)
    found = row(final(launch, prometheus=shown(launch, *bends, **changes)), "monitoring-live")
    assert found.status is status
    assert [f.code for f in found.findings] == ([code] if code else [])
    assert all(f.message.startswith(f"{PROMETHEUS}: ") and f.mend for f in found.findings)
    assert [f.message.endswith("(and 1 more)") for f in found.findings] in (
        [],
        [len(bends) > 1],
    )


def test_a_prometheus_answers_where_no_holder_has_the_role():
    launch = frozen(checks='[checks.monitoring-live]\nrole = "watcher"\n' + RULES)
    answer_all(launch, but=("monitoring-live",))
    found = row(final(launch, prometheus=shown(launch)), "monitoring-live")
    assert (found.status, found.owner) == (Status.PASS, "probe")
    assert row(final(launch), "monitoring-live").status is Status.NOT_RUN


def test_a_fail_blocks_although_the_rules_are_loaded():
    launch = frozen(checks=RULES)
    answer_all(launch, but=("monitoring-live",))
    attest(launch, "monitoring-live", "fail")
    assert row(final(launch, prometheus=shown(launch)), "monitoring-live").status is Status.FAIL


def test_a_fail_blocks_although_the_probe_is_well():
    launch = frozen(checks=LIVE)
    answer_all(launch, but=("monitoring-live",))
    attest(launch, "monitoring-live", "fail")
    assert row(final(launch, probe=heard()), "monitoring-live").status is Status.FAIL


# ---- blockers ------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-6.2", "AZ-28")
def test_an_open_critical_blocker_fails_whatever_was_answered():
    launch = frozen()
    answer_all(launch)
    opened = blocker(launch)
    concluded = final(launch)
    found = row(concluded, "blocker-review")
    assert found.status is Status.FAIL
    assert [f.subject for f in found.findings] == [opened]
    assert opened in found.evidence
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.HOLD, Guidance.HOLD)


def test_a_policy_cannot_waive_a_critical_blocker():
    launch = frozen(checks='[checks.blocker-review]\nnot_applicable = "we have none"\n')
    answer_all(launch, but=("blocker-review",))
    assert row(final(launch), "blocker-review").status is Status.NOT_APPLICABLE
    blocker(launch)
    assert row(final(launch), "blocker-review").status is Status.FAIL


@pytest.mark.parametrize(
    ("by", "closed"), [("rita", True), ("luca", True), ("dan", False), ("sonia", False)]
)
def test_who_may_close(by, closed):
    launch = frozen()
    answer_all(launch)
    opened = blocker(launch)
    closing = blocker(
        launch, by=by, action="close", blocker=opened, reason="mended", at=SAID - MINUTE
    )
    assert (not checked(launch).context.state.blockers.unclosed) == closed
    if closed:
        assert row(final(launch), "blocker-review").status is Status.PASS
        launch.revoke(closing, by)
        assert row(final(launch), "blocker-review").status is Status.FAIL


def test_an_opening_cannot_be_revoked():
    launch = frozen()
    answer_all(launch)
    launch.revoke(blocker(launch), "rita")
    assert row(final(launch), "blocker-review").status is Status.FAIL


@pytest.mark.clause("AZ-6.2")
def test_a_blocker_that_was_opened_after_the_review_was_not_in_it():
    launch = frozen()
    answer_all(launch)
    blocker(launch, "minor", at=SAID + 1)
    found = row(final(launch), "blocker-review")
    assert found.status is Status.NOT_RUN
    assert "check-stale" in {n.code for n in found.notices}
    attest(launch, "blocker-review", at=SAID + 2)
    assert row(final(launch), "blocker-review").status is Status.PASS


@pytest.mark.clause("AZ-17.2", "AZ-28")
def test_a_major_blocker_leaves_it_conditional():
    launch = frozen()
    answer_all(launch)
    opened = blocker(launch, "major")
    concluded = final(launch)
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.CONDITIONAL, Guidance.HOLD)
    assert concluded.recorded == "conditional"
    assert opened in row(concluded, "blocker-review").evidence
    attest(launch, "role-readiness", "fail", at=SAID + 1)
    assert final(launch).conclusion is Conclusion.HOLD


def test_a_minor_blocker_is_shown():
    launch = frozen()
    answer_all(launch)
    blocker(launch, "minor")
    concluded = final(launch)
    assert concluded.conclusion is Conclusion.PASS
    assert "blocker-open" in {n.code for n in row(concluded, "blocker-review").notices}


# ---- advisories ----------------------------------------------------------------------------------


@pytest.mark.clause("AZ-6.2")
@pytest.mark.parametrize("source", ["public", "private"])
def test_both_sources_are_read(source):
    launch = frozen()
    answer_all(launch, but=("advisory-review",))
    review(launch, sources=(source,))
    other = "private" if source == "public" else "public"
    found = row(final(launch), "advisory-review")
    assert found.status is Status.NOT_RUN
    assert found.detail.startswith(f"{other} advisories")
    review(launch, sources=(other,), at=SAID - MINUTE)
    found = row(final(launch), "advisory-review")
    assert found.status is Status.PASS
    assert found.answered_unix_ms == SAID - MINUTE
    assert len(found.evidence) == 2


def test_each_source_ages_by_itself():
    launch = frozen()
    answer_all(launch, but=("advisory-review",))
    review(launch, sources=("public",), at=SAID)
    review(launch, sources=("private",), at=SAID + HOUR)
    concluded = final(launch, at=SAID + HOUR + MINUTE)
    assert row(concluded, "advisory-review").detail.startswith("public advisories")


def test_a_blocking_review_blocks_until_the_same_holder_finds_that_source_clear():
    launch = frozen(roles={"cosmin": '"consensus-lead", "security-lead"'})
    answer_all(launch)
    review(launch, "blocking", sources=("private",), at=SAID + 1, note="report 14")
    found = row(final(launch), "advisory-review")
    assert found.status is Status.FAIL
    assert "report 14" in found.findings[0].message
    review(launch, by="cosmin", at=SAID + 2)
    review(launch, sources=("public",), at=SAID + 2)
    assert row(final(launch), "advisory-review").status is Status.FAIL
    review(launch, sources=("private",), at=SAID + 2)
    assert row(final(launch), "advisory-review").status is Status.PASS


def test_a_review_by_someone_else_or_of_another_scope_counts_nowhere():
    launch = frozen()
    answer_all(launch, but=("advisory-review",))
    review(launch, by="dan")
    review(launch, scope="sha256:" + "7" * 64)
    found = row(final(launch), "advisory-review")
    assert found.status is Status.NOT_RUN
    codes = {n.code for n in found.notices}
    assert {"signer-not-in-role", "approval-other-scope"} <= codes


def test_advisories_are_not_attested():
    launch = frozen()
    answer_all(launch, but=("advisory-review",))
    attest(launch, "advisory-review", by="sonia", role="security-lead")
    assert row(final(launch), "advisory-review").status is Status.NOT_RUN


# ---- rows that are computed ----------------------------------------------------------------------


def broken(what: str):
    launch = frozen()
    answer_all(launch)
    if what == "release":
        launch.release[0] = file_entry("network.toml", b"other")
    elif what == "binary":
        launch.members = {}
    elif what == "archive":
        launch.release[1] = file_entry("node.tar.gz", b"other")
    elif what == "genesis":
        launch.genesis[0] = file_entry("genesis.json", b"other")
    elif what == "linkage":
        launch.captured["release"]["network.toml"] = b'chain_id = "other"\n'
    elif what == "chain id":
        launch.captured["genesis"]["genesis.json"] = b'{"chain_id":"other"}'
    return launch


@pytest.mark.clause("AZ-6.2", "AZ-23.1", "AZ-29.1")
@pytest.mark.parametrize(
    ("what", "rows"),
    [
        ("release", {"release-integrity"}),
        ("binary", {"binary-integrity"}),
        ("archive", {"release-integrity", "binary-integrity"}),
        ("genesis", {"genesis-integrity"}),
        ("linkage", {"package-compatibility"}),
        ("chain id", {"chain-id", "genesis-integrity", "package-compatibility"}),
    ],
)
def test_broken_truth_is_an_abort_in_its_row(what, rows):
    concluded = final(broken(what))
    assert {r.id for r in concluded.rows if r.status is Status.FAIL} == rows
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.FAIL, Guidance.ABORT)
    assert invalidating(concluded.verdict)
    assert concluded.findings


@pytest.mark.clause("AZ-28", "AZ-29.1")
def test_broken_truth_overrides_everything():
    launch = broken("release")
    blocker(launch)
    attest(launch, "monitoring-live", "fail", at=SAID + 1)
    concluded = final(launch, at=CHECKED + 24 * HOUR)
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.FAIL, Guidance.ABORT)


@pytest.mark.clause("AZ-40")
@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("unreadable", "network.toml"),
        ("changed-while-reading", "network.toml"),
        ("special-file", "stray.fifo"),
        ("path-collision", "network.toml"),
        ("path-unsafe", "stray"),
        ("mode-changed", "stray"),
        ("mount-crossing", "stray"),
    ],
)
def test_what_is_open_or_stray_never_invalidates(code, path):
    launch = frozen()
    answer_all(launch)
    evidence = launch.evidence()
    entries = tuple(launch.release)
    if code in ("unreadable", "changed-while-reading"):
        entries = tuple(e for e in entries if e.path != path)
    tree = Tree(entries, (Fault(code, path, "as it happens"),))
    packages = {
        **evidence.packages,
        "release": replace(evidence.packages["release"], tree=tree),
    }
    launch.evidence = lambda: replace(evidence, packages=packages)  # type: ignore[method-assign]
    concluded = final(launch)
    assert concluded.conclusion is Conclusion.FAIL
    assert concluded.guidance is Guidance.HOLD
    assert invalidating(concluded.verdict) == ()


def test_a_stray_file_never_invalidates():
    launch = frozen()
    answer_all(launch)
    launch.release.insert(0, file_entry("aaa", b"stray"))
    concluded = final(launch)
    assert row(concluded, "release-integrity").status is Status.FAIL
    assert row(concluded, "binary-integrity").status is Status.PASS
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.FAIL, Guidance.HOLD)
    assert invalidating(concluded.verdict) == ()


def test_only_what_is_broken_is_named_as_broken():
    launch = broken("release")
    launch.release.insert(0, file_entry("aaa", b"stray"))
    named = {f.subject for f in invalidating(final(launch).verdict)}
    assert "release:network.toml" in named
    assert "release:aaa" not in named


def test_what_is_below_a_directory_that_cannot_be_read_is_not_missing_for_certain():
    launch = frozen()
    answer_all(launch)
    evidence = launch.evidence()
    tree = Tree((), (Fault("unreadable", ".", "it cannot be listed"),))
    packages = {
        **evidence.packages,
        "release": replace(evidence.packages["release"], tree=tree, captured={}, members={}),
    }
    launch.evidence = lambda: replace(evidence, packages=packages)  # type: ignore[method-assign]
    concluded = final(launch)
    assert concluded.guidance is Guidance.HOLD
    assert invalidating(concluded.verdict) == ()


@pytest.mark.clause("AZ-25.1")
def test_a_package_sealed_anew_is_drift_of_the_frozen_scope():
    launch = frozen()
    scope = scope_of(launch)
    answer_all(launch)
    launch.release[0] = file_entry("network.toml", NETWORK + b"\n")
    launch.captured["release"]["network.toml"] = NETWORK + b"\n"
    launch.seal("release", "rita")
    concluded = final(launch)
    attempt = current_attempt(concluded.context)
    assert attempt is not None
    assert attempt.scope_hash == scope != scope_of(launch)
    assert row(concluded, "release-integrity").status is Status.FAIL
    assert concluded.guidance is Guidance.ABORT
    assert "manifests/release.json" in {f.subject for f in invalidating(concluded.verdict)}


def test_lost_authority_blocks_and_invalidates_nothing():
    launch = frozen()
    answer_all(launch)
    launch.revoke(PEOPLE["rita"].public().fingerprint, "sonia", kind="key", reason="compromised")
    concluded = final(launch)
    assert row(concluded, "release-integrity").status is Status.FAIL
    assert concluded.conclusion is Conclusion.FAIL
    assert concluded.guidance is not Guidance.ABORT
    assert invalidating(concluded.verdict) == ()


@pytest.mark.clause("AZ-23.1")
def test_every_check_lands_in_a_row():
    launch = frozen()
    answer_all(launch)
    verdict = checked(launch)
    asked = {r.id for r in verdict.results} - set(ANSWERED_ROWS)
    assert {c.id for c in CHECKS if not c.per_package} <= asked
    for name in sorted(asked):
        bad = tuple(replace(r, status=Status.FAIL) if r.id == name else r for r in verdict.results)
        rows = final_rows(replace(verdict, results=bad))
        assert [r.id for r in rows if r.status is Status.FAIL], name


def test_a_check_of_tomorrow_lands_in_a_row_too():
    launch = frozen()
    answer_all(launch)
    verdict = checked(launch)
    finding = Finding("new-code", "x", "new")
    new = CheckResult("tomorrow", CheckClass.TRUTH, Status.FAIL, (finding,))
    rows = final_rows(replace(verdict, results=(*verdict.results, new)))
    assert [r.id for r in rows if r.status is Status.FAIL] == ["package-compatibility"]


def test_a_release_that_installs_nothing_has_no_binaries_to_confirm():
    launch = frozen()
    answer_all(launch)
    verdict = checked(launch)
    manifest = verdict.context.manifests["release"]
    bare = {**verdict.context.manifests, "release": manifest.model_copy(update={"artifacts": ()})}
    verdict = replace(verdict, context=replace(verdict.context, manifests=bare))
    rows = {r.id: r for r in final_rows(verdict)}
    assert rows["binary-integrity"].status is Status.NOT_RUN


def test_without_any_results_nothing_passes():
    launch = frozen()
    verdict = replace(checked(launch), results=())
    assert {r.status for r in final_rows(verdict)} == {Status.NOT_RUN}


# ---- conclusion and guidance ---------------------------------------------------------------------


@pytest.mark.clause("AZ-28", "AZ-18.3")
@pytest.mark.parametrize(
    ("at", "guidance"),
    [(CHECKED - 1, Guidance.HOLD), (CHECKED, Guidance.DEFER), (CHECKED + 1, Guidance.DEFER)],
)
def test_readiness_short_is_a_hold_until_the_boundary_then_a_defer(at, guidance):
    launch = frozen(decide_by=CHECKED)
    answer_all(launch, but=("operator-readiness",))
    concluded = final(launch, at=at)
    assert (concluded.conclusion, concluded.guidance) == (Conclusion.HOLD, guidance)


@pytest.mark.clause("AZ-28")
def test_the_boundary_changes_no_pass_and_no_abort():
    launch = frozen(decide_by=CHECKED)
    answer_all(launch)
    assert final(launch).guidance is Guidance.CONTINUE
    launch.release[0] = file_entry("network.toml", b"other")
    assert final(launch).guidance is Guidance.ABORT


@pytest.mark.clause("AZ-28")
def test_the_precedence_of_conclusions():
    """Every combination of: broken, an error, a hold, a major blocker."""
    for wrong, unheard, short, major in itertools.product((False, True), repeat=4):
        launch = frozen(checks=LIVE)
        answer_all(launch, but=("monitoring-live", *(("role-readiness",) if short else ())))
        if wrong:
            launch.release[0] = file_entry("network.toml", b"other")
        if major:
            blocker(launch, "major")
        probe = heard(status=None, fault="no answer") if unheard else heard()
        concluded = final(launch, probe=probe)
        wanted = (
            Conclusion.FAIL
            if wrong
            else Conclusion.ERROR
            if unheard
            else Conclusion.HOLD
            if short
            else Conclusion.CONDITIONAL
            if major
            else Conclusion.PASS
        )
        assert concluded.conclusion is wanted
        assert (concluded.guidance is Guidance.CONTINUE) == (wanted is Conclusion.PASS)
        assert (concluded.guidance is Guidance.ABORT) == wrong


# ---- attempts ------------------------------------------------------------------------------------


def test_without_a_freeze_there_is_no_attempt():
    launch = frozen()
    assert len(checked(launch).context.state.frozen_attempts) == 1
    launch.verdicts.clear()
    assert checked(launch).context.state.frozen_attempts == ()
    answer_all(launch)
    assert row_statuses(launch) == {Status.NOT_RUN}


def row_statuses(launch):
    return {r.status for r in checked(launch).results if r.id in ANSWERED_ROWS}


def test_of_two_who_must_freeze_one_is_not_enough():
    launch = Launch.approved(verdicts=TWO)
    window = launch.window()
    launch.verdict(launch_window_id=window)
    assert checked(launch).context.state.frozen_attempts == ()
    launch.verdict("sonia", launch_window_id=window)
    assert len(checked(launch).context.state.frozen_attempts) == 1


def test_an_attempt_begins_with_its_own_window():
    """DEFER, and the same scope again: what was answered before is answered anew."""
    launch = frozen()
    answer_all(launch)
    first = current_attempt(checked(launch).context)
    assert first is not None
    launch.record(
        "launch-defer",
        "luca",
        deferred_at_unix_ms=SAID + 1,
        launch_window_id=first.launch_window_id,
        reason="not ready",
        scope_hash=first.scope_hash,
    )
    assert current_attempt(checked(launch).context) is None
    second = launch.window(at=SAID + MINUTE)
    launch.verdict(at=SAID + MINUTE, launch_window_id=second)
    concluded = final(launch)
    assert {row(concluded, r).status for r in ANSWERED_ROWS} == {Status.NOT_RUN}
    answer_all(launch, at=SAID + 2 * MINUTE)
    assert final(launch).conclusion is Conclusion.PASS


def test_a_pass_of_everyone_who_must_sign():
    launch = frozen()
    context = checked(launch).context
    attempt = current_attempt(context)
    assert attempt is not None
    key = signer("luca").public
    assert final_signatures(context, attempt).met is False
    assert final_signatures(context, attempt, ("luca", key)).met is True
    assert final_signatures(context, attempt, ("luca", None)).met is False


def test_machine_rows_and_answered_rows_are_all_rows():
    assert set(MACHINE_ROWS) | set(ANSWERED_ROWS) == set(ROWS)
    assert len(ROWS) == 12


@pytest.mark.clause("AZ-6.2", "AZ-23.1")
def test_the_page_has_every_row_with_its_owner_and_maps_both_lists():
    page = (REPOSITORY / "docs/final-checks.md").read_text("utf-8")
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("| `") and line.count("|") == 6
    ]
    owners = dict.fromkeys(MACHINE_ROWS, "computed") | dict(ANSWERED_ROWS)
    assert {row[0].strip("`"): row[1] for row in cells} == owners
    assert [row[0].strip("`") for row in cells] == list(ROWS)
    # AZ-23.1 has ten rows and AZ-6.2 ten checks; each is in the table once.
    for column in (2, 3):
        named = [row[column] for row in cells if row[column]]
        assert len(named) == len(set(named)) == 10
