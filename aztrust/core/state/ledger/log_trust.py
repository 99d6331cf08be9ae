"""Whose ledger a launch's is: the one that the policy names, else the one that its freeze names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import PublicKey, parse_public_key
from aztrust.core.history.keyring import Keyring
from aztrust.core.history.replay import Trust
from aztrust.core.policy import Policy
from aztrust.core.state.context import Context
from aztrust.core.state.freezes import is_freeze


@frozen
class LedgerName:
    """A log and its one keeper, as somebody with authority names them."""

    origin: str
    keeper: str


def named_by_policy(policy: Policy) -> LedgerName | None:
    """The ledger of `[ledger]`."""
    table = policy.ledger
    return None if table is None else LedgerName(table.origin, table.keeper)


def named_by_freezes(context: Context) -> tuple[LedgerName, ...]:
    """The ledgers that standing freezes of this policy name, each once, sorted.

    A freeze makes a ledger where there is none, and says in its verdict which. Only a holder of a
    verdict role can say so, under this very policy; what stands decides, whatever scope it froze.
    Where nothing that stands names one, the one does that freezes name which were taken back: to
    take back a freeze makes no word unsaid that its ledger holds, an invalidation among them.
    """
    standing = set(_named(context, stands=True))
    if not standing:
        taken_back = set(_named(context, stands=False))
        standing = taken_back if len(taken_back) == 1 else set()
    return tuple(sorted(standing, key=lambda name: (name.origin, name.keeper)))


def _named(context: Context, *, stands: bool) -> Iterator[LedgerName]:
    for verdict in context.verdicts.verdicts:
        statement = verdict.statement
        ours = statement.policy_digest == context.policy_digest
        head = getattr(statement, "ledger", None)
        if head is None or not ours or not is_freeze(context.policy, verdict):
            continue
        if context.verdicts.stands(verdict) is stands:
            yield LedgerName(head.origin, head.keeper)


def trust_of(name: LedgerName, keyring: Keyring, files: Mapping[str, bytes]) -> Trust:
    """What a ledger of that name is held against.

    Args:
        name: the log and its keeper.
        keyring: the holders' keys; whose records belong in it.
        files: file name to bytes of `keys/*.pem`: the keeper need not be a holder.

    Raises:
        Malformed: `key-missing`: the keeper's key is not at hand.
    """
    return Trust(name.origin, _keeper(name, keyring, files), keyring.keys)


def _keeper(name: LedgerName, keyring: Keyring, files: Mapping[str, bytes]) -> PublicKey:
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
