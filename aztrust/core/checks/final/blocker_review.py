"""Is there an open critical blocker, and has a holder looked at all that are open?

An answer by the launch coordinator, who went through the list (`aztrust blocker list`). An open
critical blocker is a fail whatever was answered; one that was opened after the review was not in
it, so the review is made again. A major one that stays open leaves the final checks conditional, a
minor one is shown.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.value import replace
from aztrust.core.checks.attested import (
    ATTESTED_CODES,
    Asked,
    asked,
    attest_command,
    attested_answer,
)
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.blockers import REVIEW, close_command, described, severity_of
from aztrust.core.state.context import Context, ledger_places
from aztrust.core.state.ordering import happened_after


def _ask(context: Context, _: PackageClass) -> Answer:
    question = asked(context, REVIEW)
    opened = context.state.blockers.unclosed
    critical = [u for u in opened if severity_of(u) == "critical"]
    answer = attested_answer(context, REVIEW)
    notices = (*(blocker_finding(u) for u in opened if u not in critical), *answer.notices)
    ids = tuple(u.record_id for u in opened)
    if critical:
        return replace(
            answer,
            findings=(*(blocker_finding(u) for u in critical), *answer.findings),
            notices=notices,
            evidence=(*ids, *answer.evidence),
            not_run="",
            not_applicable="",
        )
    if isinstance(question, Answer) or answer.findings or answer.not_run:
        return replace(answer, notices=notices, evidence=(*ids, *answer.evidence))
    unseen = [u for u in opened if not _seen(context, u, answer)]
    if unseen:
        return _again(question, unseen, ids, notices)
    return replace(
        answer,
        notices=notices,
        evidence=(*ids, *answer.evidence),
        detail=f"{answer.detail}; {len(opened)} open" if opened else answer.detail,
    )


def blocker_finding(opening: VerifiedRecord) -> Finding:
    """An open blocker, as a report shows it."""
    return Finding(
        "blocker-open",
        opening.record_id,
        described(opening),
        mend=f"once it is resolved: {close_command(opening)}",
    )


def _seen(context: Context, opening: VerifiedRecord, answer: Answer) -> bool:
    """Whether a review that counts was made after a blocker was opened."""
    places = ledger_places(context)
    reviews = (u for u in context.records.effective.verified if u.record_id in answer.evidence)
    return any(happened_after(review, opening, places) for review in reviews)


def _again(
    question: Asked,
    unseen: list[VerifiedRecord],
    ids: tuple[str, ...],
    notices: tuple[Finding, ...],
) -> Answer:
    role = question.rule.role
    stale = Finding(
        "check-stale",
        REVIEW,
        f"{len(unseen)} opened after the review: {', '.join(u.record_id[7:15] for u in unseen)}",
        mend=f"look at the list (aztrust blocker list), then: {attest_command(REVIEW, role)}",
    )
    return Answer(notices=(stale, *notices), evidence=ids, owner=role, not_run=stale.message)


CHECK = Check(
    id=REVIEW,
    title="no critical blocker is open",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2", "AZ-23.1", "AZ-28"),
    stage=Stage.FROZEN,
    codes=(
        *ATTESTED_CODES,
        Code(
            "blocker-open",
            "A blocker is open; a critical one keeps the final checks from passing.",
            "Resolve it; then the holder who opened it, or the owner of the review, closes it.",
        ),
    ),
    ask=_ask,
)
