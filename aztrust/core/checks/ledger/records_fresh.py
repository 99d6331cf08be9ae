"""Is the newest head of the ledger young enough to say that no record is missing?

Asked where the policy has `[ledger] max_head_age`. Anyone who hands over a ledger can withhold its
newest entries; a head that the keeper signed a moment ago shows that there was nothing more then. A
head carries no time. It cannot be older than the newest record that it covers, and a ledger takes
no record from more than two minutes ahead, so the time of that record bounds the head's age from
above. Where nothing is recorded for a while, the keeper signs a heartbeat: `aztrust ledger head
--heartbeat`.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Status
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context

AHEAD_MS = 120_000
"""What a ledger's admission allows a clock to be ahead; a time further on bounds nothing."""

STALE = "records-stale"
_MEND = "get the current ledger, or ask its keeper: aztrust ledger head --key K --heartbeat"


def max_head_age_ms(context: Context) -> int | None:
    """The bound of the policy; None where it has none."""
    table = context.policy.ledger if context.policy is not None else None
    text = getattr(table, "max_head_age", None)
    if text is None:
        return None
    from aztrust.core.base.times import parse_duration

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
        return f"the newest head may be {_span(age)} old; {who} {_span(limit)}"
    return ""


def _ask(context: Context, _: PackageClass) -> Answer:
    owner = ""
    if context.policy is not None and context.policy.ledger is not None:
        keeper = context.policy.ledger.keeper
        owner = context.policy.key_holders().get(keeper, keeper[7:15])
    why = stale_reason(context)
    if why:
        notice = Finding(STALE, "ledger", why, mend=_MEND)
        return Answer(notices=(notice,), owner=owner, not_run=why)
    age = head_age_ms(context)
    return Answer(owner=owner, detail=f"a head at most {_span(age)} old" if age is not None else "")


def _span(milliseconds: int) -> str:
    """A span for a person, in its largest unit that leaves two or more."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if milliseconds >= 2 * size:
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds // 1000} s"


CHECK = Check(
    id="records-fresh",
    title="records are current",
    check_class=CheckClass.READINESS,
    clauses=("AZ-2.4",),
    codes=(
        Code(
            STALE,
            "No head of the ledger is young enough to say that no record is missing.",
            "Get the current ledger, or ask its keeper for a new head.",
            status=Status.NOT_RUN,
        ),
    ),
    ask=_ask,
)
