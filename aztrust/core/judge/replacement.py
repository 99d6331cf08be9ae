"""What sealing a package again ends: the current package, and every approval of that package."""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.checks.launch.seal import CHECK as SEAL
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.package import Seal
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.approvals import standing_approvals_of
from aztrust.core.state.context import Context


@frozen
class Replacement:
    """The package that is current now and will not be.

    Attributes:
        package_id: its id.
        sealed_by: who sealed it first, "" where no record says.
        sealed_at_unix_ms: when, by that record.
        approved_by: holders whose approval counts; they would have to approve anew.
        genesis_approved_by: for a release, holders whose approval of the genesis counts. The
            genesis names the release it is for, so it has to be sealed and approved anew too.
        genesis_fits: whether the genesis is sealed for the very release that comes back: then it
            has to be approved anew, and not to be sealed.
    """

    package_id: str
    sealed_by: str = ""
    sealed_at_unix_ms: int | None = None
    approved_by: tuple[str, ...] = ()
    genesis_approved_by: tuple[str, ...] = ()
    genesis_fits: bool = False

    @property
    def voids(self) -> bool:
        """Whether a holder's approval is lost by it."""
        return bool(self.approved_by or self.genesis_approved_by)


def replacement(context: Context, package_class: PackageClass, new_id: str) -> Replacement | None:
    """What a package with this id would replace; None where none is current, or this one is."""
    current = context.manifest_ids.get(package_class)
    if current is None or current == new_id:
        return None
    seals = [
        u
        for u in context.records.effective.seals(package_class)
        if isinstance(u.body, Seal) and u.body.package_id == current
    ]
    first = min(seals, key=lambda u: (u.claimed_unix_ms, u.record_id), default=None)
    genesis: tuple[str, ...] = ()
    fits = False
    if package_class == "release" and "genesis" in context.manifest_ids:
        made_for = context.manifests.get("genesis")
        fits = made_for is not None and made_for.release_package_id == new_id
        if not fits:
            genesis = approvers(context, "genesis", context.manifest_ids["genesis"])
    return Replacement(
        package_id=current,
        sealed_by=first.holder if first else "",
        sealed_at_unix_ms=first.claimed_unix_ms if first else None,
        approved_by=approvers(context, package_class, current),
        genesis_approved_by=genesis,
        genesis_fits=fits,
    )


def approvers(context: Context, package_class: PackageClass, package_id: str) -> tuple[str, ...]:
    """Holders whose approval of a package counts, sorted."""
    if context.policy is None:
        return ()
    effective = context.records.effective
    given = standing_approvals_of(context.policy, effective, package_class, package_id)
    return tuple(sorted({u.holder for u in given}))


def prior_seals(context: Context, package_class: PackageClass) -> tuple[str, ...]:
    """What a new seal must name: every seal of the class that is known, of every holder."""
    effective = context.records.effective
    return tuple(sorted({u.record_id for u in effective.seals(package_class)}))


def standing_seal(
    context: Context, package_class: PackageClass, fingerprint: str
) -> VerifiedRecord | None:
    """This key's seal of the current manifest, if the seal check passes and rests on it."""
    # An answer with findings rests on nothing.
    answer = SEAL.ask(context, package_class)
    found = (
        u
        for u in context.records.effective.seals(package_class)
        if u.record_id in answer.evidence and u.key.fingerprint == fingerprint
    )
    return next(found, None)
