"""What a launch directory says about itself, without reading a package."""

from __future__ import annotations

from pathlib import Path

from aztrust.core.checks.expiry import CHECK as EXPIRY
from aztrust.core.context import Context, Request, read_context
from aztrust.core.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.policy import Policy, policy_digest
from aztrust.storage.launch import read_launch
from aztrust.workflows.anchors import resolve_anchor


def read_standing(launch: Path, now_unix_ms: int = 0) -> Context:
    """Policy, keys, records and manifests of a launch, parsed; no package is read.

    Raises:
        CouldNotCheck: the launch directory cannot be read.
    """
    return read_context(Request(now_unix_ms), read_launch(launch))


def read_anchored(launch: Path, given: str | None, now_unix_ms: int) -> Context:
    """The same for an act that signs: under the anchor that was given or is pinned, if any.

    Args:
        launch: the launch directory.
        given: `--anchor` or `$AZTRUST_ANCHOR` as typed, None where there is none.
        now_unix_ms: the time of the act.

    Raises:
        Malformed: the policy is malformed.
        Refused: `anchor-mismatch`, the policy here is another one than announced.
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
    context = read_context(request, evidence)
    require_policy(context)
    return context


def require_policy(context: Context) -> Policy:
    """The policy, for acts that are nothing without one.

    Raises:
        Malformed: `policy-malformed`, the policy's own error.
    """
    if context.policy is not None:
        return context.policy
    error = context.policy_error
    raise error or Malformed("the policy cannot be read", code="policy-malformed")


def refuse_expired_policy(context: Context) -> None:
    """Refuse to sign under a policy whose own end is past: nobody could verify with it.

    Raises:
        Refused: `policy-expired`.
    """
    for finding in EXPIRY.ask(context, "release").findings:
        raise Refused(
            f"{finding.message}; nothing is signed under it any more",
            subject=finding.subject,
            code=finding.code,
            mend=finding.mend,
        )


def require_readable_records(context: Context) -> None:
    """Refuse to act on records while one of them might be a revocation nobody can read.

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
