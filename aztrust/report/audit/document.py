"""From what an audit found to its document: the conclusion, the exit code, each decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aztrust.core.base.findings import Conclusion, Status, conclude
from aztrust.core.base.text import cut
from aztrust.core.base.version import __version__
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.audit.acts import Act
from aztrust.core.judge.audit.audited import Audited
from aztrust.core.judge.audit.decisions import Decision, Named
from aztrust.core.judge.audit.timeline import Event
from aztrust.core.judge.verify import (
    EXIT_ERROR,
    EXIT_FAIL,
    EXIT_PARTIAL,
    EXIT_PASS,
    EXIT_UNPINNED,
)
from aztrust.core.state.context import require_policy
from aztrust.report.audit.model import (
    AuditAct,
    AuditCheck,
    AuditDecision,
    AuditDifference,
    AuditEvent,
    AuditFinding,
    AuditLedger,
    AuditNamed,
    AuditReport,
    DecisionStatus,
)
from aztrust.report.audit.model import Conclusion as Word
from aztrust.report.escape import visible

_DIFFERENCES = 50
_VALUE = 4000
_NO_EFFECT = ("none", "waiting", "revoked")
_OF_THE_ANCHOR = "anchor"
NO_POLICY = "its policy is not here: no file of manifests/policies has this digest"


def audit_document(audited: Audited, *, command: str, events: bool = False) -> AuditReport:
    """The document.

    Args:
        audited: what was found.
        command: the command's name.
        events: whether every record is in it, or only those without effect.
    """
    policy = require_policy(audited.whole)
    made = [_decision(audited, decision) for decision in audited.decisions]
    made += [_foreign(audited, verdict) for verdict in audited.foreign]
    word, exit_code, summary = _conclusion(audited, made)
    every = [_event(event) for event in audited.events]
    return AuditReport(
        schema_="aztrust/audit",
        version_major=1,
        version_minor=0,
        command=command,
        aztrust_version=__version__,
        name=visible(audited.name),
        launch=visible(policy.launch.name),
        chain_id=visible(policy.launch.chain_id),
        network_class=policy.launch.network_class,
        policy_digest=audited.whole.policy_digest,
        anchor="given" if audited.ledger.context.request.anchor else "unpinned",
        at_unix_ms=audited.at_unix_ms,
        verdict=word,
        exit_code=exit_code,
        summary=visible(summary),
        ledger=_ledger(audited),
        checks=tuple(_checks(audited)),
        decisions=tuple(made),
        acts=tuple(map(_act, audited.acts)),
        without_effect=tuple(event for event in every if event.effect in _NO_EFFECT),
        events=tuple(every) if events else None,
    )


def _conclusion(audited: Audited, made: list[AuditDecision]) -> tuple[Word, int, str]:
    """The worst of all: what differs, then what is wrong with the launch, then what is open."""
    first = next((d for d in made if d.status == "differs"), None)
    counted = Counter(decision.status for decision in made)
    done = f"{counted['recomputed']} of {len(made)} verdicts recompute"
    if first is not None:
        differ = f"{first.checkpoint_class} by {first.holder} does not recompute"
        return "fail", EXIT_FAIL, f"{differ}: {first.record_id}"
    asked = [r for r in audited.checks if r.id != _OF_THE_ANCHOR or r.status is not Status.NOT_RUN]
    conclusion, _ = conclude(asked)
    wrong = next((f for r in asked for f in r.findings), None)
    why = f"; {wrong.message}" if wrong is not None else ""
    if conclusion is Conclusion.FAIL:
        return "fail", EXIT_FAIL, f"{done}{why}"
    if conclusion is Conclusion.ERROR:
        return "error", EXIT_ERROR, f"{done}{why}"
    if not made:
        return "partial", EXIT_PARTIAL, "no verdict was signed here"
    if counted["recomputed"] < len(made) or conclusion is not Conclusion.PASS:
        unseen = ", ".join(r.id for r in asked if r.status is Status.NOT_RUN)
        return "partial", EXIT_PARTIAL, f"{done}; open: {unseen}" if unseen else done
    if not audited.ledger.context.request.anchor:
        return "unpinned", EXIT_UNPINNED, done
    return "pass", EXIT_PASS, done


def _checks(audited: Audited) -> Iterable[AuditCheck]:
    for result in audited.checks:
        yield AuditCheck(
            id=result.id,
            status=result.status.value,
            detail=visible(result.detail) or None,
            findings=tuple(
                AuditFinding(
                    code=finding.code,
                    subject=visible(finding.subject),
                    message=visible(finding.message),
                    mend=visible(finding.mend) or None,
                )
                for finding in result.findings
            ),
        )


def _ledger(audited: Audited) -> AuditLedger | None:
    reading = audited.whole.evidence.ledger
    if reading is None or reading.ignored:
        return None
    return AuditLedger(
        origin=visible(reading.origin),
        keeper=reading.keeper,
        entries=reading.size,
        root=reading.root,
        closed=reading.closed,
        holds=reading.holds,
    )


def _decision(audited: Audited, decision: Decision) -> AuditDecision:
    outcome = decision.outcome
    status: DecisionStatus = "not-reached" if outcome is None else outcome.status
    different = () if outcome is None else outcome.different[:_DIFFERENCES]
    return _of_verdict(
        audited,
        decision.verdict,
        decision,
        status,
        () if outcome is None else outcome.reasons,
        tuple(
            AuditDifference(
                pointer=visible(each.pointer),
                signed=visible(cut(each.signed, _VALUE)) or None,
                recomputed=visible(cut(each.recomputed, _VALUE)) or None,
            )
            for each in different
        ),
    )


def _foreign(audited: Audited, verdict: HeldVerdict) -> AuditDecision:
    place = audited.whole.order.get(verdict.record_id)
    decision = Decision(verdict, place, None, (), (), in_force=False)
    return _of_verdict(audited, verdict, decision, "not-recomputed", (NO_POLICY,), ())


def _of_verdict(
    audited: Audited,
    verdict: HeldVerdict,
    decision: Decision,
    status: DecisionStatus,
    reasons: tuple[str, ...],
    different: tuple[AuditDifference, ...],
) -> AuditDecision:
    statement, checkpoint = verdict.statement, verdict.statement.checkpoint
    head = statement.ledger
    return AuditDecision(
        record_id=verdict.record_id,
        checkpoint_class=checkpoint.checkpoint_class,
        verdict=checkpoint.verdict,
        guidance=visible(statement.guidance),
        holder=visible(verdict.holder),
        key=verdict.key.fingerprint,
        entry=decision.place,
        at_unix_ms=checkpoint.timestamp_unix_ms,
        scope_hash=statement.scope_hash,
        launch_window_id=verdict.launch_window_id,
        policy_digest=statement.policy_digest,
        version={visible(k): visible(v) for k, v in sorted(statement.versions.items())},
        entries=None if head is None else head.size,
        root=None if head is None else head.root,
        known=_known(audited, None if head is None else head.size),
        status=status,
        reasons=tuple(map(visible, reasons)),
        differences=different,
        rests_on=tuple(map(_named, decision.rests_on)),
        later=tuple(map(_named, decision.later)),
        in_force=decision.in_force,
        waiting=decision.waiting,
    )


def _known(audited: Audited, size: int | None) -> dict[str, int]:
    reading = audited.whole.evidence.ledger
    if reading is None or size is None:
        return {}
    counted = Counter(entry.record.kind for entry in reading.entries[:size])
    return {visible(kind): counted[kind] for kind in sorted(counted)}


def _named(named: Named) -> AuditNamed:
    return AuditNamed(
        record_id=named.record_id,
        kind=visible(named.kind) or None,
        holder=visible(named.holder) or None,
        statement=visible(named.text) or None,
        entry=named.place,
        at_unix_ms=named.at_unix_ms or None,
        why=visible(named.why) or None,
    )


def _act(act: Act) -> AuditAct:
    return AuditAct(
        record_id=act.record_id,
        kind=visible(act.kind),
        statement=visible(act.says),
        text=visible(act.text) or None,
        holders=tuple(map(visible, act.holders)),
        entry=act.place,
        at_unix_ms=act.at_unix_ms,
        status=act.status,
        rests_on=tuple(map(_named, act.rests_on)),
    )


def _event(event: Event) -> AuditEvent:
    return AuditEvent(
        entry=event.place,
        at_unix_ms=event.at_unix_ms,
        record_id=event.record_id,
        kind=visible(event.kind),
        who=tuple(map(visible, event.who)),
        statement=visible(event.says),
        text=visible(event.text) or None,
        effect=event.effect or None,
        why=tuple(map(visible, event.why)),
        status=event.status or None,
    )
