"""Which approvals of a package count, and whether they reach the threshold."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
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
        (u.holder, u.key.material, counted_roles(policy, package_class, u))
        for u in effective_approvals(policy, effective, package_class, package_id)
    )
    return count_votes(policy.approval_rule(package_class), votes)


def effective_approvals(
    policy: Policy, effective: EffectiveRecords, package_class: PackageClass, package_id: str
) -> tuple[VerifiedRecord, ...]:
    """Approvals of a package that are effective and name everything that once replaced it, or the
    release that it, a genesis, is for.
    """
    return tuple(
        u
        for u in effective.approvals(package_class)
        if is_about(u, package_id)
        and effective.is_effective(u)
        and replacements(policy, package_class, effective, package_id, u.reviewed_release)
        <= u.knows_replaced_by
    )


@frozen
class TakenBack:
    """An approval that does not count any more.

    Args:
        approval: the record.
        revocation: what took it back: of those that its holder did not answer, the first one, else
            the first of all; None where only its key was revoked.
        blocks: whether a revocation is open that its holder did not answer by a later approval.
    """

    approval: VerifiedRecord
    revocation: VerifiedRecord | None
    blocks: bool

    @property
    def finding(self) -> Finding:
        """What to report."""
        holder = self.approval.holder
        return Finding(
            "approval-revoked" if self.revocation else "key-revoked",
            self.approval.record_id,
            f"the approval by {holder} was taken back by {self.revocation.holder}"
            if self.revocation
            else f"{holder} approved with a key that was revoked",
            mend=f"{holder} looks again and approves the package again"
            if self.revocation
            else f"{holder} approves it again with another key that the policy lists",
        )


def approvals_taken_back(
    effective: EffectiveRecords, package_class: PackageClass, package_id: str
) -> Iterator[TakenBack]:
    """The approvals of a package that were revoked, or whose key was.

    An older approval that someone kept back must not pass for a second look, so every revocation
    has to be named by an effective approval of the same holder. A revoked key is not an
    objection to the package: the threshold decides without the approval.
    """
    approvals = [u for u in effective.approvals(package_class) if is_about(u, package_id)]
    answered = {
        (approval.holder, record_id)
        for approval in approvals
        if effective.is_effective(approval)
        for record_id in approval.answers
    }
    for approval in approvals:
        revocations = effective.record_revocations(approval)
        if not revocations and effective.key_revocation(approval) is None:
            continue
        open_ = [r for r in revocations if (approval.holder, r.record_id) not in answered]
        yield TakenBack(approval, next(iter(open_ or revocations), None), bool(open_))


def is_about(approval: VerifiedRecord, package_id: str) -> bool:
    """Whether a record is an approval of the package with this id."""
    return isinstance(approval.body, Approval) and approval.body.package_id == package_id


def counted_roles(
    policy: Policy, package_class: PackageClass, approval: VerifiedRecord
) -> frozenset[str]:
    """The roles this approval counts in: named in it, held, and asked for by the rule."""
    if not isinstance(approval.body, Approval):
        return frozenset()
    held = set(policy.holders[approval.holder].roles)
    return frozenset(
        held & set(approval.body.roles) & set(policy.approval_rule(package_class).roles)
    )
