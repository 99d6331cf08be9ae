"""Who keeps a log, and what names that keeper.

1. The policy's `[ledger]`: part of what the anchor fixes.
2. An effective freeze of this policy: its `ledger` says which log was considered.
3. Nothing yet: the first head in the store shows its origin and, among the holders' keys, the key
   that signed it. That keeper has named itself, and anyone who could write the file could be it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.formats.checkpoint_note import (
    VerifiedHead,
    claimed_head,
    parse_note,
)
from aztrust.core.formats.keys import VerificationMaterial, parse_public_key
from aztrust.core.history.opener import Opener
from aztrust.core.history.opening import Keyring
from aztrust.core.history.stored_log import Trust
from aztrust.core.policy.model import Policy
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import is_freeze

Source = Literal["policy", "freeze", "itself"]


@frozen
class Keeping:
    """A log's origin, its keeper and the deputies; `source` says who names them.

    `earlier` are the keepers of the parts of the log before the present keeper's. `further` are the
    other keys that the policy lists for any of them.
    """

    origin: str
    keeper: VerificationMaterial
    source: Source
    deputies: tuple[VerificationMaterial, ...] = ()
    earlier: tuple[VerificationMaterial, ...] = ()
    further: tuple[VerificationMaterial, ...] = ()

    @property
    def keepers(self) -> tuple[VerificationMaterial, ...]:
        """Every keeper, in their order: those before the present one, this one, the deputies."""
        return (*self.earlier, self.keeper, *self.deputies)

    def open_head(self, note: bytes, opener: Opener, *, name: str) -> VerifiedHead:
        """The head in a note, by the last of the keepers who signed it; raises as `open_head`."""
        keeper, *deputies = self.keepers
        trust = Trust(self.origin, keeper, {}, opener, tuple(deputies), self.further)
        return trust.open_head(note, name=name)

    def trust(self, context: Context) -> Trust:
        """What a replay asks for: with the keys of the policy's holders."""
        keeper, *deputies = self.keepers
        opener = context.evidence.opener
        keys = context.keyring.keys
        registrars = context.keyring.registrars
        return Trust(self.origin, keeper, keys, opener, tuple(deputies), self.further, registrars)


def named_keeping(context: Context) -> Keeping | None:
    """Origin and keeper as the policy or a freeze names them; None where neither does.

    Raises:
        Malformed: `key-missing`: the keeper's public key is not available here;
            `ledger-inconsistent`: effective freezes name several ledgers.
    """
    named = named_by_policy(context.policy) if context.policy is not None else None
    if named is not None:
        return _keeping(context, named, "policy")
    frozen_names = named_by_freezes(context)
    if len(frozen_names) > 1:
        holders = context.policy.key_holders() if context.policy is not None else {}
        kept = (f"{n.origin} by {holders.get(n.keeper, n.keeper[7:15])}" for n in frozen_names)
        raise Malformed(
            f"the effective freezes name {len(frozen_names)} ledgers: kept are {', '.join(kept)}",
            subject=frozen_names[0].origin,
            code="ledger-inconsistent",
            mend="agree on one; who froze with the other takes that back and moves its ledger away",
        )
    return _keeping(context, frozen_names[0], "freeze") if frozen_names else None


def claimed_keeping(context: Context, origin: str, heads: Iterator[bytes]) -> Keeping | None:
    """The keeper that a log names by itself: whose key, among the holders', signed its first head.

    Args:
        context: whose keys are available here.
        origin: what the store calls itself.
        heads: its notes, the smallest first.
    """
    note = next(heads, None)
    if note is None:
        return None
    try:
        parsed = parse_note(note, name="the first head")
        head = claimed_head(parsed)
    except Malformed:
        return None
    if head.origin != origin:
        return None
    ids = {line.key_id for line in parsed.signatures if line.name == origin}
    signers = [key for key in context.keyring.keys.values() if key.log_id(origin)[:4] in ids]
    return Keeping(origin, signers[0], "itself") if len(signers) == 1 else None


def _keeping(context: Context, name: LedgerName, source: Source) -> Keeping:
    trust = trust_of(name, context.keyring, context.evidence.keys)
    return Keeping(trust.origin, trust.keeper, source, trust.deputies, further=trust.further)


@frozen
class LedgerName:
    """A log, its keepers in their order and their further keys, as the policy or a freeze says."""

    origin: str
    keeper: str
    deputies: tuple[str, ...] = ()
    further: tuple[str, ...] = ()


def named_by_policy(policy: Policy) -> LedgerName | None:
    """The ledger of `[ledger]`."""
    table = policy.ledger
    if table is None:
        return None
    keeper, *deputies = table.head_keys
    return LedgerName(table.origin, keeper, tuple(deputies), table.further_keys)


def named_by_freezes(context: Context) -> tuple[LedgerName, ...]:
    """The ledgers that effective freezes of this policy name, each once, sorted.

    A freeze makes a ledger where there is none, and names it in its verdict. Only a holder of a
    verdict role can do so, under this very policy; effective freezes decide, of whatever scope.
    Where no effective freeze names one, revoked freezes do: revoking a freeze does not remove the
    records in its ledger, an invalidation among them.
    """
    effective = set(_named(context, effective=True))
    if not effective:
        taken_back = set(_named(context, effective=False))
        effective = taken_back if len(taken_back) == 1 else set()
    return tuple(sorted(effective, key=lambda name: (name.origin, name.keeper)))


def _named(context: Context, *, effective: bool) -> Iterator[LedgerName]:
    for verdict in context.verdicts.verdicts:
        statement = verdict.statement
        ours = statement.policy_digest == context.policy_digest
        head = getattr(statement, "ledger", None)
        if head is None or not ours or not is_freeze(context.policy, verdict):
            continue
        if context.verdicts.is_effective(verdict) is effective:
            yield LedgerName(head.origin, head.keeper)


def trust_of(name: LedgerName, keyring: Keyring, files: Mapping[str, bytes]) -> Trust:
    """What a ledger of that name is checked against.

    Args:
        name: the log and its keeper.
        keyring: the keys of the holders whose records belong in it.
        files: file name to bytes of `keys/*.pem`: the keeper need not be a holder.

    Raises:
        Malformed: `key-missing`: the keeper's key is not available here.
    """
    keeper, *deputies = (
        _head_key(fingerprint, keyring, files) for fingerprint in (name.keeper, *name.deputies)
    )
    # One that is not here is reported with the keys; its lines are carried.
    further = tuple(keyring.keys[key] for key in name.further if key in keyring.keys)
    return Trust(
        name.origin,
        keeper,
        keyring.keys,
        deputies=tuple(deputies),
        further=further,
        registrars=keyring.registrars,
    )


def _head_key(
    fingerprint: str, keyring: Keyring, files: Mapping[str, bytes]
) -> VerificationMaterial:
    held = keyring.keys.get(fingerprint)
    if held is not None:
        return held
    for file in sorted(files):
        try:
            key = parse_public_key(files[file], name=f"keys/{file}")
        except Malformed:
            continue
        if key.fingerprint == fingerprint:
            return key
    raise Malformed(
        f"the key of a keeper of the ledger, {fingerprint[7:15]}, is not in keys/",
        subject="keys/",
        code="key-missing",
        mend="put the keeper's public key into keys/, as it was announced",
    )
