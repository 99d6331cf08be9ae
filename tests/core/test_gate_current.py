"""What overtakes a final check that passed: later negative answers, and nothing else (AZ-6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.checks.gate import concluded
from aztrust.core.checks.gate.current import CHECK
from aztrust.core.checks.launch import freeze
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.judge.verify import verify
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import GateInput, GateReading, GateRequirements
from tests.final_check_builders import (
    CHECKED,
    MINUTE,
    attest,
    blocker,
    checked,
    frozen,
    review,
    scope_of,
)
from tests.memory_launch import Launch, signer
from tests.verdicts import ONE, TWO

FINAL = "final_checks_completed"
LATER = CHECKED + MINUTE


def overtaken(launch: Launch, passed: str) -> list[str]:
    """The records that overtake the final check, as the gate says."""
    data = list(launch.verdicts.values())[-1]
    reading = GateReading(
        GateRequirements(FINAL, offline=True), (GateInput("v", data),), has_launch=True
    )
    request = Request(LATER + MINUTE, anchor=launch.anchor, anchor_source="given")
    verdict = verify(replace(launch.evidence(), gate=reading), request, None, (CHECK,))
    (held,) = (opened.held for opened in verdict.context.given)
    assert held is not None
    assert held.record_id == passed
    (result,) = (r for r in verdict.results if r.id == CHECK.id)
    assert {finding.code for finding in result.findings} <= {"verdict-overtaken"}
    return [finding.actual for finding in result.findings]


@pytest.fixture
def launch() -> Launch:
    return frozen()


def final(launch: Launch, by: str = "luca", **changes: Any) -> str:
    """A final check that passed, in the window that is frozen; its id."""
    context = launch.verify().context
    (attempt,) = context.state.frozen_attempts
    changes = {"launch_window_id": attempt.launch_window_id, **changes}
    return launch.verdict(by, at=CHECKED, checkpoint_class=FINAL, **changes)


def anomaly(launch: Launch, at: int) -> str:
    return launch.record(
        "launch-anomaly",
        "dan",
        anomaly_class="telemetry-blindness-anomaly",
        detail="no metrics",
        guidance="HOLD",
        observed_at_unix_ms=at,
        scope_hash=scope_of(launch),
    )


def test_later_negative_answers_overtake_it(launch):
    passed = final(launch)
    assert overtaken(launch, passed) == []
    noes = [
        attest(launch, "incident-path", "fail", at=LATER),
        review(launch, "blocking", at=LATER),
        blocker(launch, at=LATER),
    ]
    assert sorted(overtaken(launch, passed)) == sorted(noes)


def test_an_answer_that_is_not_negative_does_not(launch):
    """An anomaly is negative and answers no row; the others are not negative, answered before, of
    another scope, or minor.
    """
    passed = final(launch)
    attest(launch, "incident-path", at=LATER)
    review(launch, at=LATER)
    blocker(launch, "minor", at=LATER)
    anomaly(launch, LATER)
    attest(launch, "operator-readiness", "fail", at=CHECKED - 2 * MINUTE)
    attest(launch, "operator-readiness", at=CHECKED - MINUTE)
    attest(launch, "role-readiness", "fail", at=LATER, scope="sha256:" + "9" * 64)
    assert overtaken(launch, passed) == []


def test_an_open_objection_counts_whatever_time_it_claims(launch):
    passed = final(launch)
    before = CHECKED - MINUTE
    noes = [
        attest(launch, "incident-path", "fail", at=before),
        review(launch, "blocking", at=before),
        blocker(launch, at=before),
    ]
    assert sorted(overtaken(launch, passed)) == sorted(noes)
    attest(launch, "incident-path", at=before + 1)
    review(launch, at=before + 1)
    assert overtaken(launch, passed) == [noes[2]]


def test_an_objection_to_one_source_is_taken_back_for_that_source_only(launch):
    passed = final(launch)
    no = review(launch, "blocking", at=CHECKED - 2 * MINUTE)
    review(launch, at=CHECKED - MINUTE, sources=("public",))
    assert overtaken(launch, passed) == [no]
    review(launch, at=CHECKED - MINUTE, sources=("private",))
    assert overtaken(launch, passed) == []


def test_an_earlier_fail_by_another_role_objects_to_nothing(launch):
    passed = final(launch)
    attest(launch, "incident-path", "fail", by="luca", at=CHECKED - MINUTE)
    assert overtaken(launch, passed) == []


def test_a_pass_whose_key_was_revoked_uncovers_the_fail_before_it(launch):
    passed = final(launch)
    no = attest(launch, "incident-path", "fail", at=CHECKED - 3 * MINUTE)
    attest(launch, "incident-path", at=CHECKED - 2 * MINUTE)
    assert overtaken(launch, passed) == []
    launch.revoke(signer("dan").public.fingerprint, "sonia", kind="key", reason="compromised")
    assert overtaken(launch, passed) == [no]


# ---- in force ------------------------------------------------------------------------------------


def asked(
    launch: Launch, *given: str, wanted: str = FINAL, allow_conditional: bool = False
) -> list[str]:
    """The codes of the gate's checks about these verdicts, which are not in the launch's folder."""
    names = {record: name for name, record in ids(launch).items()}
    data = [launch.verdicts.pop(names[record]) for record in given]
    wish = GateRequirements(wanted, offline=True, allow_conditional=allow_conditional)
    inputs = tuple(GateInput(f"v{number}", each) for number, each in enumerate(data))
    reading = GateReading(wish, inputs, has_launch=True)
    request = Request(LATER + MINUTE, anchor=launch.anchor, anchor_source="given")
    evidence = replace(launch.evidence(), gate=reading)
    verdict = verify(evidence, request, None, (CHECK, concluded.CHECK, freeze.CHECK))
    assert [opened.problem for opened in verdict.context.given] == [None] * len(given)
    return [finding.code for result in verdict.results for finding in result.findings]


def ids(launch: Launch) -> dict[str, str]:
    return {
        name: sha256_id(parse_envelope(data, name=name).payload)
        for name, data in launch.verdicts.items()
    }


CONDITIONAL = {"verdict": "conditional"}


def test_a_handed_over_verdict_by_a_revoked_key_is_not_in_force(launch):
    assert asked(launch, final(launch)) == []
    passed = final(launch)
    launch.revoke(signer("luca").public.fingerprint, "sonia", kind="key", reason="compromised")
    assert "verdict-revoked" in asked(launch, passed)


def test_where_the_launch_has_no_verdict_of_its_own_the_handed_over_one_is_asked():
    launch = Launch.approved(verdicts=ONE)
    frozen_by = launch.verdict()
    launch.revoke(frozen_by, "dan")
    kept = launch.verdicts.copy()
    assert asked(launch, frozen_by, wanted="freeze_confirmed") == []
    launch.verdicts.update(kept)
    launch.revoke(frozen_by, "sonia")
    codes = asked(launch, frozen_by, wanted="freeze_confirmed")
    assert codes == ["verdict-revoked"]


def test_a_handed_over_verdict_whose_own_record_was_revoked_is_not_in_force(launch):
    launch.revoke("sha256:" + "7" * 64, "sonia")
    passed = final(launch)
    launch.revoke(passed, "dan")
    assert asked(launch, passed) == []
    passed = final(launch)
    launch.revoke(passed, "sonia")
    assert asked(launch, passed) == ["verdict-revoked"]


@pytest.mark.parametrize("target", ["key", "record"])
def test_a_conditional_verdict_is_revoked_like_a_pass(launch, target):
    given = final(launch, **CONDITIONAL)
    before = launch.verdicts.copy()
    assert asked(launch, given, allow_conditional=True) == []
    launch.verdicts.update(before)
    named = given if target == "record" else signer("luca").public.fingerprint
    launch.revoke(named, "sonia", kind=target, reason="compromised")
    assert "verdict-revoked" in asked(launch, given, allow_conditional=True)


def test_a_key_that_is_retired_keeps_the_conditional_verdict_that_its_revocation_names(launch):
    given = final(launch, **CONDITIONAL)
    frozen_by = next(record for record in ids(launch).values() if record != given)
    key = signer("luca").public.fingerprint
    launch.revoke(key, "sonia", kind="key", reason="retired", stands=sorted((given, frozen_by)))
    assert asked(launch, given, allow_conditional=True) == []


def test_a_final_check_of_another_window_rests_on_no_freeze(launch):
    assert asked(launch, final(launch)) == []
    codes = asked(launch, final(launch, launch_window_id="sha256:" + "8" * 64))
    assert codes == ["freeze-missing"]


def test_a_final_check_where_nothing_was_frozen_rests_on_no_freeze():
    launch = Launch.approved(verdicts=ONE)
    passed = launch.verdict(at=CHECKED, checkpoint_class=FINAL)
    assert asked(launch, passed) == ["freeze-missing"]


def test_two_verdicts_on_two_windows_do_not_agree():
    launch = Launch.approved(verdicts=TWO)
    for by in ("luca", "sonia"):
        launch.verdict(by)
    both = [launch.verdict(by, at=CHECKED, checkpoint_class=FINAL) for by in ("luca", "sonia")]
    assert asked(launch, *both) == []
    one = launch.verdict("luca", at=CHECKED, checkpoint_class=FINAL)
    window = "sha256:" + "8" * 64
    other = launch.verdict("sonia", at=CHECKED, checkpoint_class=FINAL, launch_window_id=window)
    assert "verdicts-disagree" in asked(launch, one, other)


# ---- times that no calendar reaches --------------------------------------------------------------

LAST = 2**53 - 1


def test_a_record_dated_beyond_every_calendar_objects_like_any_other(launch):
    passed = final(launch)
    noes = [
        attest(launch, "incident-path", "fail", at=LAST),
        review(launch, "blocking", at=LAST),
        blocker(launch, at=LAST),
    ]
    assert sorted(overtaken(launch, passed)) == sorted(noes)
    results = {r.id: r for r in checked(launch, LATER).results}
    for row in ("incident-path", "advisory-review", "blocker-review"):
        assert any(f"{LAST} ms after 1970" in f.message for f in results[row].findings), row
