"""Did enough different people accept exactly these bytes, under exactly this policy?

Holders are counted, and the key material they signed with: the same key under two names, two keys
of one holder, one signature in two encodings or two files are one vote. A holder counts in the
roles that it names in the approval and has. An approval that its signer, or a revocation role,
revoked blocks until the same holder gives a fresh one, because a person who looked has objected.
Clocks do not decide what is fresh: the review of the new approval names the revocations that it
answers. In the same way an approval of a package that was replaced and put back counts only if its
review names what had replaced it: putting old bytes back does not renew any approval. The genesis
is approved for one release, so the same holds when that release was replaced and put back.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.advice import command
from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.checks.codes import APPROVAL_REVOKED, KEY_REVOKED, SUPERSEDED
from aztrust.core.policy.authority import missing_holders
from aztrust.core.policy.model import PackageClass
from aztrust.core.policy.quorum import Quorum, count_votes
from aztrust.core.records.package import Approval
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.able import advise, named_role
from aztrust.core.state.approvals import (
    approval_quorum,
    approvals_taken_back,
    counted_roles,
    effective_approvals,
    is_about,
)
from aztrust.core.state.context import Context, require_policy, unread_records
from aztrust.core.state.pending import append_mend, pending_clause, with_waiting


def _ask(context: Context, package_class: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    package_id = context.manifest_ids.get(package_class)
    rule = policy.approval_rule(package_class)
    if package_id is None:
        if unread := context.unread_manifest(package_class):
            return Answer(not_run=unread)
        return Answer(
            (_unmet(context, package_class, count_votes(rule, ())),),
            detail=f"0 of {rule.distinct_holders}",
        )
    effective = context.records.effective
    approvals = effective.approvals(package_class)
    mine = [u for u in approvals if is_about(u, package_id)]
    in_effect = [u for u in mine if effective.is_effective(u)]
    notices = [_other_package(u, package_id) for u in approvals if not is_about(u, package_id)]
    notices += [
        _not_in_role(u, rule.roles)
        for u in in_effect
        if not counted_roles(policy, package_class, u)
    ]
    counting = effective_approvals(policy, effective, package_class, package_id)
    notices += [_before_replacement(u, package_class) for u in in_effect if u not in counting]
    result = approval_quorum(policy, effective, package_class, package_id)
    taken_back = tuple(approvals_taken_back(effective, package_class, package_id))
    findings = [item.finding for item in taken_back if item.blocks]
    notices += [item.finding for item in taken_back if not item.blocks]
    unread = unread_records(context)
    if not result.met and unread and not findings:
        return Answer(not_run=unread, notices=tuple(notices))
    if not result.met:
        findings.append(_unmet(context, package_class, result))
    return Answer(
        findings=tuple(findings),
        notices=tuple(notices),
        evidence=tuple(u.record_id for u in counting),
        detail=f"{len(result.holders)} of {rule.distinct_holders}",
    )


def _unmet(context: Context, package_class: PackageClass, result: Quorum) -> Finding:
    policy = require_policy(context)
    # Who has signed already is not missing; the record only waits for the ledger.
    then = with_waiting(context)
    package_id = context.manifest_ids.get(package_class, "")
    later = result
    if then is not context:
        effective = then.records.effective
        later = approval_quorum(policy, effective, package_class, package_id)
    who = "; ".join(named_role(context, role) for role in later.missing_roles)
    count = result.rule.distinct_holders
    message = f"{len(result.holders)} of {count} holders approved these bytes"
    if who:
        message += f"; missing: {who}"
    message += pending_clause(context, later.holders - result.holders)
    typed = command("approve", package_class)
    lacking = missing_holders(policy, result, context.revoked_keys)
    able = sorted({holder for _, others in lacking for holder in others})
    return Finding(
        "threshold-unmet",
        f"{package_class} approvals",
        message,
        expected=str(count),
        actual=str(len(result.holders)),
        mend=append_mend(context)
        if later.met
        else advise(context, typed, able, result.missing_roles or result.rule.roles),
    )


def _other_package(approval: VerifiedRecord, package_id: str) -> Finding:
    body = approval.body
    return Finding(
        "approval-other-scope",
        approval.record_id,
        f"{approval.holder} approved another package; it counts nowhere",
        expected=package_id,
        actual=body.package_id if isinstance(body, Approval) else "",
    )


def _before_replacement(approval: VerifiedRecord, package_class: PackageClass) -> Finding:
    or_release = " or its release" if package_class == "genesis" else ""
    return Finding(
        "superseded",
        approval.record_id,
        f"{approval.holder} approved before the package{or_release} was replaced by another one and"
        " put back; it counts nowhere",
        mend=f"{approval.holder} looks again: {command('approve', package_class)}",
    )


def _not_in_role(approval: VerifiedRecord, roles: Iterable[str]) -> Finding:
    return Finding(
        "signer-not-in-role",
        approval.record_id,
        f"{approval.holder} approved without a role that this package needs; it counts nowhere",
        expected=" or ".join(sorted(roles)),
    )


CHECK = Check(
    id="approvals",
    title="approvals",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-5.2", "AZ-2.4"),
    per_package=True,
    stage=Stage.APPROVED,
    codes=(
        Code(
            "threshold-unmet",
            "Fewer holders, or fewer in a role, approved these bytes than the policy asks for.",
            "Who is missing reviews the package and approves it.",
            unfinished=True,
        ),
        APPROVAL_REVOKED,
        KEY_REVOKED,
        SUPERSEDED,
    ),
    ask=_ask,
)
