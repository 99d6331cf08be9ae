"""Did the operators run preflight lately, and did it say READY?

Where operators are enrolled and the policy has a threshold, this is computed from their
confirmations, each of which is a preflight of a host, signed: a confirmation counts for
`[readiness] max_age`. Hosts that report the same wrong file are one finding, which stays until a
person raises the abort trigger of AZ-29.1, or a holder of the row's role looks into it and answers
`aztrust attest operator-preflight pass`, or those hosts are ready.

Elsewhere it is an answer by the ops lead, who asked them: `aztrust attest operator-preflight pass
--role R`. A preflight of yesterday says nothing about the binary that was installed an hour ago, so
the answer ages (`[checks.operator-preflight] max_age`). What the operators sent can be named with
--evidence.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.times import format_duration
from aztrust.core.checks.attested import ATTESTED_CODES
from aztrust.core.checks.check import Answer, Check, Stage
from aztrust.core.checks.operators import (
    CONFLICTING_COPIES,
    SHOW,
    Counted,
    counted,
    evidence,
    same_digest_finding,
)
from aztrust.core.policy.describe import plural
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context, ledger_places
from aztrust.core.state.objections import attestations
from aztrust.core.state.readiness import SameDigest

_ROW = "operator-preflight"


def _ask(context: Context, _: PackageClass) -> Answer:
    found = counted(context, _ROW)
    if isinstance(found, Answer):
        return found
    readiness = found.readiness
    total = readiness.powers.total
    groups = [
        (same_digest_finding(group, total), _is_closed(context, group))
        for group in readiness.same_digest
    ]
    findings = tuple(finding for finding, closed in groups if not closed)
    waiting = _waiting(found)
    count = readiness.ready_operators
    return Answer(
        findings,
        (*waiting, *(finding for finding, closed in groups if closed)),
        evidence(readiness),
        owner=found.owner,
        detail=f"{plural(count, 'operator')} confirmed"
        f" within {format_duration(found.rules.max_age_ms)}",
        not_run="; ".join(f.message for f in waiting) if not findings else "",
        answered_unix_ms=readiness.oldest_unix_ms or 0,
    )


def _waiting(found: Counted) -> tuple[Finding, ...]:
    """What is open: no host was looked at, or it is too long ago for the thresholds."""
    readiness = found.readiness
    mend = f"see who: {SHOW}; then ask them to confirm again"
    if not readiness.counted and not any(row.status == "stale" for row in readiness.rows):
        return (Finding("check-unanswered", _ROW, "no operator has confirmed a host", mend=mend),)
    stale = [row.operator for row in readiness.rows if row.status == "stale"]
    if not stale or all(threshold.met for threshold in readiness.thresholds):
        return ()
    message = (
        f"{plural(len(stale), 'operator')} confirmed longer ago than"
        f" {format_duration(found.rules.max_age_ms)}"
    )
    return (Finding("check-stale", _ROW, message, mend=mend),)


def _is_closed(context: Context, group: SameDigest) -> bool:
    """Whether a holder who answers for the row answered pass after the last of these reports."""
    from aztrust.core.state.current import current_attempt

    attempt, places = current_attempt(context), ledger_places(context)
    for answer in attestations(context, _ROW, attempt.scope_hash) if attempt is not None else ():
        if answer.is_negative or answer.claimed_unix_ms <= group.last_unix_ms:
            continue
        if not places:
            return True
        place = places.get((answer.record_id, answer.key.fingerprint))
        if place is not None and group.last_place is not None and place > group.last_place:
            return True
    return False


CHECK = Check(
    id=_ROW,
    title="operators looked at their hosts",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2",),
    stage=Stage.FROZEN,
    codes=(*ATTESTED_CODES, CONFLICTING_COPIES),
    ask=_ask,
)
