"""Were the public and the private advisories read for something that came up last minute?

An answer by the security lead: `aztrust advisory review --outcome clear --source public --source
private`. Both sources must be covered, by one review or by several, and each ages like any other
answer. A review that found something blocking blocks until the same holder reviews that source
again and finds it clear.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import replace
from aztrust.core.checks.attested import (
    CHECK_FAILED,
    CHECK_STALE,
    Asked,
    aged,
    answer_pending,
    answered,
    asked,
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
from aztrust.core.state.objections import (
    ADVISORIES,
    SOURCES,
    blocking_reviews,
    is_by_owner,
    once,
    review_command,
    reviews,
    sources_of,
)
from aztrust.core.state.pending import with_waiting

ROW = ADVISORIES


def _ask(context: Context, _: PackageClass) -> Answer:
    question, policy = asked(context, ROW), context.policy
    if isinstance(question, Answer):
        return question
    if policy is None:
        raise AssertionError(ROW)
    role = question.rule.role
    notices = list(_elsewhere(context, policy, question))
    scope_hash = question.attempt.scope_hash
    clear = {
        s: [u for u in reviews(context, scope_hash) if s in sources_of(u) and not u.is_negative]
        for s in SOURCES
    }
    blocking = blocking_reviews(context, scope_hash)
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
        old = once(u for source in lacking for u in clear[source])
        waiting = [_stale(context, question, u) for u in old[-1:]]
        waiting = waiting or [_unreviewed(context, question, lacking)]
        waiting = _pending(context, question, lacking) or waiting
        why = f"{' and '.join(lacking)} advisories: {'; '.join(f.message for f in waiting)}"
        return Answer(notices=(*waiting, *notices), owner=role, not_run=why)
    found = once(u for us in young.values() for u in us)
    return Answer(
        notices=tuple(notices),
        evidence=tuple(ref for u in found for ref in references(u)),
        owner=role,
        detail=f"clear, by {' and '.join(sorted({u.holder for u in found}))}",
        # As old as the older of the two sources.
        answered_unix_ms=min(answered(context, young[s]) for s in SOURCES),
    )


def _all(context: Context) -> Iterator[VerifiedRecord]:
    for record in context.records.effective.verified:
        if isinstance(record.body, AdvisoryReview):
            yield record


def _elsewhere(context: Context, policy: Policy, question: Asked) -> Iterator[Finding]:
    for record in _all(context):
        if record.scope_hash != question.attempt.scope_hash:
            yield other_scope(record, question)
        elif not is_by_owner(policy, record, question.rule.role):
            yield not_the_owner(record, question, ROW)


def _blocking(record: VerifiedRecord) -> Finding:
    note = escape(record.body.note) if isinstance(record.body, AdvisoryReview) else ""
    return Finding(
        "check-failed",
        ROW,
        f"{record.holder} found something blocking at {format_minute(record.claimed_unix_ms)}"
        + (f": {note}" if note else ""),
        mend=f"once it is resolved, {record.holder}: {review_command(*sources_of(record))}",
    )


def _unreviewed(context: Context, question: Asked, lacking: list[str]) -> Finding:
    waiting = unanswered(context, question, ROW, review_command(*lacking))
    return replace(waiting, code="advisory-unreviewed")


def _pending(context: Context, question: Asked, lacking: list[str]) -> list[Finding]:
    """The answer where reviews of everything that lacks wait for the ledger."""
    then = with_waiting(context)
    if then is context:
        return []
    found = [
        u
        for u in reviews(then, question.attempt.scope_hash)
        if not u.is_negative and not aged(then, question, u)
    ]
    covered = {source for u in found for source in sources_of(u)}
    if not found or not covered.issuperset(lacking):
        return []
    pending = answer_pending(context, ROW, (u.holder for u in found))
    return [replace(pending, code="advisory-unreviewed")]


def _stale(context: Context, question: Asked, record: VerifiedRecord) -> Finding:
    why = aged(context, question, record)
    return Finding(
        "check-stale",
        ROW,
        f"{record.holder} found them clear, {why}",
        mend=f"read them again, then: {review_command(*sources_of(record))}",
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
            "A holder of the role reads them, then: aztrust advisory review --outcome"
            " clear --source public --source private.",
            status=Status.NOT_RUN,
        ),
    ),
    ask=_ask,
)
