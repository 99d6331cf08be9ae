"""What an act reads of a launch before it signs, and what keeps it from signing.

No package is read here.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from aztrust.acts.anchors import resolve_anchor
from aztrust.acts.ledger.reading import with_ledger, with_ledger_records
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import replace
from aztrust.core.policy.model import policy_digest
from aztrust.core.state.context import (
    Context,
    Request,
    policy_end_finding,
    read_context,
    require_policy,
)
from aztrust.core.state.current import current_attempt
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.pending import append_mend, appender_of, with_waiting
from aztrust.storage.launch import read_launch


def read_launch_context(
    launch: Path, now_unix_ms: int = 0, *, logged: bool = False, again: Context | None = None
) -> Context:
    """Policy, keys, records and manifests of a launch, parsed; no package is read.

    Args:
        launch: the launch directory.
        now_unix_ms: the time it is read for.
        logged: with what only its ledger holds, where there is one here.
        again: an earlier reading in this run: contents that it knows are not opened twice.

    Raises:
        CouldNotCheck: the launch directory cannot be read.
    """
    evidence = read_launch(launch)
    if again is not None:
        evidence = replace(evidence, opener=again.evidence.opener)
    return _context(Request(now_unix_ms), evidence, logged=logged)


def read_to_advise(launch: Path, now_unix_ms: int, again: Context | None = None) -> Context:
    """A launch as a report reads it: what its ledger lacks is pending.

    For what comes next alone: a ledger that cannot be read stops no advice.

    Raises:
        UsageError, CouldNotCheck: as `read_launch_context`.
    """
    evidence = read_launch(launch)
    if again is not None:
        evidence = replace(evidence, opener=again.evidence.opener)
    request = Request(now_unix_ms)
    with contextlib.suppress(CouldNotCheck):
        evidence = with_ledger(evidence, request)
    return read_context(request, evidence)


def read_anchored(
    launch: Path, given: str | None, now_unix_ms: int, *, logged: bool = False
) -> Context:
    """The same for an act that signs: under the anchor that was given or is pinned, if any.

    Args:
        launch: the launch directory.
        given: `--anchor` or `$AZTRUST_ANCHOR` as typed, None where there is none.
        now_unix_ms: the time of the act.
        logged: with what only the launch's ledger holds, where there is one here.

    Raises:
        Malformed: the policy is malformed.
        Refused: `anchor-mismatch`: the policy here is not the announced one.
        UsageError, CouldNotCheck: as `resolve_anchor`, or a file cannot be read.
    """
    evidence = read_launch(launch)
    anchoring = resolve_anchor(launch, evidence.policy, given=given)
    anchoring.require(policy_digest(evidence.policy))
    request = Request(
        now_unix_ms,
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        pin_conflicts=anchoring.conflicts,
    )
    context = _context(request, evidence, logged=logged)
    require_policy(context)
    return context


def _context(request: Request, evidence: Evidence, *, logged: bool) -> Context:
    return read_context(request, with_ledger_records(evidence, request) if logged else evidence)


def refuse_expired_policy(context: Context) -> None:
    """Refuse to sign under an expired policy: no one could verify with it.

    Raises:
        Refused: `policy-expired`.
    """
    finding = policy_end_finding(context)
    if finding is not None:
        raise Refused(
            f"{finding.message}; it can no longer sign anything",
            subject=finding.subject,
            code=finding.code,
            mend=finding.mend,
        )


def require_readable_records(context: Context) -> None:
    """Refuse to act on records while one of them might be an unreadable revocation.

    Raises:
        CouldNotCheck: a record, key or manifest file exists and cannot be read, or a record is
            of a kind or version this aztrust does not know; `details` lists each.
    """
    faults = [f"{fault.path}: {fault.detail}" for fault in context.evidence.unreadable]
    unknown = [
        f"{finding.subject}: {finding.message}"
        for finding in context.records.findings
        if finding.code == "record-unknown"
    ]
    if faults or unknown:
        raise CouldNotCheck(
            "a file among the launch's records cannot be understood; it may be a revocation",
            subject=str((faults or unknown)[0].partition(": ")[0]),
            mend="make it readable, or use a newer aztrust",
            details=(*faults, *unknown),
        )


def require_attempt(context: Context) -> Attempt:
    """The frozen scope and window that an answer is about.

    Raises:
        Refused: `scope-invalidated`, or `freeze-missing`: there is nothing that could be answered.
        CouldNotCheck: a record that may end the scope cannot be read.
    """
    attempt = current_attempt(context)
    if attempt is not None:
        return attempt
    if unread := context.evidence.unread("manifests/verdicts", "manifests/records", "keys"):
        raise CouldNotCheck(f"whether anything is frozen is unknown: {unread}")
    wanted = context.request.scope or (context.scope.hash if context.scope else "")
    refuse_ended(context, wanted)
    then = with_waiting(context)
    if then is not context and current_attempt(then) is not None:
        raise Refused(
            "the freeze of this scope is in the folder and not in the ledger; pending: counts after"
            f" {appender_of(context)} appends it",
            subject=wanted or "scope",
            code="freeze-missing",
            mend=append_mend(context),
        )
    _refuse_deferred(context, wanted)
    raise Refused(
        "no freeze of this scope is in force, so there is nothing to check or to answer yet",
        subject=wanted or "scope",
        code="freeze-missing",
        mend="first: aztrust freeze",
    )


def _refuse_deferred(context: Context, scope_hash: str) -> None:
    """Say that the last window of a scope was deferred, where that is why nothing is frozen."""
    ended = [r for r in context.state.deferred.values() if scope_hash in ("", r.scope_hash)]
    last = max(ended, key=lambda r: (r.claimed_unix_ms, r.record_id), default=None)
    if last is not None:
        raise Refused(
            f"{last.holder} deferred the window of this scope"
            f" {format_minute(last.claimed_unix_ms)}; it is over, and nothing is checked or"
            " answered in it any more",
            subject=scope_hash or last.scope_hash,
            code="freeze-missing",
            mend="for a new window: aztrust freeze",
        )


def refuse_ended(context: Context, scope_hash: str) -> None:
    """Refuse to act on a scope that was ended: nothing revives it (law 10).

    Raises:
        Refused: `scope-invalidated`.
    """
    ended = context.state.invalidated.get(scope_hash)
    if ended is not None:
        raise Refused(
            f"this scope has ended: {ended.holder} ended it in {ended.record_id[7:23]}; restored"
            " bytes do not revive it",
            subject=scope_hash,
            code="scope-invalidated",
            mend="seal and approve a changed package: that makes a new scope",
        )
