"""Were the public and the private advisories read for something that came up last minute?

An answer by the security lead: `aztrust advisory review --outcome clear --source public --source
private`. Both sources must be covered, by one review or by several, and each ages like any other
answer. A review that found something blocking blocks until the same holder reviews that source
again and finds it clear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.findings import CheckClass, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.value import replace
from aztrust.core.checks.attested import (
    CHECK_FAILED,
    CHECK_STALE,
    Asked,
    aged,
    answered,
    asked,
    counts,
    instant,
    is_by_owner,
    not_the_owner,
    other_scope,
    references,
    unanswered,
)
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.readiness import AdvisoryReview
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context
from aztrust.core.state.ordering import unresolved_objections

ROW = "advisory-review"
SOURCES = ("public", "private")


def _ask(context: Context, _: PackageClass) -> Answer:
    question, policy = asked(context, ROW), context.policy
    if isinstance(question, Answer):
        return question
    if policy is None:
        raise AssertionError(ROW)
    role = question.rule.role
    notices = list(_elsewhere(context, policy, question))
    mine = list(_reviews(context, policy, question))
    of_source = {s: [u for u in mine if s in _of(u)] for s in SOURCES}
    clear = {s: [u for u in of_source[s] if not u.is_negative] for s in SOURCES}
    # One record may be about both sources, and each is taken back by itself.
    blocking = _once(u for s in SOURCES for u in unresolved_objections(context, of_source[s]))
    if blocking:
        return Answer(
            tuple(_blocking(u) for u in blocking),
            tuple(notices),
            tuple(ref for u in blocking for ref in references(u)),
            owner=role,
            answered_unix_ms=answered(context, blocking),
        )
    young = {s: [u for u in clear[s] if not aged(context, question, u)] for s in SOURCES}
    lacking = [source for source in SOURCES if not young[source]]
    if lacking:
        old = _once(u for source in lacking for u in clear[source])
        waiting = [_stale(context, question, u) for u in old[-1:]]
        waiting = waiting or [_unreviewed(question, lacking)]
        why = f"{' and '.join(lacking)} advisories: {'; '.join(f.message for f in waiting)}"
        return Answer(notices=(*waiting, *notices), owner=role, not_run=why)
    found = _once(u for us in young.values() for u in us)
    return Answer(
        notices=tuple(notices),
        evidence=tuple(ref for u in found for ref in references(u)),
        owner=role,
        detail=f"clear, by {' and '.join(sorted({u.holder for u in found}))}",
        # As old as the older of the two sources.
        answered_unix_ms=min(answered(context, young[s]) for s in SOURCES),
    )


def command(*sources: str) -> str:
    """The command that answers for these sources."""
    named = " ".join(f"--source {source}" for source in sources)
    return f"aztrust advisory review --outcome clear {named}"


def _once(verified: Iterable[VerifiedRecord]) -> list[VerifiedRecord]:
    """Each of them once, the oldest first: one review may be about both sources."""
    unique = {(u.claimed_unix_ms, u.record_id, u.key.fingerprint): u for u in verified}
    return [unique[key] for key in sorted(unique)]


def _all(context: Context) -> Iterator[VerifiedRecord]:
    for record in context.records.effective.verified:
        if isinstance(record.body, AdvisoryReview):
            yield record


def _reviews(context: Context, policy: Policy, question: Asked) -> Iterator[VerifiedRecord]:
    for record in _all(context):
        mine = is_by_owner(policy, record, question.rule.role)
        same_scope = record.scope_hash == question.attempt.scope_hash
        if mine and same_scope and counts(context, record):
            yield record


def _elsewhere(context: Context, policy: Policy, question: Asked) -> Iterator[Finding]:
    for record in _all(context):
        if record.scope_hash != question.attempt.scope_hash:
            yield other_scope(record, question)
        elif not is_by_owner(policy, record, question.rule.role):
            yield not_the_owner(record, question, ROW)


def _of(record: VerifiedRecord) -> tuple[str, ...]:
    return record.body.sources if isinstance(record.body, AdvisoryReview) else ()


def _blocking(record: VerifiedRecord) -> Finding:
    note = escape(record.body.note) if isinstance(record.body, AdvisoryReview) else ""
    return Finding(
        "check-failed",
        ROW,
        f"{record.holder} found something blocking at {instant(record.claimed_unix_ms)}"
        + (f": {note}" if note else ""),
        mend=f"once it is resolved, {record.holder}: {command(*_of(record))}",
    )


def _unreviewed(question: Asked, lacking: list[str]) -> Finding:
    waiting = unanswered(question, ROW, command(*lacking))
    return replace(waiting, code="advisory-unreviewed")


def _stale(context: Context, question: Asked, record: VerifiedRecord) -> Finding:
    why = aged(context, question, record)
    return Finding(
        "check-stale",
        ROW,
        f"{record.holder} found them clear, {why}",
        mend=f"read them again, then: {command(*_of(record))}",
    )


CHECK = Check(
    id=ROW,
    title="advisories reviewed",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2", "AZ-23.1"),
    stage=Stage.FROZEN,
    codes=(
        CHECK_FAILED,
        CHECK_STALE,
        Code(
            "advisory-unreviewed",
            "No holder who answers for it has read the public, or the private, advisories.",
            "A holder of the role reads them, then: aztrust advisory review.",
            status=Status.NOT_RUN,
        ),
    ),
    ask=_ask,
)
