"""What people answered to one question of the final checks, and whether it still counts.

A pass counts while it is young: made in this attempt, not older than the policy lets it be, and not
from the future. A fail does not age: it blocks until the same holder answers pass later. A pass by
another holder does not undo it: a holder who saw a fault is not outvoted by one who did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.advice import command
from aztrust.core.base.findings import Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.times import AHEAD_MS, format_duration, format_minute
from aztrust.core.base.value import frozen
from aztrust.core.checks.check import Answer, Code
from aztrust.core.policy.authority import RowRule
from aztrust.core.records.readiness import AdvisoryReview, CheckAttestation
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.able import able_in, advise, named_role
from aztrust.core.state.context import Context, ledger_places, require_policy, unread_records
from aztrust.core.state.current import current_attempt
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.lessons import fixed_lessons, is_lesson_row, rule_in
from aztrust.core.state.objections import attestations, attestations_about, attests_as_owner
from aztrust.core.state.ordering import happened_after, unresolved_objections
from aztrust.core.state.pending import append_mend, appender_of, with_waiting


@frozen
class Asked:
    """One question of the final checks in this run: who answers it, and for which attempt.

    `asked_by` is the record that puts it, None where the policy does: a positive answer from before
    that record is about something else.
    """

    rule: RowRule
    attempt: Attempt
    holders: tuple[str, ...]
    asked_by: VerifiedRecord | None = None


def asked(context: Context, row: str) -> Asked | Answer:
    """The question, or the answer where no holder needs to, or can, give one."""
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    rule = rule_in(context, row)
    if rule.not_applicable:
        reason = f"not applicable, says the policy: {escape(rule.not_applicable)}"
        return Answer(not_applicable=reason, owner=rule.role)
    attempt = current_attempt(context)
    if attempt is None:
        return Answer(owner=rule.role, not_run="no freeze of this scope is in force")
    if unread := unread_records(context):
        return Answer(owner=rule.role, not_run=unread)
    # Where the monitoring answers, no person needs to.
    if not policy.holders_of_role(rule.role) and not rule.asks_monitoring:
        return Answer(owner=rule.role, not_run=f"no holder has the role {rule.role}")
    asked_by = fixed_lessons(context).record if is_lesson_row(row) else None
    return Asked(rule, attempt, able_in(context, rule.role), asked_by)


def attested_answer(context: Context, row: str) -> Answer:
    """What the holders of the owner role attested, as the answer to a question."""
    question = asked(context, row)
    if isinstance(question, Answer):
        return question
    found = list(attestations(context, row, question.attempt.scope_hash))
    notices = list(_elsewhere(context, question, row))
    passes = [u for u in found if not u.is_negative]
    fails = unresolved_objections(context, found)
    if fails:
        return Answer(
            findings=tuple(_failed(u, question, row) for u in fails),
            notices=tuple(notices),
            evidence=tuple(ref for u in fails for ref in references(u)),
            owner=question.rule.role,
            answered_unix_ms=answered(context, fails),
        )
    return passed_answer(context, question, row, passes, notices)


def passed_answer(
    context: Context,
    question: Asked,
    row: str,
    passes: Iterable[VerifiedRecord],
    notices: Iterable[Finding],
) -> Answer:
    """The answer where no holder objects: a pass if one of these is young enough, else none yet."""
    passes = sorted(passes, key=lambda u: (u.claimed_unix_ms, u.record_id))
    young = [u for u in passes if not aged(context, question, u)]
    role = question.rule.role
    if young:
        return Answer(
            notices=tuple(notices),
            evidence=tuple(ref for u in young for ref in references(u)),
            owner=role,
            detail=f"by {' and '.join(sorted({u.holder for u in young}))}",
            answered_unix_ms=answered(context, young),
        )
    old = [
        Finding(
            "check-stale",
            row,
            f"{u.holder} answered pass, {aged(context, question, u)}",
            mend=f"look again, then: {attest_command(row, role)}",
        )
        for u in passes[-1:]
    ]
    waiting = old or [unanswered(context, question, row, attest_command(row, role))]
    if answerers := _pending_answerers(context, question, row):
        waiting = [answer_pending(context, row, answerers)]
    return Answer(
        notices=(*waiting, *notices), owner=role, not_run="; ".join(f.message for f in waiting)
    )


def aged(context: Context, question: Asked, record: VerifiedRecord) -> str:
    """Why a positive answer does not count any more, or not yet; "" where it does."""
    now, answered_at = context.request.now_unix_ms, record.claimed_unix_ms
    if answered_at > now + AHEAD_MS:
        return f"at {format_minute(answered_at)}, which is in the future"
    if answered_at < question.attempt.opened_at_unix_ms:
        return f"at {format_minute(answered_at)}, before this window opened"
    asked_by = question.asked_by
    if asked_by is not None and not happened_after(record, asked_by, ledger_places(context)):
        return f"at {format_minute(answered_at)}, before {asked_by.holder} fixed this list"
    allowed = question.rule.max_age_ms
    if now - answered_at > allowed:
        return f"{format_duration(now - answered_at)} ago; it counts for {format_duration(allowed)}"
    return ""


def answered(context: Context, verified: Iterable[VerifiedRecord]) -> int:
    """The time of the last of these; a time that is a little ahead of now counts as now."""
    return min(max(u.claimed_unix_ms for u in verified), context.request.now_unix_ms)


def unanswered(context: Context, question: Asked, row: str, answer: str) -> Finding:
    """The finding where no holder has answered; `answer` is the command that does."""
    role = question.rule.role
    return Finding(
        "check-unanswered",
        row,
        f"{named_role(context, role)} has not answered",
        mend=advise(context, answer, question.holders, [role]),
    )


def _pending_answerers(context: Context, question: Asked, row: str) -> tuple[str, ...]:
    """Who has answered pass, young enough, in a record that waits for the ledger."""
    then = with_waiting(context)
    if then is context:
        return ()
    found = attestations(then, row, question.attempt.scope_hash)
    return tuple(u.holder for u in found if not u.is_negative and not aged(then, question, u))


def answer_pending(context: Context, row: str, holders: Iterable[str]) -> Finding:
    """The finding where the answer is in the folder and not in the ledger."""
    names = " and ".join(sorted(set(holders)))
    return Finding(
        "check-unanswered",
        row,
        f"{names} answered pass; pending: counts after {appender_of(context)} appends it",
        mend=append_mend(context),
    )


def attest_command(row: str, role: str) -> str:
    """The command that answers a question."""
    return command("attest", row, "pass", "--role", role)


def references(record: VerifiedRecord) -> tuple[str, ...]:
    """What an answer rests on: its record, and the files that it names."""
    body = record.body
    files = body.evidence if isinstance(body, CheckAttestation | AdvisoryReview) else ()
    return (record.record_id, *(file.sha256 for file in files))


def _elsewhere(context: Context, question: Asked, row: str) -> Iterator[Finding]:
    """Attestations that do not count: of another scope, or by a holder who is not asked."""
    policy, role = require_policy(context), question.rule.role
    for record in attestations_about(context, row):
        if record.scope_hash != question.attempt.scope_hash:
            yield other_scope(record, question)
        elif not attests_as_owner(policy, record, role):
            yield not_the_owner(record, question, row)


def other_scope(record: VerifiedRecord, question: Asked) -> Finding:
    """The notice of an answer that was given about another scope."""
    return Finding(
        "approval-other-scope",
        record.record_id,
        f"{record.kind} by {record.holder} of another scope; it counts nowhere",
        expected=question.attempt.scope_hash,
        actual=record.scope_hash,
    )


def not_the_owner(record: VerifiedRecord, question: Asked, row: str) -> Finding:
    """The notice of an answer by a holder whom the question is not put to."""
    role = question.rule.role
    return Finding(
        "signer-not-in-role",
        record.record_id,
        f"{record.holder} does not answer {row} as {role}; it counts nowhere",
        expected=role,
        mend=f"ask {' or '.join(question.holders) or f'the holders of {role}'}",
    )


def _failed(record: VerifiedRecord, question: Asked, row: str) -> Finding:
    body = record.body
    note = escape(body.note) if isinstance(body, CheckAttestation) else ""
    return Finding(
        "check-failed",
        row,
        f"{record.holder} answered fail at {format_minute(record.claimed_unix_ms)}"
        + (f": {note}" if note else ""),
        mend=f"once it is mended, {record.holder}: " + attest_command(row, question.rule.role),
    )


CHECK_FAILED = Code(
    "check-failed",
    "A holder who answers for a final check answered fail, or the probe that answers for it did.",
    "Mend what is wrong; then the holder who answered fail answers pass.",
)
CHECK_STALE = Code(
    "check-stale",
    "An answer to a final check is too old, of an earlier window, or from the future.",
    "Look again, and answer again.",
    status=Status.NOT_RUN,
)
CHECK_UNANSWERED = Code(
    "check-unanswered",
    "No holder who answers for a final check has answered.",
    "A holder of the role looks, then: aztrust attest ROW pass --role R.",
    status=Status.NOT_RUN,
)
ATTESTED_CODES = (CHECK_FAILED, CHECK_STALE, CHECK_UNANSWERED)
