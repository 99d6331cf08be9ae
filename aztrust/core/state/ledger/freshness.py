"""How old the newest head of the ledger can be, and whether that is young enough."""

from __future__ import annotations

from aztrust.core.base.times import AHEAD_MS, parse_duration
from aztrust.core.state.context import Context


def max_head_age_ms(context: Context) -> int | None:
    """The bound of the policy; None where it has none."""
    table = context.policy.ledger if context.policy is not None else None
    text = getattr(table, "max_head_age", None)
    if text is None:
        return None
    return parse_duration(text)


def head_age_ms(context: Context) -> int | None:
    """The most that the newest head can be old; None where nothing bounds it."""
    ledger = context.evidence.ledger
    head = ledger.head if ledger is not None else None
    if head is None:
        return None
    now = context.request.now_unix_ms
    claimed = {u.record_id: u.claimed_unix_ms for u in context.records.effective.verified}
    for verdict in context.verdicts.verdicts:
        claimed[verdict.record_id] = verdict.statement.checkpoint.timestamp_unix_ms
    size = head.verified.head.size
    covered = (
        claimed[id_] for id_, index in context.order.items() if index < size and id_ in claimed
    )
    newest = max((time for time in covered if time <= now + AHEAD_MS), default=None)
    return None if newest is None else max(0, now - newest)


def stale_reason(context: Context, own_limit_ms: int | None = None) -> str:
    """Why records may be missing that are older than is allowed; "" where none can be.

    Args:
        context: the launch, with its ledger.
        own_limit_ms: the caller's own bound; the smaller of this and the policy's counts.
    """
    limits = [ms for ms in (max_head_age_ms(context), own_limit_ms) if ms is not None]
    if not limits:
        return ""
    limit = min(limits)
    ledger = context.evidence.ledger
    if ledger is None:
        return "there is no ledger here"
    if not ledger.holds:
        return ledger.fault or "the ledger does not hold"
    if ledger.head is None:
        return "this ledger has no signed head"
    if ledger.keeper in context.records.effective.revoked_keys:
        return "the keeper's key was revoked: a stranger may have signed its newest head"
    age = head_age_ms(context)
    if age is None:
        return "the newest head covers no record that bounds its age"
    if age > limit:
        who = "the policy allows" if limit == max_head_age_ms(context) else "allowed are"
        return f"the newest head may be {span(age)} old; {who} {span(limit)}"
    return ""


def span(milliseconds: int) -> str:
    """A span for a person, in its largest unit that leaves two or more."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if milliseconds >= 2 * size:
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds // 1000} s"
