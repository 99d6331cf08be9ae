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
from aztrust.core.formats.checkpoint_note import claimed_head, parse_note
from aztrust.core.formats.keys import VerificationMaterial, parse_public_key
from aztrust.core.history.opening import Keyring
from aztrust.core.history.replay import Trust
from aztrust.core.policy.model import Policy
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import is_freeze

Source = Literal["policy", "freeze", "itself"]


@frozen
class Keeping:
    """A log's origin and keeper; `source` says who names them."""

    origin: str
    keeper: VerificationMaterial
    source: Source

    def trust(self, context: Context) -> Trust:
        """What a replay asks for: with the keys of the policy's holders."""
        return Trust(self.origin, self.keeper, context.keyring.keys, context.evidence.opener)


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
    return Keeping(trust.origin, trust.keeper, source)


@frozen
class LedgerName:
    """A log and its one keeper, as the policy or a freeze names them."""

    origin: str
    keeper: str


def named_by_policy(policy: Policy) -> LedgerName | None:
    """The ledger of `[ledger]`."""
    table = policy.ledger
    return None if table is None else LedgerName(table.origin, table.keeper)


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
    return Trust(name.origin, _keeper(name, keyring, files), keyring.keys)


def _keeper(name: LedgerName, keyring: Keyring, files: Mapping[str, bytes]) -> VerificationMaterial:
    held = keyring.keys.get(name.keeper)
    if held is not None:
        return held
    for file in sorted(files):
        try:
            key = parse_public_key(files[file], name=f"keys/{file}")
        except Malformed:
            continue
        if key.fingerprint == name.keeper:
            return key
    raise Malformed(
        f"the key of the ledger's keeper, {name.keeper[7:15]}, is not in keys/",
        subject="keys/",
        code="key-missing",
        mend="put the keeper's public key into keys/, as it was announced",
    )
