"""Enrolling operators: what a list may say, and the record that the registrar signs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.core.base.base64_text import encode_base64
from aztrust.core.base.errors import Refused
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import PublicKey, VerificationMaterial
from aztrust.core.genesis.identities import folded
from aztrust.core.genesis.power import Power
from aztrust.core.history.operators import Roster
from aztrust.core.policy.model import POLICY_PATH, Policy
from aztrust.core.records.enrolment import Enrolled, Enrolment
from aztrust.core.records.operator_list import Listed
from aztrust.core.state.context import Context
from aztrust.core.state.pending import with_waiting

Gentx = Literal["none", "verified", "unverified"]


@frozen
class EnrolmentReview:
    """What the registrar is shown before the signature.

    Args:
        replaced: the operators of the list that were enrolled before.
        power: of the sealed genesis; None where it is not here and nothing was compared with it.
    """

    replaced: tuple[str, ...]
    power: Power | None


def registrar_keys(policy: Policy) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may enrol operators.

    Raises:
        Refused: no holder has the role.
    """
    role = policy.readiness.registrar
    keys = policy.keys_of_roles({role})
    if not keys:
        raise Refused(
            f"operators are enrolled by the {role}, and no holder has that role",
            subject=POLICY_PATH,
            code="signer-not-in-role",
            mend=f"the launch needs a policy with a holder of {role}, or with"
            " [readiness] registrar; it has another anchor",
        )
    return keys


def known_roles(context: Context) -> frozenset[str]:
    """The roles that an operator can have: of files, of the start order, notaries, observers."""
    policy = context.policy
    found: set[str] = set()
    if policy is not None:
        found |= {artifact.role for artifact in policy.packages.release.artifact}
        found |= {policy.readiness.notary_role, policy.readiness.observer_role}
        found |= set(policy.window.activation_order) if policy.window is not None else set()
    release = context.manifests.get("release")
    return frozenset(
        found | ({a.role for a in release.artifacts} if release is not None else set())
    )


def roster_of(context: Context) -> Roster:
    """Who is enrolled once the keeper has appended what waits: a new list is held against all."""
    return with_waiting(context).roster


def plan_enrolment(
    act: Act,
    listed: Sequence[Listed],
    key: VerificationMaterial,
    *,
    power: Power | None,
    gentx: Gentx = "none",
) -> Plan[Enrolment, EnrolmentReview]:
    """The record that enrols a list of operators.

    Args:
        act: the launch.
        listed: at least one entry.
        key: the registrar's.
        power: of the sealed genesis; None where it is not here.
        gentx: whether the list was made from gen_txs whose signatures were verified.

    Raises:
        Refused: `enrolment-conflict` with every offender in `details`; or the policy has expired,
            or the registrar's key was revoked.
        CouldNotCheck: a record that may be a revocation cannot be understood.
    """
    holder = require_usable_signer(act.context, key)
    roster = roster_of(act.context)
    refusals = [*_keys(act.policy, listed, roster), *_roles(act.context, listed)]
    refusals += _validators(listed, roster, power)
    if refusals:
        raise Refused(
            f"{len(refusals)} things in this list cannot be enrolled"
            if len(refusals) > 1
            else refusals[0],
            subject="the list of operators",
            code="enrolment-conflict",
            mend="correct the list, and run the command again; nothing was signed",
            details=tuple(refusals) if len(refusals) > 1 else (),
        )
    body = Enrolment(
        enrolled_at_unix_ms=act.now_unix_ms,
        gentx=gentx,
        operators=tuple(sorted(map(_enrolled, listed), key=lambda entry: entry.key)),
        policy_digest=act.context.policy_digest,
    )
    named = {entry.operator for entry in listed}
    replaced = sorted({seat.operator for seat in roster.seats if seat.operator in named})
    return Plan("enrolment", body, holder, EnrolmentReview(tuple(replaced), power))


def _enrolled(entry: Listed) -> Enrolled:
    return Enrolled(
        key=entry.key.fingerprint,
        operator=entry.operator,
        public_key=encode_base64(entry.key.spki),
        roles=tuple(sorted(set(entry.roles))),
        validators=tuple(sorted(entry.validators)),
    )


def _keys(policy: Policy, listed: Sequence[Listed], roster: Roster) -> Iterable[str]:
    holders, named = policy.key_holders(), {entry.operator for entry in listed}
    first: dict[PublicKey, Listed] = {}
    for entry in listed:
        shown = entry.key.fingerprint[:15]
        if holder := holders.get(entry.key.fingerprint):
            yield f"{entry.operator}: its key {shown} is a key of the holder {holder}"
        earlier = first.setdefault(entry.key, entry)
        if earlier is not entry:
            yield f"{entry.operator}: its key {shown} is listed for {earlier.operator}, too"
        seat = roster.by_key(entry.key.fingerprint)
        if seat is None:
            continue
        if seat.revoked:
            yield f"{entry.operator}: its key {shown} was revoked: {seat.revoked}"
        elif seat.operator not in named:
            yield f"{entry.operator}: its key {shown} is enrolled for {seat.operator} already"


def _roles(context: Context, listed: Sequence[Listed]) -> Iterable[str]:
    known = known_roles(context)
    for entry in listed:
        for role in entry.roles:
            if role not in known:
                near = did_you_mean(role, sorted(known))
                yield f"{entry.operator}: {role} is not a role of this launch{near}"
        for role, count in Counter(entry.roles).items():
            if count > 1:
                yield f"{entry.operator}: the role {role} is listed {count} times"


def _validators(listed: Sequence[Listed], roster: Roster, power: Power | None) -> Iterable[str]:
    named = {entry.operator for entry in listed}
    owners: dict[str, str] = {}
    for seat in roster.seats:
        if seat.operator not in named and not seat.revoked:
            owners |= {
                _one_name(name, power): f"{seat.operator} (enrolled)" for name in seat.validators
            }
    for entry in listed:
        for name in entry.validators:
            if power is not None and power.find(name) is None:
                yield f"{entry.operator}: {name} is not a validator of the sealed genesis"
            same = _one_name(name, power)
            if same in owners:
                yield f"{entry.operator}: the validator {name} belongs to {owners[same]}"
            owners.setdefault(same, entry.operator)


def _one_name(name: str, power: Power | None) -> str:
    """A validator in one spelling: of its key and its address the same, where that is known."""
    index = power.find(name) if power is not None else None
    return folded(name) if index is None else f"#{index}"
