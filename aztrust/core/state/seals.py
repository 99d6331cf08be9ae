"""Which packages are sealed now, and which seals replace which."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.package import Seal
from aztrust.core.records.records import VerifiedRecord


def current_packages(
    policy: Policy, package_class: PackageClass, effective: EffectiveRecords
) -> frozenset[str]:
    """Ids of the packages with an effective, unreplaced seal: one, unless they are in conflict."""
    entitled = entitled_seals(policy, package_class, effective)
    return frozenset(_package(u) for u in _current(effective, entitled))


def _current(
    effective: EffectiveRecords, entitled: tuple[VerifiedRecord, ...]
) -> list[VerifiedRecord]:
    return [u for u in entitled if effective.is_effective(u) and not is_superseded(u, entitled)]


def is_superseded(seal: VerifiedRecord, entitled: Iterable[VerifiedRecord]) -> bool:
    """Whether a seal of other bytes names this one as prior.

    A revoked seal still supersedes: a revocation never makes another record effective (law 9).
    """
    return any(
        isinstance(other.body, Seal)
        and seal.record_id in other.body.prior_seals
        and _package(other) != _package(seal)
        for other in entitled
    )


def replaced_by(
    policy: Policy, package_class: PackageClass, effective: EffectiveRecords, package_id: str
) -> frozenset[str]:
    """Ids of the seals of other bytes that once replaced a package; revoked ones too (law 9)."""
    entitled = entitled_seals(policy, package_class, effective)
    own = {u.record_id for u in effective.seals(package_class) if _package(u) == package_id}
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


def _package(seal: VerifiedRecord) -> str:
    return seal.body.package_id if isinstance(seal.body, Seal) else ""
