"""How old the newest head of the ledger can be, and whether that is young enough."""

from __future__ import annotations

import re
from typing import Final

from aztrust.core.base.times import AHEAD_MS, parse_duration
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.verdict_heads import heard_fault


def max_head_age_ms(context: Context) -> int | None:
    """The bound of the policy; None where it has none."""
    table = context.policy.ledger if context.policy is not None else None
    text = getattr(table, "max_head_age", None)
    if text is None:
        return None
    return parse_duration(text)


def head_age_ms(context: Context) -> int | None:
    """The most that the newest head can be old; None where nothing bounds it.

    A head over an entry of the future bounds nothing: this clock is behind, or a holder's was ahead
    and the keeper did not look.
    """
    ledger = context.evidence.ledger
    head = ledger.head if ledger is not None else None
    if ledger is None or head is None:
        return None
    if ledger.renewed_unix_ms is not None:
        return max(0, context.request.now_unix_ms - ledger.renewed_unix_ms)
    heard = context.request.heard
    if heard is not None and not heard_fault(context, heard):
        return max(0, context.request.now_unix_ms - heard.at_unix_ms)
    now, claimed = context.request.now_unix_ms, claimed_times(context)
    keepers = {ledger.keeper, *(reign.keeper.fingerprint for reign in ledger.reigns)}
    size = head.verified.head.size
    newest, ceiling = None, None
    for entry in reversed(ledger.entries):
        time = claimed.get(entry.record.record_id)
        if entry.index >= size or time is None:
            continue
        if time > now + AHEAD_MS:
            return None
        # The keeper notes the time as it is; what comes before cannot have been entered later.
        bound = time if ceiling is None else min(time, ceiling)
        newest = bound if newest is None else max(newest, bound)
        if entry.record.kind == "note" and entry.record.fingerprint in keepers:
            ceiling = time + AHEAD_MS if ceiling is None else min(ceiling, time + AHEAD_MS)
    return None if newest is None else max(0, now - newest)


def claimed_times(context: Context) -> dict[str, int]:
    """Record id to the time that its signer claims."""
    claimed = {u.record_id: u.claimed_unix_ms for u in context.records.effective.verified}
    for verdict in context.verdicts.verdicts:
        claimed[verdict.record_id] = verdict.statement.checkpoint.timestamp_unix_ms
    return claimed


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
    if context.request.heard is not None and (why := heard_fault(context, context.request.heard)):
        return why
    age = head_age_ms(context)
    if age is None:
        return "no record under the newest head bounds its age, or one is dated ahead of this clock"
    if age > limit:
        who = "the policy allows" if limit == max_head_age_ms(context) else "allowed are"
        return f"the newest head may be {span(age)} old; {who} {span(limit)}"
    return ""


_SPAN: Final = re.compile(r"\b\d+ (?:d|h|min|s)\b")


def without_spans(text: str) -> str:
    """A text without its spans of time, which change while the state does not."""
    return _SPAN.sub("", text)


def span(milliseconds: int) -> str:
    """A span for a person, in its largest unit that leaves two or more."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if milliseconds >= 2 * size:
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds // 1000} s"
