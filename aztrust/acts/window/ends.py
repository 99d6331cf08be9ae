"""Ending a launch window: deferred, so that its scope may be tried again, or aborted for good.

    end = end_of(act, "launch-abort", reason=..., trigger=...)
    published = publish(act, plan_end(act, end, key), signer, now_unix_ms)

An end is negative: it needs no anchor, no package and no ledger, and counts wherever it is (law 9).
"""

from __future__ import annotations

from typing import Any, Literal

from aztrust.acts.act import Act, Plan, checked_text
from aztrust.acts.approvers import verdict_keys
from aztrust.acts.window.basis import basis_in, no_window, running_attempt
from aztrust.acts.window.sitting import prepare, signer_of
from aztrust.core.base.errors import UsageError
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.records import Unsigned, VerifiedRecord
from aztrust.core.records.window import AbortTrigger, AfterStart, LaunchAbort, LaunchDefer
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt

Kind = Literal["launch-defer", "launch-abort"]


@frozen
class End:
    """The end of an attempt, before it is signed.

    Args:
        record: the defer or the abort.
        attempt: what it ends.
        earlier: what ended it already.
    """

    record: Unsigned
    attempt: Attempt
    earlier: VerifiedRecord | HeldVerdict | None = None


def end_of(
    act: Act,
    kind: Kind,
    *,
    reason: str,
    trigger: AbortTrigger = "other",
    after_start: AfterStart | None = None,
) -> End:
    """The end of the window of the scope that is frozen, or that was given: of one attempt.

    Args:
        act: the launch.
        kind: a defer or an abort.
        reason: why.
        trigger: of an abort.
        after_start: of an abort after the network started: what is done with it.

    Raises:
        Refused: `freeze-missing`: the policy has no signers of verdicts.
        NothingToVerify: no window is open and nothing is frozen.
        UsageError: the reason is empty or too long, or several windows are open; or the network
            has not started, and `after_start` was given.
    """
    context = act.context
    # Without signers of verdicts there is no freeze, and so no window.
    verdict_keys(act.policy)
    checked_text(reason, "--reason")
    attempt, earlier = _which(context, kind)
    common: dict[str, Any] = {
        "launch_window_id": attempt.launch_window_id,
        "policy_digest": context.policy_digest,
        "reason": reason,
        "scope_hash": attempt.scope_hash,
    }
    body: LaunchDefer | LaunchAbort
    if kind == "launch-defer":
        body = LaunchDefer(deferred_at_unix_ms=act.now_unix_ms, **common)
    else:
        body = LaunchAbort(
            aborted_at_unix_ms=act.now_unix_ms,
            trigger=trigger,
            after_start=after_start,
            **common,
        )
    if after_start is not None and not basis_in(act, attempt).state.has_started:
        raise UsageError(
            "the network of this window has not started",
            subject="--measure",
            mend="drop --measure, --criterion and --old-state",
        )
    return End(Unsigned(kind, body), attempt, earlier)


def plan_end(
    act: Act, end: End, key: VerificationMaterial
) -> Plan[LaunchDefer | LaunchAbort, Attempt]:
    """What one person signs of an end.

    Raises:
        Refused: `key-revoked`; or the window does not allow it: after the start a window is not
            deferred, and an abort names its criterion.
    """
    holder = signer_of(act, key, is_negative=True)
    record, earlier = end.record, end.earlier
    if earlier is None:
        sitting = prepare(basis_in(act, end.attempt), (record,), key)
        earlier = sitting.drafts[0].earlier
    body: Any = record.body if not isinstance(earlier, VerifiedRecord) else earlier.body
    return Plan(record.kind, body, holder, end.attempt, earlier)


def _which(context: Context, kind: Kind) -> tuple[Attempt, VerifiedRecord | HeldVerdict | None]:
    """The attempt to end, and the record that ended it already, if there is one."""
    running = running_attempt(context)
    if running is not None:
        return running, None
    last = last_ended(context, kind)
    if last is not None and context.request.scope in ("", last[0].scope_hash):
        return last
    raise no_window(context)


def last_ended(
    context: Context, kind: Kind
) -> tuple[Attempt, VerifiedRecord | HeldVerdict | None] | None:
    """The window that ended last, and what keeps another end of this kind from it; None for none.

    An abort may still follow a DEFER, but no end repeats itself.
    """
    state = context.state
    ended = []
    for record in context.records.effective.verified:
        body = record.body
        if not isinstance(body, LaunchDefer | LaunchAbort):
            continue
        window = state.windows.get(body.launch_window_id)
        attempt = Attempt(body.scope_hash, body.launch_window_id, (), window)
        over: VerifiedRecord | HeldVerdict | None = state.invalidated.get(body.scope_hash)
        if over is None and kind == "launch-defer":
            over = record
        ended.append((record.claimed_unix_ms, record.record_id, attempt, over))
    return max(ended, key=lambda e: e[:2])[2:] if ended else None
