"""Did a holder with the sealing role seal these bytes, and is the seal still current?

The manifest of the package needs an effective seal by a holder in the role. Every seal names the
seals before it. One that a later seal of other bytes names is superseded, even when the old
manifest and all its approvals are put back. Two seals that do not name one another are a conflict,
because it is not known which package is meant.
"""

from __future__ import annotations

from aztrust.core.base.advice import command
from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import APPROVAL_REVOKED, KEY_REVOKED, SIGNER_NOT_IN_ROLE, SUPERSEDED
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.able import advise_roles
from aztrust.core.state.context import Context, require_policy, unread_records
from aztrust.core.state.seals import (
    current_seals,
    entitled_seals,
    is_superseded,
    sealed_package,
    seals_in_force,
)


def _ask(context: Context, package_class: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    package_id = context.manifest_ids.get(package_class)
    role = policy.seal_role(package_class)
    if package_id is None:
        if unread := context.unread_manifest(package_class):
            return Answer(not_run=unread, owner=role)
        what = f"manifests/{package_class}.json"
        finding = _missing(context, what, "the package is not sealed", package_class)
        return Answer((finding,), owner=role)
    effective = context.records.effective
    entitled = entitled_seals(policy, package_class, effective)
    if in_force := seals_in_force(context, package_class):
        holders = sorted({u.holder for u in in_force})
        return Answer(
            evidence=tuple(u.record_id for u in in_force),
            owner=role,
            detail=f"sealed by {', '.join(holders)}",
        )
    current = current_seals(policy, package_class, effective)
    live = [u for u in current if sealed_package(u) == package_id]
    rivals = [u for u in current if sealed_package(u) != package_id]
    if live:
        return Answer(_conflicts(package_class, live, rivals), owner=role)
    dead = _why_dead(context, package_class, package_id, entitled)
    unread = unread_records(context)
    if unread and all(finding.code == "seal-missing" for finding in dead):
        return Answer(not_run=unread, owner=role)
    return Answer(dead, owner=role)


def _conflicts(
    package_class: PackageClass, live: list[VerifiedRecord], rivals: list[VerifiedRecord]
) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "seal-conflict",
            f"manifests/{package_class}.json",
            f"{rival.holder} sealed another package; neither seal knows of the other",
            expected=sealed_package(live[0]),
            actual=sealed_package(rival),
            mend=f"agree on one and seal it again: aztrust seal {package_class}",
        )
        for rival in rivals
    )


def _why_dead(
    context: Context,
    package_class: PackageClass,
    package_id: str,
    entitled: tuple[VerifiedRecord, ...],
) -> tuple[Finding, ...]:
    policy, effective = context.policy, context.records.effective
    assert policy is not None  # noqa: S101 - the caller has looked
    what = f"manifests/{package_class}.json"
    role = policy.seal_role(package_class)
    findings = []
    for seal in effective.seals(package_class):
        if sealed_package(seal) != package_id:
            continue
        if seal not in entitled:
            findings.append(
                Finding(
                    "signer-not-in-role",
                    what,
                    f"sealed by {seal.holder}, who is not {role}",
                    expected=role,
                    actual=", ".join(policy.holders[seal.holder].roles),
                    mend=f"ask the {role} for a seal: aztrust seal {package_class}",
                )
            )
        elif is_superseded(seal, entitled):
            newer = next(u for u in entitled if is_superseded(seal, (u,)))
            findings.append(
                Finding(
                    "superseded",
                    what,
                    f"this package was sealed by {seal.holder} and later replaced"
                    f" by another one, sealed by {newer.holder}",
                    expected=sealed_package(newer),
                    actual=package_id,
                    mend=f"put the newer manifest back, or: aztrust seal {package_class}",
                )
            )
        else:
            findings.append(_voided(context, seal, package_class, what))
    if findings:
        return tuple(findings)
    cause = "no record seals these bytes"
    if entitled:
        cause += f"; {entitled[-1].holder} sealed {sealed_package(entitled[-1])[7:15]}…"
    return (_missing(context, what, cause, package_class, actual=package_id),)


def _voided(
    context: Context, seal: VerifiedRecord, package_class: PackageClass, what: str
) -> Finding:
    effective = context.records.effective
    revocation = effective.record_revocation(seal)
    code = "approval-revoked" if revocation else "key-revoked"
    revocation = revocation or effective.key_revocation(seal)
    by = revocation.holder if revocation else "an unknown holder"
    return Finding(
        code,
        what,
        f"the seal by {seal.holder} was revoked by {by}",
        mend=_to_seal(context, package_class),
    )


def _missing(
    context: Context, what: str, cause: str, package_class: PackageClass, *, actual: str = ""
) -> Finding:
    return Finding(
        "seal-missing",
        what,
        cause,
        actual=actual,
        mend=_to_seal(context, package_class),
    )


def _to_seal(context: Context, package_class: PackageClass) -> str:
    role = require_policy(context).seal_role(package_class)
    return advise_roles(context, command("seal", package_class), role)


CHECK = Check(
    id="seal",
    title="sealed",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-5.2", "AZ-2.4", "AZ-25.3"),
    per_package=True,
    codes=(
        Code(
            "seal-missing",
            "No holder in the sealing role vouches for this manifest.",
            "Ask the holder of the sealing role to seal the package.",
        ),
        Code(
            "seal-conflict",
            "Two packages are sealed as the current one, and neither seal knows of the other.",
            "Agree on one of them and seal it again.",
            guidance=Guidance.HOLD,
        ),
        SIGNER_NOT_IN_ROLE,
        SUPERSEDED,
        APPROVAL_REVOKED,
        KEY_REVOKED,
    ),
    ask=_ask,
)
