"""Revoking a record or a key: which one, who may, and what ceases to count with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from aztrust.acts.act import Act, Plan, checked_text
from aztrust.acts.ids import SHORTEST_OBJECT, record_digits, that_begin
from aztrust.acts.preconditions import require_readable_records
from aztrust.acts.revocation_impact import effects, verdict_title
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.operators import operator_title
from aztrust.core.history.revocations import EffectiveRecords, fold
from aztrust.core.history.roster import listed_keys
from aztrust.core.history.verdictset import HeldVerdict, read_verdicts
from aztrust.core.policy.model import Policy
from aztrust.core.records.administration import Revocation
from aztrust.core.records.package import Supersession
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, reconsidered, require_policy, require_signers
from aztrust.core.state.seals import withdraw_command

KEY_REASONS = ("compromised", "retired")


@frozen
class Target:
    """What is to be revoked. `verified` are its statements that are known here.

    `owner` is a key's holder or a verdict's signer, "" for another record; `verdict` says which
    verdict a record is. `operator` is whose enrolled key it is, "" for every other target.
    """

    kind: Literal["record", "key"]
    digest: str
    verified: tuple[VerifiedRecord, ...] = ()
    owner: str = ""
    verdict: HeldVerdict | None = None
    operator: str = ""

    @property
    def owner_title(self) -> str:
        """Whose key it is, for a person."""
        return operator_title(self.operator) if self.operator else self.owner


@frozen
class Impact:
    """What a revocation changes.

    Args:
        target: what is revoked.
        falls: statements that count now and will not count afterwards.
        effects: what that does to the launch, one sentence each.
    """

    target: Target
    falls: tuple[VerifiedRecord, ...] = ()
    effects: tuple[str, ...] = ()


def find_target(context: Context, text: str) -> Target:
    """The target that a record id, a fingerprint, a prefix of one, or a file name denotes.

    Raises:
        UsageError: too short, not hex, unknown, or ambiguous.
        CouldNotCheck: a record, key or manifest cannot be understood: it may be the named one.
        Refused: it is a record that cannot be revoked.
    """
    require_readable_records(context)
    policy, effective = require_policy(context), context.records.effective
    digits = record_digits(text)
    if not digits:
        raise UsageError(
            f"{escape(text)[:80]} is neither a record id nor a key fingerprint",
            mend=f"give the fingerprint: aztrust key fingerprint {escape(text)[:80]}"
            if text.strip().endswith(".pem")
            else f"give at least {SHORTEST_OBJECT} of its hex digits, or a record's file name",
        )
    prefix = f"sha256:{digits}"
    verdicts = {v.record_id: v for v in context.verdicts.verdicts}
    known = {u.record_id for u in effective.verified} | verdicts.keys()
    records = sorted(that_begin(known, digits))
    holders, enrolled = policy.key_holders(), listed_keys(effective)
    keys = sorted(that_begin({*holders, *enrolled}, digits))
    if len(records) + len(keys) > 1:
        raise UsageError(
            f"{digits} fits {len(records) + len(keys)} records and keys",
            mend="give more of its digits",
            details=(
                *(
                    f"record {r[7:]}  "
                    + (verdict_title(verdicts[r]) if r in verdicts else _by_id(effective, r).title)
                    for r in records
                ),
                *(f"key    {k[7:]}  {holders.get(k) or operator_title(enrolled[k])}" for k in keys),
            ),
        )
    if keys:
        if keys[0] not in holders:
            return Target("key", keys[0], operator=enrolled[keys[0]])
        return Target("key", keys[0], owner=holders[keys[0]])
    if not records:
        _refuse_confirmation(context, digits)
        if len(digits) < 64:
            raise UsageError(
                f"no record and no key here begins with {digits}",
                mend="give all 64 hex digits to revoke a record that has not arrived yet",
            )
        return Target("record", prefix)
    verdict = verdicts.get(records[0])
    if verdict is not None:
        if not verdict.statement.may_pass:
            raise Refused(
                f"a {verdict_title(verdict)} did not pass, and cannot be revoked",
                subject=verdict.record_id,
                mend="a negative verdict cannot be revoked; make a new verdict",
            )
        return Target("record", records[0], owner=verdict.holder, verdict=verdict)
    target = Target("record", records[0], _all_by_id(effective, records[0]))
    if all(u.is_negative for u in target.verified):
        raise _not_revocable(target.verified[0])
    return target


def _refuse_confirmation(context: Context, digits: str) -> None:
    """Refuse to revoke what an operator confirmed: a later confirmation takes its place."""
    confirmed = (*context.confirmations, *context.records.unentered)
    for each in confirmed:
        if each.record_id[7:].startswith(digits):
            raise Refused(
                f"the confirmation by {each.seat.title} is not revoked by its id",
                subject=each.record_id,
                mend=f"revoke the key: aztrust revoke {each.seat.key.keyid[:16]} --reason"
                " compromised; or the operator confirms again, with --not-ready",
            )


def revoker_keys(policy: Policy, target: Target) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may revoke the target (law 9)."""
    owners = {target.owner, *(u.holder for u in target.verified)}
    is_unknown = target.kind == "record" and not target.verified and target.verdict is None
    roles = {*policy.revocation.roles, *((policy.readiness.registrar,) if target.operator else ())}
    return {
        key: name
        for name, holder in policy.holders.items()
        if is_unknown or name in owners or not roles.isdisjoint(holder.roles)
        for key in holder.keys
    }


def plan_revocation(
    act: Act, target: Target, key: VerificationMaterial, reason: str
) -> Plan[Revocation, Impact]:
    """The revocation with its consequences, which are computed by applying it.

    Raises:
        UsageError: the reason is empty or too long, or not one that a key can be revoked for.
        CouldNotCheck: a record, key or manifest cannot be understood.
    """
    policy, context = act.policy, act.context
    effective = context.records.effective
    require_readable_records(context)
    checked_text(reason, "--reason")
    if target.kind == "key" and reason not in KEY_REASONS:
        raise UsageError(
            "a key is revoked as compromised or as retired",
            subject="--reason",
            mend="compromised voids everything it signed; retired keeps what it signed until now",
        )
    holder = policy.key_holders()[key.fingerprint]
    retired = target.kind == "key" and reason == "retired"
    body = Revocation(
        policy_digest=context.policy_digest,
        reason=reason,
        revoked_at_unix_ms=act.now_unix_ms,
        stands=_kept_by_a_retired_key(context, target.digest) if retired else (),
        target=target.digest,
        target_kind=target.kind,
    )
    earlier = _earlier(context, target, body, holder)
    if earlier is not None:
        return Plan("revocation", body, holder, Impact(target), earlier)
    # The id is not known before the signature, and has no effect on what ceases to count.
    new = VerifiedRecord(target.digest, "revocation", holder, key, body, {})
    after = fold(policy, (*effective.verified, replace(new, record_id="sha256:new")))
    falls = tuple(
        u
        for u in effective.verified
        if not u.is_negative and effective.is_effective(u) and not after.is_effective(u)
    )
    verdicts = read_verdicts(require_signers(context), after, context.evidence.verdicts)
    changed = reconsidered(context, after, verdicts)
    impact = Impact(target, falls, tuple(effects(context, changed)))
    return Plan("revocation", body, holder, impact)


def title(record: VerifiedRecord) -> str:
    """A statement in short: `approval of release 065b73d5 by sonia`."""
    return f"{record.title} by {record.holder}"


def _all_by_id(effective: EffectiveRecords, record_id: str) -> tuple[VerifiedRecord, ...]:
    return tuple(u for u in effective.verified if u.record_id == record_id)


def _by_id(effective: EffectiveRecords, record_id: str) -> VerifiedRecord:
    return _all_by_id(effective, record_id)[0]


def _not_revocable(record: VerifiedRecord) -> Refused:
    body = record.body
    mend = "a revocation cannot be revoked; make a new statement"
    if isinstance(body, Supersession):
        mend = f"withdraw it: {withdraw_command(body.package_class, body.package_id)}"
    return Refused(f"a {record.kind} cannot be revoked", subject=record.record_id, mend=mend)


def _kept_by_a_retired_key(context: Context, fingerprint: str) -> tuple[str, ...]:
    """What a retired key keeps: its statements and verdicts known here that count now."""
    effective, verdicts = context.records.effective, context.verdicts
    left = [
        u.record_id
        for u in effective.verified
        if u.key.fingerprint == fingerprint and not u.is_negative and effective.is_effective(u)
    ]
    left += [
        v.record_id
        for v in verdicts.verdicts
        if v.statement.key.fingerprint == fingerprint
        and v.statement.may_pass
        and verdicts.is_effective(v)
    ]
    return tuple(sorted(left))


def _earlier(
    context: Context, target: Target, body: Revocation, holder: str
) -> VerifiedRecord | None:
    """A revocation that counts and already does all that the new one would.

    For a record that is the holder's own: a new approval may have answered another holder's
    revocation, and this holder's revocation is separate from it.
    """
    effective = context.records.effective
    if target.verdict is not None:
        revocations = context.verdicts.revocations_of(target.verdict)
        return next((r for r in revocations if r.holder == holder), None)
    if target.kind == "record":
        own = [
            next((r for r in effective.record_revocations(u) if r.holder == holder), None)
            for u in target.verified
            if not u.is_negative
        ]
        return own[0] if own and None not in own else None
    for revocation in effective.revoked_keys.get(target.digest, ()):
        old = revocation.body
        if isinstance(old, Revocation) and old.reason in (body.reason, "compromised"):
            return revocation
    return None
