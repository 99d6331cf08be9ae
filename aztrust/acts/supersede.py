"""Stating that a package is to be replaced, and withdrawing that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.act import Act, Plan, checked_text
from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.ids import SHORTEST_OBJECT, that_begin, typed_digits
from aztrust.acts.late_change import refuse_late_change
from aztrust.acts.preconditions import refuse_expired_policy, require_readable_records
from aztrust.core.base.advice import command
from aztrust.core.base.digest import parse_sha256
from aztrust.core.base.errors import NothingToVerify, Refused, UsageError
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.revocations import may_withdraw
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.package import Supersession
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.seals import pending, withdrawers
from aztrust.storage.launch import read_sealed


def superseder_keys(policy: Policy, package_class: PackageClass) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may supersede a package of a class."""
    return policy.keys_of_roles(policy.superseder_roles(package_class))


def plan_supersession(
    act: Act,
    package_class: PackageClass,
    *,
    successor: str,
    key: VerificationMaterial,
    reason: str,
) -> Plan[Supersession, tuple[VerifiedRecord, ...]]:
    """The supersession of the current package by `successor`, or its withdrawal; it is about the
    supersessions that it withdraws.

    Args:
        act: the launch.
        package_class: which package.
        successor: a package id, or the beginning of one that was sealed here.
        key: who signs.
        reason: why.

    Raises:
        NothingToVerify: there is no current package.
        UsageError: `successor` is not a package id or is ambiguous, or the reason is empty.
        Malformed: the current manifest is.
        CouldNotCheck: a record, key or manifest cannot be understood.
        Refused: the policy has expired, the key has been revoked, there is nothing that its holder
            may withdraw, or a window of the current package is open (`freeze-other-scope`).
    """
    policy, context = act.policy, act.context
    refuse_expired_policy(context)
    require_readable_records(context)
    current = context.manifest_ids.get(package_class)
    if current is None:
        raise NothingToVerify(
            f"the {package_class} package is not sealed, so nothing can be superseded",
            subject=f"manifests/{package_class}.json",
            mend=f"aztrust seal {package_class}",
        )
    if package_class in context.manifest_errors:
        raise context.manifest_errors[package_class]
    checked_text(reason, "--reason")
    holder = policy.key_holders()[key.fingerprint]
    refuse_revoked_key(context, key, holder)
    successor = _resolve(act.launch, current, successor)
    open_ = pending(policy, context.records.effective, package_class, current)
    withdrawn = (
        tuple(u for u, _ in open_ if may_withdraw(policy, holder, u))
        if successor == current
        else ()
    )
    if successor == current and not open_:
        raise Refused(
            "this is the current package, and no supersession is pending",
            subject=current,
            mend="there is nothing to withdraw; to replace it name its successor",
        )
    if successor == current and not withdrawn:
        raise Refused(
            "only a revocation role withdraws a supersession of another holder",
            subject=current,
            code="signer-not-in-role",
            mend="ask one who may",
            details=tuple(f"{u.record_id[7:23]}  {withdrawers(policy, u)}" for u, _ in open_),
        )
    if successor != current:
        refuse_late_change(context, package_class, successor, _command(package_class, successor))
    body = Supersession(
        package_class=package_class,
        package_id=current,
        policy_digest=context.policy_digest,
        reason=reason,
        successor=successor,
        superseded_at_unix_ms=act.now_unix_ms,
        withdraws=tuple(sorted(u.record_id for u in withdrawn)),
    )
    same = (
        u
        for u, supersession in open_
        if (u.holder, supersession.package_id, supersession.successor)
        == (holder, current, successor)
    )
    earlier = next(same, None)
    return Plan("supersession", body, holder, withdrawn, None if withdrawn else earlier)


def _command(package_class: PackageClass, successor: str) -> str:
    return command("supersede", package_class, "--with", successor[7:], "--reason", "T")


def _resolve(launch: Path, current: str, text: str) -> str:
    digits = typed_digits(text, SHORTEST_OBJECT)
    if len(digits) in (0, 64):
        return parse_sha256(text)
    known = {f"sha256:{name}" for name, _ in read_sealed(launch)} | {current}
    found = sorted(that_begin(known, digits))
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{digits} fits {len(found) or 'no'} package{'s'[: len(found) > 1]} sealed here",
        subject="--with",
        mend="give all 64 hex digits of the package id",
        details=tuple(found),
    )
