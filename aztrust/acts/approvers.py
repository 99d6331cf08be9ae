"""Who may approve or sign a verdict, who has approved, who is missing."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.policy.authority import missing_holders, verdict_rule
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_PATH, PackageClass, Policy
from aztrust.core.records.administration import Revocation
from aztrust.core.records.package import Approval
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.approvals import approval_quorum, effective_approvals
from aztrust.core.state.context import Context, require_policy


def approver_keys(policy: Policy, package_class: PackageClass | None) -> Mapping[str, str]:
    """Fingerprint to holder, of every key whose approval the rule (or any rule) asks for."""
    classes = PACKAGE_CLASSES if package_class is None else (package_class,)
    wanted = {role for c in classes for role in policy.approval_rule(c).roles}
    return policy.keys_of_roles(wanted)


def verdict_keys(policy: Policy) -> Mapping[str, str]:
    """Fingerprint to holder, of every key of a verdict role: it freezes, signs final checks, and
    ends a window.

    Raises:
        Refused: `freeze-missing`: the policy names no such role.
    """
    rule = verdict_rule(policy)
    if rule is None:
        raise Refused(
            "the policy has no [verdicts] table: no key may freeze this scope, or end its window",
            subject=POLICY_PATH,
            code="freeze-missing",
            mend="the launch needs a policy with [verdicts], which has another anchor",
        )
    return policy.keys_of_roles(rule.roles.keys())


def still_missing(context: Context, package_class: PackageClass) -> tuple[str, ...]:
    """Who has yet to approve the current package, one phrase per role: `role (name or name)`."""
    policy = require_policy(context)
    current = context.manifest_ids.get(package_class, "")
    count_votes = approval_quorum(policy, context.records.effective, package_class, current)
    missing = []
    for role, others in missing_holders(policy, count_votes, context.revoked_keys):
        if role:
            missing.append(f"{role} ({' or '.join(others) or 'no holder is left for it'})")
        else:
            more = count_votes.rule.distinct_holders - len(count_votes.holders)
            names = " or ".join(others) or "no holder is left"
            missing.append(f"{more} more of any role ({names})")
    return tuple(missing)


def approved_count(context: Context, package_class: PackageClass) -> tuple[int, int]:
    """How many holders approved the current package, and how many the policy asks for."""
    policy = require_policy(context)
    current = context.manifest_ids.get(package_class, "")
    count_votes = approval_quorum(policy, context.records.effective, package_class, current)
    return len(count_votes.holders), count_votes.rule.distinct_holders


def refuse_revoked_key(context: Context, key: VerificationMaterial, holder: str) -> None:
    """Refuse to sign with a key whose signatures no longer count.

    Raises:
        Refused: `key-revoked`.
    """
    revocations = context.records.effective.revoked_keys.get(key.fingerprint, ())
    for revocation in revocations:
        reason = revocation.body.reason if isinstance(revocation.body, Revocation) else ""
        raise Refused(
            f"the key {key.keyid[:8]} of {holder} was revoked by {revocation.holder}"
            f" ({escape(reason)}); nothing that it signs counts",
            subject=holder,
            code="key-revoked",
            mend="use another key that the policy lists for you",
        )


def open_class(context: Context, policy: Policy, holder: str) -> PackageClass:
    """The one sealed package that this holder may approve and has not."""
    held = set(policy.holders[holder].roles)
    may = [c for c in PACKAGE_CLASSES if not held.isdisjoint(policy.approval_rule(c).roles)]
    sealed = [c for c in may if c in context.manifest_ids]
    # A holder who approved by the manifest alone may still review the package: that is second.
    waiting = [
        c for c in sealed if earlier_approval(context, c, holder, (), by_manifest=True) is None
    ]
    waiting = waiting or [c for c in sealed if earlier_approval(context, c, holder, ()) is None]
    if len(waiting) > 1:
        raise UsageError(
            "release and genesis both wait for your approval",
            mend="say which: aztrust approve release, or aztrust approve genesis",
        )
    return (waiting or sealed or may)[0]


def approval_roles(
    policy: Policy, package_class: PackageClass, holder: str, asked: tuple[str, ...]
) -> tuple[str, ...]:
    """The roles an approval is given in: the ones that were asked for, else all that count; sorted.

    Raises:
        Refused: `signer-not-in-role`, the holder lacks a role.
        UsageError: the rule does not ask for a role.
    """
    asked_for = set(policy.approval_rule(package_class).roles)
    held = set(policy.holders[holder].roles)
    for role in asked:
        if role not in held:
            raise Refused(
                f"{holder} is not {escape(role)}",
                subject="--role",
                code="signer-not-in-role",
                mend=f"roles of {holder}: {', '.join(sorted(held))}",
            )
        if role not in asked_for:
            raise UsageError(
                f"the policy does not ask the role {escape(role)} to approve the {package_class}",
                subject="--role",
                mend=f"it asks for: {', '.join(sorted(asked_for))}",
            )
    roles = tuple(sorted(set(asked) or asked_for & held))
    if not roles:
        raise Refused(
            f"{holder} has no role that approves the {package_class}",
            subject=holder,
            code="signer-not-in-role",
            mend=f"the policy asks for: {', '.join(sorted(asked_for))}",
        )
    return roles


def earlier_approval(
    context: Context,
    package_class: PackageClass,
    holder: str,
    roles: tuple[str, ...],
    *,
    by_manifest: bool = False,
) -> VerifiedRecord | None:
    """The holder's approval of the current package, where nothing is left to add to it.

    Args:
        context: the launch.
        package_class: which package.
        holder: who.
        roles: those to be covered; none for all in which the holder can approve.
        by_manifest: whether an approval by the manifest alone is all that is asked for. An
            approval of the package states more, so it can still be added to one by the manifest.
    """
    policy = require_policy(context)
    effective = context.records.effective
    current = context.manifest_ids.get(package_class)
    wanted = set(roles or approval_roles(policy, package_class, holder, ()))
    given = effective_approvals(policy, effective, package_class, current or "")
    mine = [u for u in given if u.holder == holder and (by_manifest or not _by_manifest(u))]
    given_roles = {r for u in mine if isinstance(u.body, Approval) for r in u.body.roles}
    answered = {record_id for u in mine for record_id in u.answers}
    against = revocations_of(context, package_class, current or "", holder)
    if not mine or not wanted <= given_roles or any(r.record_id not in answered for r in against):
        return None
    return max(mine, key=lambda u: (u.claimed_unix_ms, u.record_id))


def _by_manifest(record: VerifiedRecord) -> bool:
    return isinstance(record.body, Approval) and record.body.manifest_only


def approvals_by(
    context: Context, package_class: PackageClass, holder: str
) -> tuple[VerifiedRecord, ...]:
    """Every approval of a class by a holder, effective or not, of any package."""
    approvals = context.records.effective.approvals(package_class)
    return tuple(u for u in approvals if u.holder == holder)


def revocations_of(
    context: Context, package_class: PackageClass, current: str, holder: str
) -> tuple[VerifiedRecord, ...]:
    """Every revocation of an approval of this package by this holder, in order of their ids."""
    found = {
        revocation.record_id: revocation
        for u in approvals_by(context, package_class, holder)
        if isinstance(u.body, Approval) and u.body.package_id == current
        for revocation in context.records.effective.record_revocations(u)
    }
    return tuple(found[record_id] for record_id in sorted(found))
