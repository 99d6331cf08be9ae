"""Who keeps a launch's ledger: as the policy, a freeze or its own first head names it."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.ledger.log_identity import Keeping, claimed_keeping, named_keeping
from aztrust.storage.ledger.store import LedgerStore

_WHO: Final = {
    "policy": "the policy",
    "freeze": "a freeze",
    "itself": "nobody but the ledger itself",
}


def keeping_of(context: Context, store: LedgerStore) -> Keeping | None:
    """Whose ledger this is: as the policy or a freeze names it, else as its first head does.

    Raises:
        Malformed: `key-missing`: the keeper's public key is not at hand.
        Refused: `ledger-inconsistent`: it is another log than this launch's.
    """
    named = named_keeping(context)
    if named is None:
        return claimed_keeping(context, store.origin, (note for _, note in store.heads()))
    if named.origin != store.origin:
        raise Refused(
            f"this is the ledger {escape(store.origin)[:80]}; {_WHO[named.source]} names"
            f" {escape(named.origin)[:80]}",
            subject=escape(store.origin)[:80],
            code="ledger-inconsistent",
            mend="name this launch's ledger: --ledger PATH",
        )
    return named


def require_keeping(context: Context, store: LedgerStore) -> Keeping:
    """The same, where nothing can be said without it.

    Raises:
        CouldNotCheck: nobody named a keeper, and no head names one.
        Malformed, Refused: as `keeping_of`.
    """
    keeping = keeping_of(context, store)
    if keeping is None:
        raise CouldNotCheck(
            "nobody says who keeps this ledger: not the policy, no freeze, and it has no head",
            subject=escape(store.origin)[:80],
            mend="its keeper signs the first head: aztrust ledger head --key K",
        )
    return keeping


def nobody(context: Context, origin: str) -> Keeping:
    """For a log that nobody keeps yet: it has no head, so that none is held against this key.

    Raises:
        CouldNotCheck: there is no key of a holder at hand.
    """
    for _, key in sorted(context.keyring.keys.items()):
        return Keeping(origin, key, "itself")
    raise CouldNotCheck(
        "no holder's key is at hand, so no record can be verified",
        subject="keys/",
        mend="put the holders' keys back into keys/",
    )


def named_source(keeping: Keeping) -> str:
    """Who names the keeper, in words."""
    return _WHO[keeping.source]


def keepers_for(context: Context) -> dict[str, str]:
    """Fingerprint to holder, of every key that may keep this launch's ledger."""
    policy = require_policy(context)
    named = named_keeping(context)
    if named is None:
        return dict(policy.key_holders())
    key = named.keeper.fingerprint
    return {key: policy.key_holders().get(key, "the keeper")}


def named_keeper(context: Context) -> str | None:
    """The fingerprint of the keeper that the policy or a freeze names; None where neither does.

    Raises:
        Malformed: as `named_keeping`.
    """
    named = named_keeping(context)
    return None if named is None else named.keeper.fingerprint


def keeper_of(context: Context, store: LedgerStore) -> str | None:
    """The keeper's fingerprint, None where nobody keeps it yet; raises as `keeping_of`."""
    keeping = keeping_of(context, store)
    return None if keeping is None else keeping.keeper.fingerprint
