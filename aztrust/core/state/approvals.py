"""Which approvals of a package count, and whether they reach the threshold."""

from __future__ import annotations

from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.policy.quorum import Quorum, count_votes
from aztrust.core.records.package import Approval
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.seals import replacements


def approval_quorum(
    policy: Policy, effective: EffectiveRecords, package_class: PackageClass, package_id: str
) -> Quorum:
    """Whose approvals of a package count, held against the policy's rule."""
    votes = (
        (u.holder, u.key.material, _counting_roles(policy, package_class, u))
        for u in standing_approvals_of(policy, effective, package_class, package_id)
    )
    return count_votes(policy.approval_rule(package_class), votes)


def standing_approvals_of(
    policy: Policy, effective: EffectiveRecords, package_class: PackageClass, package_id: str
) -> tuple[VerifiedRecord, ...]:
    """Approvals of a package that are effective and name everything that once replaced it, or the
    release that it, a genesis, is for.
    """
    return tuple(
        u
        for u in effective.approvals(package_class)
        if _about(u, package_id)
        and effective.is_effective(u)
        and replacements(policy, package_class, effective, package_id, u.reviewed_release)
        <= u.knows_replaced_by
    )


def _about(approval: VerifiedRecord, package_id: str) -> bool:
    return isinstance(approval.body, Approval) and approval.body.package_id == package_id


def _counting_roles(
    policy: Policy, package_class: PackageClass, approval: VerifiedRecord
) -> frozenset[str]:
    """The roles this approval counts in: named in it, held, and asked for by the rule."""
    if not isinstance(approval.body, Approval):
        return frozenset()
    held = set(policy.holders[approval.holder].roles)
    return frozenset(
        held & set(approval.body.roles) & set(policy.approval_rule(package_class).roles)
    )
