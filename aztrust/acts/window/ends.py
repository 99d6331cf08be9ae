"""Ending a launch window: deferred, so that its scope may be tried again, or aborted for good.

    plan = plan_end(act, "launch-abort", key, reason=..., trigger=...)
    published = publish(act, plan, signer, now_unix_ms)

An end is negative: it needs no anchor, no package and no ledger, and counts wherever it is (law 9).
"""

from __future__ import annotations

from typing import Any, Literal

from aztrust.acts.act import Act, Plan, checked_text
from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.window.basis import no_window, running_attempt
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import AbortTrigger, LaunchAbort, LaunchDefer
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt

Kind = Literal["launch-defer", "launch-abort"]


def plan_end(
    act: Act,
    kind: Kind,
    key: VerificationMaterial,
    *,
    reason: str,
    trigger: AbortTrigger = "other",
) -> Plan[LaunchDefer | LaunchAbort, Attempt]:
    """The end of the window of the scope that is frozen, or that was given: of one attempt.

    Raises:
        NothingToVerify: no window is open and nothing is frozen.
        UsageError: the reason is empty or too long, or several windows are open.
        Refused: `key-revoked`.
    """
    context = act.context
    holder = act.policy.key_holders()[key.fingerprint]
    refuse_revoked_key(context, key, holder)
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
        body = LaunchAbort(aborted_at_unix_ms=act.now_unix_ms, trigger=trigger, **common)
    return Plan(kind, body, holder, attempt, earlier)


def _which(context: Context, kind: Kind) -> tuple[Attempt, VerifiedRecord | HeldVerdict | None]:
    """The attempt to end, and the record that ended it already, if there is one."""
    running = running_attempt(context)
    if running is not None:
        return running, None
    last = _last_ended(context, kind)
    if last is not None and context.request.scope in ("", last[0].scope_hash):
        return last
    raise no_window(context)


def _last_ended(
    context: Context, kind: Kind
) -> tuple[Attempt, VerifiedRecord | HeldVerdict | None] | None:
    """The window that ended last: an abort may still follow a DEFER, but no end repeats itself."""
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
