"""What overtakes a final check that passed: later negative answers, and nothing else (AZ-6.2)."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.checks.gate.current import CHECK
from aztrust.core.judge.verify import verify
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import GateInput, GateReading, GateRequirements
from tests.final_check_builders import CHECKED, MINUTE, attest, blocker, frozen, review, scope_of
from tests.memory_launch import Launch

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
    passed = launch.verdict(at=CHECKED, checkpoint_class=FINAL)
    assert overtaken(launch, passed) == []
    noes = [
        attest(launch, "incident-path", "fail", at=LATER),
        review(launch, "blocking", at=LATER),
        blocker(launch, at=LATER),
    ]
    assert sorted(overtaken(launch, passed)) == sorted(noes)


def test_an_answer_that_is_not_negative_does_not(launch):
    """An anomaly is negative and answers no row; the others are not negative, earlier, or minor."""
    passed = launch.verdict(at=CHECKED, checkpoint_class=FINAL)
    attest(launch, "incident-path", at=LATER)
    review(launch, at=LATER)
    blocker(launch, "minor", at=LATER)
    anomaly(launch, LATER)
    attest(launch, "operator-readiness", "fail", at=CHECKED - MINUTE)
    attest(launch, "role-readiness", "fail", at=LATER, scope="sha256:" + "9" * 64)
    assert overtaken(launch, passed) == []
