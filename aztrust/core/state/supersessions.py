"""Supersessions that wait for their successor, and who may withdraw them."""

from __future__ import annotations

from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.records import Seal, Supersession, VerifiedRecord
from aztrust.core.state.seals import entitled_seals


def pending(
    policy: Policy, effective: EffectiveRecords, package_class: PackageClass, current: str
) -> tuple[tuple[VerifiedRecord, Supersession], ...]:
    """The supersessions that are neither finished nor withdrawn, while `current` is the package.

    One is finished when the current package is another one and its successor has been sealed.
    """
    sealed = {
        u.body.package_id
        for u in entitled_seals(policy, package_class, effective)
        if isinstance(u.body, Seal)
    }
    return tuple(
        (u, u.body)
        for u in effective.supersessions(package_class, current)
        if isinstance(u.body, Supersession)
        and (u.body.package_id == current or u.body.successor not in sealed)
    )


def withdrawers(policy: Policy, supersession: VerifiedRecord) -> str:
    """Who may take it back: `rita (or security-lead)`."""
    others = set(policy.revocation.roles) - set(policy.holders[supersession.holder].roles)
    return supersession.holder + (f" (or {' or '.join(sorted(others))})" if others else "")


def withdraw_command(package_class: PackageClass, current: str) -> str:
    """What withdraws everything pending that its caller may withdraw."""
    return f'aztrust supersede {package_class} --with {current} --reason "..."'
