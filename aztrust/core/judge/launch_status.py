"""Where a launch is: who has signed what, what is open. From its records alone; no package is read.

This is a view and no verdict: `verify` judges the launch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from aztrust.core.base.findings import CheckResult, Status
from aztrust.core.base.value import frozen
from aztrust.core.checks.check import Stage
from aztrust.core.checks.final import FINAL_CHECKS
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import missing_holders
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.approvals import approval_quorum, effective_approvals
from aztrust.core.state.blockers import described
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.current import current_attempt
from aztrust.core.state.freezes import (
    Signatures,
    final_signatures,
    freeze_signatures,
    passed_finals,
    read_freezes,
)
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.pending import with_waiting
from aztrust.core.state.present_window import present_window
from aztrust.core.state.seals import seals_in_force
from aztrust.core.state.window.state import WindowState

StageName = Literal["unsealed", "sealed", "approved", "frozen", "checked", "ended"]


@frozen
class SignedBy:
    """Who signed, and the time that they claim (Unix milliseconds)."""

    holder: str
    at_unix_ms: int


@frozen
class PackageStatus:
    """A package.

    Args:
        package_id: of its manifest, "" where there is none.
        sealed: whose seals are in force.
        approved: whose approvals count.
        need: how many holders have to approve.
        met: whether that is enough.
        missing: who has yet to approve: `role (name or name)`; who is pending is not among them.
    """

    package_id: str
    sealed: tuple[SignedBy, ...]
    approved: tuple[SignedBy, ...]
    need: int
    met: bool
    missing: tuple[str, ...]


@frozen
class LaunchStatus:
    """The whole launch on one page.

    Args:
        stage: how far it is, as far as records show.
        packages: each class.
        freeze: the count of the freeze, and who signed it.
        attempt: the frozen scope and window, None before all have signed the freeze.
        window: what has become of that window, None likewise.
        rows: the final checks that people answer; () before the freeze.
        final: the count of the final check, and who signed it.
        objections: what stops the launch, a sentence each.
        ended: what ended the scope for good, None where nothing did.
    """

    stage: StageName
    packages: dict[PackageClass, PackageStatus]
    freeze: Signatures
    frozen_by: tuple[SignedBy, ...]
    attempt: Attempt | None
    window: WindowState | None
    rows: tuple[CheckResult, ...]
    final: Signatures
    checked_by: tuple[SignedBy, ...]
    objections: tuple[str, ...]
    ended: VerifiedRecord | HeldVerdict | None


def launch_status(context: Context) -> LaunchStatus:
    """The status of a launch whose policy was read.

    Raises:
        Malformed: the policy cannot be read.
    """
    require_policy(context)
    packages = {c: _package(context, c) for c in PACKAGE_CLASSES}
    attempt = current_attempt(context)
    freezes = read_freezes(context).counting
    rows = _rows(context) if attempt is not None else ()
    final = final_signatures(context, attempt) if attempt is not None else Signatures()
    ended = context.state.invalidated.get(context.scope.hash) if context.scope else None
    return LaunchStatus(
        _stage(packages, attempt, final, ended=ended is not None),
        packages,
        freeze_signatures(context),
        _verdicts(freezes),
        attempt,
        present_window(context, attempt) if attempt is not None else None,
        rows,
        final,
        _verdicts(_finals(context, attempt)),
        tuple(_objections(context, attempt)),
        ended,
    )


def _package(context: Context, package_class: PackageClass) -> PackageStatus:
    policy, effective = require_policy(context), context.records.effective
    package_id = context.manifest_ids.get(package_class, "")
    quorum = approval_quorum(policy, effective, package_class, package_id)
    later = with_waiting(context).records.effective
    then = approval_quorum(policy, later, package_class, package_id)
    missing = (
        f"{role or 'any role'} ({' or '.join(others) or 'no holder is left'})"
        for role, others in missing_holders(policy, then, context.revoked_keys)
    )
    approvals = effective_approvals(policy, effective, package_class, package_id)
    return PackageStatus(
        package_id,
        _records(seals_in_force(context, package_class)),
        _records(u for u in approvals if u.holder in quorum.holders),
        quorum.rule.distinct_holders,
        quorum.met,
        tuple(missing),
    )


def _stage(
    packages: dict[PackageClass, PackageStatus],
    attempt: Attempt | None,
    final: Signatures,
    *,
    ended: bool,
) -> StageName:
    if ended:
        return "ended"
    if attempt is not None:
        return "checked" if final.met else "frozen"
    if not all(package.sealed for package in packages.values()):
        return "unsealed"
    return "approved" if all(package.met for package in packages.values()) else "sealed"


def _rows(context: Context) -> tuple[CheckResult, ...]:
    return tuple(r for check in FINAL_CHECKS for r in check.run(context, Stage.FROZEN))


def _objections(context: Context, attempt: Attempt | None) -> list[str]:
    found = [
        f"blocker {opening.record_id[7:15]}: {described(opening)}"
        for opening in context.state.blockers.unclosed
    ]
    rows = _rows(context) if attempt is not None else ()
    # An open critical blocker fails the row of blockers, and is listed already.
    found += [
        finding.message
        for row in rows
        if row.status is Status.FAIL
        for finding in row.findings
        if finding.code != "blocker-open"
    ]
    return found


def _finals(context: Context, attempt: Attempt | None) -> tuple[HeldVerdict, ...]:
    """The final checks of an attempt that passed and are effective."""
    return passed_finals(context, attempt) if attempt is not None else ()


def _records(records: Iterable[VerifiedRecord]) -> tuple[SignedBy, ...]:
    last: dict[str, int] = {}
    for record in records:
        last[record.holder] = max(record.claimed_unix_ms, last.get(record.holder, 0))
    return _sorted(last)


def _verdicts(verdicts: tuple[HeldVerdict, ...]) -> tuple[SignedBy, ...]:
    last: dict[str, int] = {}
    for verdict in verdicts:
        at = verdict.statement.checkpoint.timestamp_unix_ms
        last[verdict.holder] = max(at, last.get(verdict.holder, 0))
    return _sorted(last)


def _sorted(last: dict[str, int]) -> tuple[SignedBy, ...]:
    return tuple(SignedBy(name, at) for name, at in sorted(last.items(), key=lambda i: i[::-1]))
