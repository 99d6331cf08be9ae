"""What a launch loses by a revocation: shown before it is confirmed."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.acts.approvers import still_missing
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.describe import plural
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass
from aztrust.core.state.able import named_role
from aztrust.core.state.approvals import approval_quorum, approvals_taken_back
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.seals import pending, seals_in_force


def effects(before: Context, after: Context) -> Iterator[str]:
    """The effects of records that begin or cease to count, one sentence each.

    Args:
        before: the launch as it is.
        after: the same, with other records or verdicts in effect.
    """
    policy = require_policy(before)
    old, new = before.records.effective, after.records.effective
    yield from _verdicts_lost(before, after)
    yield from _operators_lost(before, after)
    for package_class in PACKAGE_CLASSES:
        current = before.manifest_ids.get(package_class)
        if current is None:
            continue
        was = approval_quorum(policy, old, package_class, current)
        now = approval_quorum(policy, new, package_class, current)
        if len(now.holders) != len(was.holders) or now.missing_roles != was.missing_roles:
            needed = was.rule.distinct_holders
            yield (
                f"{package_class} approvals {len(was.holders)} of {needed} ->"
                f" {len(now.holders)} of {needed};"
                f" missing {', '.join(still_missing(after, package_class)) or 'none'}"
            )
        else:
            yield from _unanswered_again(before, after, package_class, current)
        if _is_sealed(before, package_class) and not _is_sealed(after, package_class):
            role = policy.seal_role(package_class)
            yield f"{package_class} no longer has a seal; missing {named_role(after, role)}"
        open_ = pending(policy, old, package_class, current)
        for again in (p for p in pending(policy, new, package_class, current) if p not in open_):
            yield f"{package_class} is superseded again, by the earlier record of {again[0].holder}"


def _operators_lost(before: Context, after: Context) -> Iterator[str]:
    """Which operators no longer have a key, and how many confirmations fall with theirs."""
    for seat in before.roster.seats:
        now = after.roster.by_key(seat.key.fingerprint)
        if seat.revoked or (now is not None and not now.revoked):
            continue
        count = sum(each.seat == seat for each in before.confirmations)
        yield (
            f"{plural(count, 'confirmation')} by the key {seat.key.keyid[:8]} of {seat.title}"
            " no longer count; its validators are unconfirmed:"
            f" {', '.join(seat.validators) or 'none'}"
        )


def _verdicts_lost(before: Context, after: Context) -> Iterator[str]:
    """Which verdicts no longer count, and what that means for the scope."""
    lost = [
        v
        for v in before.verdicts.verdicts
        if v.statement.may_pass
        and before.verdicts.is_effective(v)
        and not after.verdicts.is_effective(v)
    ]
    for verdict in lost:
        froze = verdict.statement.passed and verdict.statement.checkpoint.is_freeze
        then = "; the scope is not frozen by it" if froze else ""
        yield f"the {verdict_title(verdict)} no longer counts{then}"


def _unanswered_again(
    before: Context, after: Context, package_class: PackageClass, current: str
) -> Iterator[str]:
    """Who has to approve once more, having answered the revocations before this one."""
    old, new = (
        {
            item.finding.message: item.finding
            for item in approvals_taken_back(c.records.effective, package_class, current)
            if item.blocks
        }
        for c in (before, after)
    )
    for message in sorted(new.keys() - old.keys()):
        yield f"{package_class} no longer passes: {message}; {new[message].mend}"


def _is_sealed(context: Context, package_class: PackageClass) -> bool:
    return bool(seals_in_force(context, package_class))


def verdict_title(verdict: HeldVerdict) -> str:
    """A verdict in short: `freeze_confirmed verdict by luca`."""
    return f"{verdict.statement.checkpoint.checkpoint_class} verdict by {verdict.holder}"
