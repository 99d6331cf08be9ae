"""Which packages are sealed now, which seals replace which, and which supersessions wait."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.advice import command
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.package import Seal, Supersession
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context


def current_packages(
    policy: Policy, package_class: PackageClass, effective: EffectiveRecords
) -> frozenset[str]:
    """Ids of the packages with an effective, unreplaced seal: one, unless they are in conflict."""
    return frozenset(sealed_package(u) for u in current_seals(policy, package_class, effective))


def current_seals(
    policy: Policy, package_class: PackageClass, effective: EffectiveRecords
) -> tuple[VerifiedRecord, ...]:
    """The seals by holders in the role that are not revoked, nor replaced by one of other bytes."""
    entitled = entitled_seals(policy, package_class, effective)
    return tuple(
        u for u in entitled if effective.is_effective(u) and not is_superseded(u, entitled)
    )


def seals_in_force(context: Context, package_class: PackageClass) -> tuple[VerifiedRecord, ...]:
    """The seals that make this launch's package the current one; () where none does, or where
    another package is sealed as the current one as well.
    """
    package_id = context.manifest_ids.get(package_class)
    if context.policy is None or package_id is None:
        return ()
    current = current_seals(context.policy, package_class, context.records.effective)
    return current if all(sealed_package(u) == package_id for u in current) else ()


def is_superseded(seal: VerifiedRecord, entitled: Iterable[VerifiedRecord]) -> bool:
    """Whether a seal of other bytes names this one as prior.

    A revoked seal still supersedes: a revocation never makes another record effective (law 9).
    """
    return any(
        isinstance(other.body, Seal)
        and seal.record_id in other.body.prior_seals
        and sealed_package(other) != sealed_package(seal)
        for other in entitled
    )


def replaced_by(
    policy: Policy, package_class: PackageClass, effective: EffectiveRecords, package_id: str
) -> frozenset[str]:
    """Ids of the seals of other bytes that once replaced a package; revoked ones too (law 9)."""
    entitled = entitled_seals(policy, package_class, effective)
    own = {u.record_id for u in effective.seals(package_class) if sealed_package(u) == package_id}
    return frozenset(
        u.record_id
        for u in entitled
        if isinstance(u.body, Seal)
        and u.body.package_id != package_id
        and not own.isdisjoint(u.body.prior_seals)
    )


def replacements(
    policy: Policy,
    package_class: PackageClass,
    effective: EffectiveRecords,
    package_id: str,
    release_id: str,
) -> frozenset[str]:
    """What an approval must know of: the seals that once replaced the package, and, for a genesis,
    those that replaced the release it is for.
    """
    own = replaced_by(policy, package_class, effective, package_id)
    if package_class == "release" or not release_id:
        return own
    return own | replaced_by(policy, "release", effective, release_id)


def entitled_seals(
    policy: Policy, package_class: PackageClass, effective: EffectiveRecords
) -> tuple[VerifiedRecord, ...]:
    """Every seal of a class by a holder in the sealing role, effective or not."""
    role = policy.seal_role(package_class)
    return tuple(
        u for u in effective.seals(package_class) if role in policy.holders[u.holder].roles
    )


def sealed_package(seal: VerifiedRecord) -> str:
    """The id of the package that a seal is about, "" for a record that is not a seal."""
    return seal.body.package_id if isinstance(seal.body, Seal) else ""


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
    return command("supersede", package_class, "--with", current, "--reason", "T")
