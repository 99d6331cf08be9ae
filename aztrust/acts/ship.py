"""Shipping: one person seals both packages, reviews and approves them, and packs the kit.

The steps are those of `seal`, `approve` and `pack`, in that order; nothing is signed that these
would not sign. Both packages are sealed before the question, as `seal` does without one: a review
is about sealed bytes. Stopped anywhere, the next run finds what was signed and goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from aztrust.acts.act import Act
from aztrust.acts.approve import (
    ApprovalOptions,
    PreparedApproval,
    prepare_approval,
    sign_approval,
)
from aztrust.acts.pack import Packed, pack
from aztrust.acts.preconditions import read_anchored
from aztrust.acts.publish import Published
from aztrust.acts.seal import PreparedSeal, Sealed, commit_seal, prepare_seal
from aztrust.acts.verify import ReadOptions
from aztrust.core.base.errors import Refused
from aztrust.core.base.value import frozen
from aztrust.core.policy.authority import package_rules
from aztrust.core.policy.holder_sets import can_meet
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_PATH, Policy
from aztrust.core.state.context import Context
from aztrust.signers import Signer


@frozen
class Shipment:
    """Both packages, sealed and reviewed.

    Args:
        context: the launch after the seals.
        sealed: what each seal wrote.
        approvals: the reviews, in the order of the classes.
    """

    context: Context
    seals: tuple[PreparedSeal, ...]
    sealed: tuple[Sealed, ...]
    approvals: tuple[PreparedApproval, ...]

    @property
    def waiting(self) -> tuple[PreparedApproval, ...]:
        """The reviews that wait for an approval: not those that were approved before."""
        return tuple(p for p in self.approvals if p.earlier is None)

    @property
    def scope_hash(self) -> str:
        """The scope of the two packages, "" where the genesis has no hash."""
        scope = self.context.scope
        return scope.hash if scope is not None else ""


def shipper_keys(policy: Policy) -> Mapping[str, str]:
    """Fingerprint to holder, of every key whose holder can seal and approve everything alone.

    Raises:
        Refused: the policy takes more than one person, or a freeze.
    """
    rules = package_rules(policy, PACKAGE_CLASSES)
    alone = {name for name in policy.holders if can_meet(policy, [name], rules)}
    if not alone or policy.freeze is None:
        why = "wants a freeze" if alone else "asks for more than one person"
        raise Refused(
            f"the policy {why}, and ship is for one person without a freeze",
            subject=POLICY_PATH,
            mend="each holder does their part: seal, approve; then: aztrust freeze",
        )
    return {key: name for key, name in policy.key_holders().items() if name in alone}


def prepare_shipment(
    act: Act,
    signer: Signer,
    read_options: ReadOptions,
    replaces: Callable[[PreparedSeal], None],
    now: Callable[[], int],
) -> Shipment:
    """Seal both packages and review them.

    Args:
        act: the launch.
        signer: the one person.
        read_options: how to read.
        replaces: called before a package is sealed in the place of another one that has
            approvals; raises where it is not wanted.
        now: the clock.

    Raises:
        UsageError, CouldNotCheck, Refused: as `prepare_seal`, `commit_seal`, `prepare_approval`.
    """
    launch, context = act.launch, act.context
    seals, sealed = [], []
    for package_class in PACKAGE_CLASSES:
        prepared = prepare_seal(launch, context, package_class, read_options=read_options)
        if prepared.replaced is not None and prepared.replaced.voids:
            replaces(prepared)
        seals.append(prepared)
        sealed.append(commit_seal(launch, prepared, signer, now()))
        context = _again(act, now())
    approvals = tuple(
        prepare_approval(
            launch, context, signer.public, ApprovalOptions(package_class), read_options
        )
        for package_class in PACKAGE_CLASSES
    )
    return Shipment(context, tuple(seals), tuple(sealed), approvals)


def finish_shipment(
    act: Act, shipment: Shipment, signer: Signer, to: Path | None, now: Callable[[], int]
) -> tuple[tuple[Published, ...], Packed]:
    """Approve what waits, and write the kit.

    Raises:
        CouldNotCheck, Refused: as `sign_approval` and `pack`.
    """
    published = tuple(
        sign_approval(act.launch, prepared, signer, now()) for prepared in shipment.waiting
    )
    return published, pack(act.launch, to)


def _again(act: Act, now_unix_ms: int) -> Context:
    """The launch with what was just sealed, under the very same anchor."""
    return read_anchored(act.launch, act.context.request.anchor or None, now_unix_ms, logged=True)
