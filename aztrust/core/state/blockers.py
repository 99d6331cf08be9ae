"""The blockers of a launch: what somebody opened, and nobody who may has closed.

Anyone whom the policy names may open one. It is closed by whoever opened it, or by a holder of the
role that reviews blockers; a closing can be revoked, an opening cannot.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.policy.final_rows import row_rule
from aztrust.core.policy.model import Policy
from aztrust.core.records.readiness import Blocker
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context

REVIEW = "blocker-review"
"""The row of the final checks whose owner may close anybody's blocker."""


def open_blockers(context: Context) -> tuple[VerifiedRecord, ...]:
    """The openings that nothing closes, the most severe first, then the oldest."""
    every = [u for u in blockers(context) if not closings_of(context, u)]
    return tuple(sorted(every, key=lambda u: (_weight(u), u.claimed_unix_ms, u.record_id)))


def blockers(context: Context) -> tuple[VerifiedRecord, ...]:
    """Every opening, closed or not."""
    return tuple(_said(context, "open"))


def closings_of(context: Context, opening: VerifiedRecord) -> tuple[VerifiedRecord, ...]:
    """The closings of a blocker that count: by somebody who may, and standing."""
    policy = context.policy
    return tuple(
        u
        for u in _said(context, "close")
        if policy is not None
        and isinstance(u.body, Blocker)
        and u.body.blocker == opening.record_id
        and may_close(policy, u.holder, opening)
        and context.records.effective.is_effective(u)
    )


def may_close(policy: Policy, holder: str, opening: VerifiedRecord) -> bool:
    """Whether a holder may close a blocker: its own, or as the owner of the review."""
    return holder == opening.holder or row_rule(policy, REVIEW).role in policy.holders[holder].roles


def severity_of(opening: VerifiedRecord) -> str:
    """`critical`, `major` or `minor`."""
    return opening.body.severity if isinstance(opening.body, Blocker) else "critical"


def reason_of(record: VerifiedRecord) -> str:
    """Why it was opened or closed, as its signer put it."""
    return record.body.reason if isinstance(record.body, Blocker) else ""


def _weight(opening: VerifiedRecord) -> int:
    return ("critical", "major", "minor").index(severity_of(opening))


def _said(context: Context, action: str) -> Iterator[VerifiedRecord]:
    for record in context.records.effective.verified:
        if isinstance(record.body, Blocker) and record.body.action == action:
            yield record
