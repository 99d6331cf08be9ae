"""The abort triggers of AZ-29.1 that are open in a launch window, from what was signed.

An open trigger leaves only a defer or an abort. Anomalies, critical blockers and a scope that a
final check ended are conditions of the transition table; what people object to in addition, such
as a host that is no longer ready or a vulnerability, is found here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.base.value import frozen
from aztrust.core.judge.abort_triggers import OF_CODE, OF_ROW
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.records.observation import LaunchAnomaly
from aztrust.core.records.readiness import AdvisoryReview, CheckAttestation
from aztrust.core.records.window import AbortTrigger
from aztrust.core.state.context import Context
from aztrust.core.state.objections import open_objections
from aztrust.core.state.window.state import Signed, WindowState

ROW: Final = "no-open-trigger"

_OF_ANOMALY: Final[Mapping[AnomalyClass, AbortTrigger]] = {
    "artifact-mismatch": "binary-hash-mismatch",
    "genesis-mismatch": "genesis-hash-mismatch",
    "preflight-mismatch": "readiness-collapse",
    "role-readiness-gap": "readiness-collapse",
    "deterministic-replay-anomaly": "deterministic-divergence",
    "contradictory-notarization-anomaly": "deterministic-divergence",
    "telemetry-blindness-anomaly": "monitoring-unavailable",
}


@frozen
class OpenTrigger:
    """One trigger that is open.

    Args:
        trigger: which of AZ-29.1.
        what: what it was found by, for a person.
        record_id: the record or verdict that shows it.
        in_table: whether the transition table has a condition for it.
        mend: what takes it back, "" where its holder answers again.
    """

    trigger: AbortTrigger
    what: str
    record_id: str
    in_table: bool = True
    mend: str = ""


def open_triggers(context: Context, state: WindowState) -> tuple[OpenTrigger, ...]:
    """Every one that is open in a window, those of the table first.

    Args:
        context: the launch.
        state: of its window.
    """
    return (*_of_table(state), *_of_objections(context, state), *_of_observations(state))


def _of_table(state: WindowState) -> Iterator[OpenTrigger]:
    if "scope-invalidated" in state.facts:
        last = [s for s in state.steps if "scope-invalidated" in s.row.sets][-1].source.first
        yield _of_broken(last)
    yield from map(_of_broken, state.broken)
    for anomaly in state.anomalies:
        body = anomaly.body
        if isinstance(body, LaunchAnomaly):
            yield OpenTrigger(
                _OF_ANOMALY.get(body.anomaly_class, "other"),
                f"the {body.anomaly_class} of {anomaly.holder}",
                anomaly.record_id,
            )
    for blocker in state.blockers:
        yield OpenTrigger("other", f"the critical blocker of {blocker.holder}", blocker.record_id)


def _of_broken(check: Signed) -> OpenTrigger:
    """The trigger of a final check that found broken truth."""
    findings = getattr(getattr(check, "statement", None), "findings", ())
    first = findings[0] if findings else None
    code, subject = (first.code, first.subject) if first is not None else ("", "")
    known = "genesis-hash-mismatch" if subject.startswith("genesis") else "binary-hash-mismatch"
    trigger: AbortTrigger = OF_CODE.get(code, known)  # type: ignore[arg-type]
    return OpenTrigger(trigger, f"the final check of {check.holder}: {code}", check.record_id)


def _of_objections(context: Context, state: WindowState) -> Iterator[OpenTrigger]:
    """Answers and reviews that object, of the scope, until their holders take them back."""
    for record in open_objections(context, state.scope_hash):
        body = record.body
        if isinstance(body, CheckAttestation):
            trigger, what = OF_ROW.get(body.check, "other"), f"{body.check} = fail"
        elif isinstance(body, AdvisoryReview):
            trigger, what = "vulnerability-disclosed", "a review of advisories blocks"
        else:
            # A critical blocker: the table has a condition for it.
            continue
        yield OpenTrigger(trigger, f"{what}, by {record.holder}", record.record_id, in_table=False)


def _of_observations(state: WindowState) -> Iterator[OpenTrigger]:
    """An observation that objects, until a later one without an objection is in effect."""
    last = [s for s in state.steps if s.row.trigger in ("observe", "observe-objection")][-1:]
    for step in last:
        if step.row.trigger == "observe-objection" and state.is_running:
            record = step.source.first
            what = (
                f"the observation of {record.holder} objects, and no launch observation without an"
                " objection is recorded since"
            )
            mend = "aztrust window observe --epochs EPOCHS --evidence FILE"
            yield OpenTrigger("other", what, record.record_id, in_table=False, mend=mend)


def trigger_findings(context: Context, state: WindowState) -> tuple[Finding, ...]:
    """What is open that the transition table does not look at, as conditions that are not met."""
    return tuple(
        Finding(
            "precondition-unmet",
            ROW,
            f"{open_.trigger} is open: {open_.what}; "
            + ("nothing leads on" if state.has_started else "only a defer or an abort is left")
            + " (AZ-29.1)",
            expected="no open trigger",
            actual=open_.trigger,
            mend=open_.mend or _again(state),
        )
        for open_ in open_triggers(context, state)
        if not open_.in_table
    )


def _again(state: WindowState) -> str:
    again = "its holder answers again once it is so"
    return again if state.has_started else f"{again}; or: aztrust window defer --reason T"


def trigger_row(context: Context, state: WindowState) -> CheckResult:
    """The same as a row of a checkpoint."""
    findings = trigger_findings(context, state)
    if not findings:
        return CheckResult(ROW, CheckClass.READINESS, Status.PASS)
    return CheckResult(ROW, CheckClass.READINESS, Status.FAIL, findings, detail=findings[0].message)
