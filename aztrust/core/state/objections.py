"""What holders have answered to the final checks, and which answers object to a launch now.

One answer for the final checks and for a gate: what objects is what its holder recorded and has not
taken back. The time that it claims, and where it was found, do not matter: a passed final check
that is older is not evidence against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.policy.authority import row_rule
from aztrust.core.policy.model import ANSWERED_ROWS, Policy
from aztrust.core.records.readiness import AdvisoryReview, CheckAttestation
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context
from aztrust.core.state.lessons import fixed_lessons, lesson_row, rule_in
from aztrust.core.state.ordering import unresolved_objections

ADVISORIES = "advisory-review"
"""The row of the final checks that reviews of advisories answer."""
SOURCES = ("public", "private")
"""What a review of advisories may be about."""


def attestations_about(context: Context, row: str) -> Iterator[VerifiedRecord]:
    """Every attestation that names a row, by any holder and of any scope."""
    for record in context.records.effective.verified:
        if isinstance(record.body, CheckAttestation) and record.body.check == row:
            yield record


def attestations(context: Context, row: str, scope_hash: str) -> Iterator[VerifiedRecord]:
    """The attestations of a scope that count for a row."""
    policy = context.policy
    if policy is None:
        return
    role = rule_in(context, row).role
    for record in attestations_about(context, row):
        if (
            record.scope_hash == scope_hash
            and attests_as_owner(policy, record, role)
            and context.records.effective.counts(record)
        ):
            yield record


def reviews(context: Context, scope_hash: str) -> Iterator[VerifiedRecord]:
    """The reviews of advisories that count for a scope."""
    policy = context.policy
    if policy is None:
        return
    role = row_rule(policy, ADVISORIES).role
    for record in context.records.effective.verified:
        if (
            isinstance(record.body, AdvisoryReview)
            and record.scope_hash == scope_hash
            and is_by_owner(policy, record, role)
            and context.records.effective.counts(record)
        ):
            yield record


def review_command(*sources: str) -> str:
    """The command that answers for these sources of advisories."""
    named = " --source ".join(sources)
    return f"aztrust advisory review --outcome clear --source {named}"


def sources_of(record: VerifiedRecord) -> tuple[str, ...]:
    """What a review is about; () for any other record."""
    return record.body.sources if isinstance(record.body, AdvisoryReview) else ()


def blocking_reviews(context: Context, scope_hash: str) -> tuple[VerifiedRecord, ...]:
    """The blocking reviews that are not taken back for at least one of their sources."""
    every = tuple(reviews(context, scope_hash))
    # One record may be about both sources, and each is taken back by itself.
    of_each = ([u for u in every if source in sources_of(u)] for source in SOURCES)
    return once(u for about in of_each for u in unresolved_objections(context, about))


def open_objections(context: Context, scope_hash: str) -> tuple[VerifiedRecord, ...]:
    """Every objection of a holder that keeps the final checks of a scope from passing now.

    These are negative answers, blocking reviews and open critical blockers, each once, the oldest
    first. A row that the policy marks as not applicable has no objections.
    """
    policy = context.policy
    if policy is None:
        return ()
    verified = context.records.effective.verified
    named = {u.body.check for u in verified if isinstance(u.body, CheckAttestation)}
    found = list(context.state.blockers.unclosed_of("critical"))
    lessons = {lesson_row(lesson) for lesson in fixed_lessons(context).lessons}
    for row in sorted(named & (ANSWERED_ROWS.keys() | lessons)):
        if not rule_in(context, row).not_applicable:
            found += unresolved_objections(context, attestations(context, row, scope_hash))
    if not row_rule(policy, ADVISORIES).not_applicable:
        found += blocking_reviews(context, scope_hash)
    return once(found)


def once(verified: Iterable[VerifiedRecord]) -> tuple[VerifiedRecord, ...]:
    """Each of them once, the oldest first."""
    unique = {(u.claimed_unix_ms, u.record_id, u.key.fingerprint): u for u in verified}
    return tuple(unique[key] for key in sorted(unique))


def attests_as_owner(policy: Policy, record: VerifiedRecord, role: str) -> bool:
    """Whether an attestation names the role that its row is put to, and its holder has it."""
    body = record.body
    named = isinstance(body, CheckAttestation) and body.role == role
    return named and is_by_owner(policy, record, role)


def is_by_owner(policy: Policy, record: VerifiedRecord, role: str) -> bool:
    """Whether its holder has the role that a question is put to."""
    return role in policy.holders[record.holder].roles
