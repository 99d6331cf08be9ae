"""Ending a launch window: deferred, so that its scope may be tried again, or aborted for good.

    plan = plan_end(act, "launch-abort", key, reason=..., trigger=...)
    published = publish(act, plan, signer, now_unix_ms)

An end is negative: it needs no anchor, no package and no ledger, and counts wherever it is (law 9).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from aztrust.acts.act import Act, Plan, checked_text
from aztrust.acts.anchors import Anchoring, resolve_anchor
from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.core.base.errors import NothingToVerify, UsageError
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.model import policy_digest
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import AbortTrigger, LaunchAbort, LaunchDefer
from aztrust.core.state.context import Context, Request, read_context, require_policy
from aztrust.core.state.current import scope_of_window
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.frozen_policies import under_kept_policies
from aztrust.core.state.launch_state import Attempt
from aztrust.storage.launch import read_launch

Kind = Literal["launch-defer", "launch-abort"]


def read_launch_window(
    launch: Path, inputs: TrustInputs, *, ledger_needed: bool = False
) -> Context:
    """The launch under the policy that its window is of.

    That is the present launch.toml, or, where it was rewritten since the freeze, the policy that
    was kept under the anchor, or in the scope, that was announced (law 10).

    Args:
        launch: the launch directory.
        inputs: what the user received out of band.
        ledger_needed: whether a named ledger has to be there. An act that signs does not need it.

    Raises:
        Refused: `anchor-mismatch`: no policy here is the announced one.
        Malformed, UsageError, CouldNotCheck: an option is not valid, or a file cannot be read.
    """
    evidence = read_launch(launch)
    for candidate in (evidence, *under_kept_policies(evidence)):
        anchoring = resolve_anchor(launch, candidate.policy, given=inputs.anchor)
        digest = policy_digest(candidate.policy)
        if anchoring.conflicts or anchoring.anchor not in ("", digest):
            continue
        context = _judged(candidate, anchoring, inputs, ledger_needed)
        if anchoring.anchor or (inputs.scope and _is_of(context, inputs.scope)):
            return context
    # Nothing was announced, or no policy here matches: then only the present policy can apply.
    anchoring = resolve_anchor(launch, evidence.policy, given=inputs.anchor)
    anchoring.require(policy_digest(evidence.policy))
    context = _judged(evidence, anchoring, inputs, ledger_needed)
    require_policy(context)
    return context


def _judged(
    evidence: Evidence, anchoring: Anchoring, inputs: TrustInputs, ledger_needed: bool
) -> Context:
    request = Request(
        inputs.now_unix_ms,
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        scope=inputs.scope,
    )
    options = LedgerOptions(inputs.ledger, insists=ledger_needed)
    return read_context(request, with_ledger(evidence, request, options))


def _is_of(context: Context, scope: str) -> bool:
    """Whether a scope is really of this policy: its hash is computed again from what is here."""
    windows = context.state.windows.values()
    made = (context.scope, *(scope_of_window(context, window) for window in windows))
    return any(found is not None and found.hash == scope for found in made)


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
    wanted = context.request.scope
    every = [a for a in context.state.attempts if wanted in ("", a.scope_hash)]
    chosen = [a for a in every if a.freezes] or every
    if len(chosen) > 1:
        raise UsageError(
            f"{len(chosen)} windows are open",
            subject="--scope",
            mend="say which: --scope HEX; defer a scope once for each of its windows",
            details=tuple(f"{a.scope_hash}  window {a.launch_window_id[7:23]}" for a in chosen),
        )
    if chosen:
        return chosen[0], None
    last = _last_ended(context, kind)
    if last is not None and wanted in ("", last[0].scope_hash):
        return last
    raise NothingToVerify(
        "no launch window is open and nothing is frozen" + (" for this scope" if wanted else ""),
        subject="scope",
        mend="aztrust window status",
    )


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
