"""What holds once all records are collected: a fold that does not depend on their order.

A revocation is only ever negative (law 9): revocations are collected first, over every record, and
then decide which positive statements are effective. The same records in any order give the same
result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import field, frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.policy.authority import keys_listed, registrar_keys
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.administration import Revocation
from aztrust.core.records.package import Announcement, Approval, Seal, Supersession
from aztrust.core.records.records import VerifiedRecord


class SignedStatement(Protocol):
    """A record or a verdict whose signature holds, wherever it is from."""

    @property
    def record_id(self) -> str:
        """The digest of what was signed."""

    @property
    def holder(self) -> str:
        """Whose key signed it."""

    @property
    def key(self) -> VerificationMaterial:
        """The key that signed it."""


@frozen
class EffectiveRecords:
    """All verified records by holders of this policy, and which of them revocations leave.

    Whether a statement is in force is asked here, of records and of verdicts alike, and also of a
    statement that is not among these records: a verdict that was handed to a gate.

    Args:
        verified: the records.
        revocations: the id of a record or verdict to the revocations that name it.
        revokers: the holders who may revoke every holder's statements.
        revoked_keys: fingerprint to the revocations of that key that count.
        withdrawals: identity of a supersession to its withdrawals.
        notices: what does not count.
    """

    verified: tuple[VerifiedRecord, ...] = ()
    revocations: Mapping[str, tuple[VerifiedRecord, ...]] = field(default_factory=dict)
    revokers: frozenset[str] = frozenset()
    revoked_keys: Mapping[str, tuple[VerifiedRecord, ...]] = field(default_factory=dict)
    withdrawals: Mapping[tuple[str, str], tuple[VerifiedRecord, ...]] = field(default_factory=dict)
    notices: tuple[Finding, ...] = ()

    def seals(self, package_class: PackageClass) -> tuple[VerifiedRecord, ...]:
        """Every seal of a class, effective or not."""
        return tuple(
            u
            for u in self.verified
            if isinstance(u.body, Seal) and u.body.package_class == package_class
        )

    def approvals(self, package_class: PackageClass) -> tuple[VerifiedRecord, ...]:
        """Every approval of a class, effective or not."""
        return tuple(
            u
            for u in self.verified
            if isinstance(u.body, Approval) and u.body.package_class == package_class
        )

    def supersessions(
        self, package_class: PackageClass, current: str
    ) -> tuple[VerifiedRecord, ...]:
        """Every supersession of a class that no effective withdrawal takes back.

        A supersession is negative, so a revoked key's still counts; a withdrawal is positive, so a
        revoked one does not. A withdrawal takes back its own signer's supersessions, or every
        holder's where its signer has a revocation role: no other role may undo a holder's stop
        (ADR 3). What supersedes the current package is taken back only by a withdrawal for that
        package: one made for another package counts for that one.
        """
        return tuple(
            u
            for u in self.verified
            if isinstance(u.body, Supersession)
            and u.body.package_class == package_class
            and not u.body.is_withdrawal
            and not self._is_withdrawn(u, u.body, current)
        )

    def _is_withdrawn(self, record: VerifiedRecord, body: Supersession, current: str) -> bool:
        return any(
            isinstance(w.body, Supersession)
            and (w.body.package_id == current or body.package_id != current)
            and self.is_effective(w)
            for w in self.withdrawals.get((record.record_id, record.key.fingerprint), ())
        )

    def announcements(self) -> tuple[VerifiedRecord, ...]:
        """Every announcement that is effective."""
        return tuple(
            u for u in self.verified if isinstance(u.body, Announcement) and self.is_effective(u)
        )

    def record_revocations(self, statement: SignedStatement) -> tuple[VerifiedRecord, ...]:
        """Every revocation of this very statement that counts: by its holder, or by a role."""
        return tuple(
            revocation
            for revocation in self.revocations.get(statement.record_id, ())
            if self.may_revoke(revocation.holder, statement)
        )

    def record_revocation(self, statement: SignedStatement) -> VerifiedRecord | None:
        """The first revocation of this very statement, if there is one."""
        return next(iter(self.record_revocations(statement)), None)

    def may_revoke(self, holder: str, statement: SignedStatement) -> bool:
        """Whether a holder may revoke a statement: its own, or with a revocation role."""
        return holder == statement.holder or holder in self.revokers

    def key_revocation(self, statement: SignedStatement) -> VerifiedRecord | None:
        """The first revocation of its key that voids this statement, if there is one."""
        return next(iter(self.key_revocations(statement)), None)

    def key_revocations(self, statement: SignedStatement) -> tuple[VerifiedRecord, ...]:
        """The revocations of its key that void this statement (law 9).

        `compromised` voids it whenever it was made; `retired` unless the revocation names it.
        Of several revocations each is enough.
        """
        return tuple(
            revocation
            for revocation in self.revoked_keys.get(statement.key.fingerprint, ())
            if isinstance(revocation.body, Revocation)
            and (
                revocation.body.reason != "retired"
                or statement.record_id not in revocation.body.stands
            )
        )

    def is_effective(self, statement: SignedStatement) -> bool:
        """Whether neither a statement nor its key was revoked.

        Asked of everything that is relied on. What stops or removes something counts without being
        asked: no revocation takes it back.
        """
        return self.record_revocation(statement) is None and self.key_revocation(statement) is None

    def counts(self, record: VerifiedRecord) -> bool:
        """Whether a record counts: a negative one always, any other while nothing revokes it."""
        return record.is_negative or self.is_effective(record)


def fold(policy: Policy, verified: Iterable[VerifiedRecord]) -> EffectiveRecords:
    """Which records of a set are effective under a policy; duplicates count once (law 8)."""
    unique = {(u.record_id, u.key.fingerprint): u for u in verified}
    notices: list[Finding] = []
    ordered = tuple(u for _, u in sorted(unique.items()) if _may_sign(policy, u, notices))
    revokers = frozenset(h for h in policy.holders if _may_revoke_anything(policy, h))
    # What the policy does not list may be the key of an operator, enrolled before or after.
    registrars, listed = registrar_keys(policy), keys_listed(policy)
    records: dict[str, tuple[VerifiedRecord, ...]] = {}
    keys: dict[str, tuple[VerifiedRecord, ...]] = {}
    for revocation in ordered:
        body = revocation.body
        if not isinstance(body, Revocation):
            continue
        everything = revocation.holder in revokers
        if body.target_kind == "key":
            owner = policy.key_holders().get(body.target)
            enrols = body.target not in listed and revocation.key.fingerprint in registrars
            if everything or enrols or owner == revocation.holder:
                keys[body.target] = (*keys.get(body.target, ()), revocation)
            else:
                notices.append(_not_entitled(revocation, f"the key {body.target}"))
            continue
        targets = [u for u in ordered if u.record_id == body.target]
        if not any(target.is_negative for target in targets):
            records[body.target] = (*records.get(body.target, ()), revocation)
        for target in targets:
            if target.is_negative:
                notices.append(_cannot_be_revoked(revocation, target))
            elif not everything and target.holder != revocation.holder:
                notices.append(_not_entitled(revocation, f"the record {body.target}"))
    withdrawals = _withdrawals(policy, ordered, notices)
    return EffectiveRecords(ordered, records, revokers, keys, withdrawals, tuple(notices))


def may_withdraw(policy: Policy, holder: str, supersession: VerifiedRecord) -> bool:
    """Whether a holder may take this supersession back: its own, or with a revocation role."""
    return supersession.holder == holder or _may_revoke_anything(policy, holder)


def _withdrawals(
    policy: Policy, verified: Iterable[VerifiedRecord], notices: list[Finding]
) -> Mapping[tuple[str, str], tuple[VerifiedRecord, ...]]:
    """(record id, key) of each supersession to its withdrawals, effective or not."""
    supersessions = [u for u in verified if isinstance(u.body, Supersession)]
    found: dict[tuple[str, str], tuple[VerifiedRecord, ...]] = {}
    for withdrawal in supersessions:
        if not isinstance(withdrawal.body, Supersession) or not withdrawal.body.is_withdrawal:
            continue
        named = set(withdrawal.body.withdraws)
        for target in supersessions:
            if target.record_id not in named or not _is_of_class(target, withdrawal):
                continue
            if not may_withdraw(policy, withdrawal.holder, target):
                notices.append(_may_not_withdraw(withdrawal, target))
                continue
            key = (target.record_id, target.key.fingerprint)
            found[key] = (*found.get(key, ()), withdrawal)
    return found


def _is_of_class(target: VerifiedRecord, withdrawal: VerifiedRecord) -> bool:
    one, other = target.body, withdrawal.body
    if not isinstance(one, Supersession) or not isinstance(other, Supersession):
        return False
    return one.package_class == other.package_class and not one.is_withdrawal


def _may_not_withdraw(withdrawal: VerifiedRecord, target: VerifiedRecord) -> Finding:
    return Finding(
        "signer-not-in-role",
        withdrawal.record_id,
        f"{withdrawal.holder} may not withdraw the supersession {target.record_id[7:23]} by"
        f" {target.holder}; it still counts",
        mend=f"ask {target.holder}, or a holder of a [revocation] role",
    )


def _may_sign(policy: Policy, record: VerifiedRecord, notices: list[Finding]) -> bool:
    """Whether its kind lets this holder sign it; a notice where it does not."""
    kind, body = record.descriptor, record.body
    if kind.checks_decide or kind.is_by_a_role(policy, record.holder, body):
        return True
    roles = kind.may_sign(policy, body) or frozenset()
    notices.append(
        Finding(
            "signer-not-in-role",
            record.record_id,
            f"{record.holder} may not make a record of kind {record.kind}",
            expected=" or ".join(sorted(roles)) or "no holder: no [verdicts]",
            mend="it does not count; ask a holder of one of these roles",
        )
    )
    return False


def _may_revoke_anything(policy: Policy, holder: str) -> bool:
    return not set(policy.holders[holder].roles).isdisjoint(policy.revocation.roles)


def _not_entitled(revocation: VerifiedRecord, target: str) -> Finding:
    return Finding(
        "signer-not-in-role",
        revocation.record_id,
        f"{revocation.holder} may not revoke {target}; the revocation counts nowhere",
        mend="ask its signer, or a holder of a [revocation] role",
    )


def _cannot_be_revoked(revocation: VerifiedRecord, target: VerifiedRecord) -> Finding:
    return Finding(
        "approval-revoked",
        revocation.record_id,
        f"a {target.kind} cannot be revoked; {revocation.holder} changed nothing",
        mend="make the statement you need anew",
    )
