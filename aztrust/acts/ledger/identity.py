"""Which ledger is a launch's: where it is, what it is called, and whose key signs its heads.

The policy names origin and keeper, or a freeze does; until one of them does, the first head of the
ledger itself.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Final

from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import replace
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import VerifiedHead, check_origin
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.history.keepers import Succession, is_administration
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.ledger.log_identity import Keeping, claimed_keeping, named_keeping
from aztrust.storage.ledger.location import find_ledger
from aztrust.storage.ledger.sqlite import SQLiteStore, open_store
from aztrust.storage.ledger.store import LedgerStore

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]+")
_WHO: Final = {
    "policy": "the policy",
    "freeze": "a freeze",
    "itself": "only the ledger itself",
}


def ledger_path(context: Context, option: str | None) -> Path:
    """Where this launch's ledger is, or would be.

    Args:
        context: the launch.
        option: `--ledger` as typed, None where it was not given.

    Raises:
        Malformed: the policy is malformed.
        UsageError, CouldNotCheck: as `find_ledger`.
    """
    policy = require_policy(context)
    return find_ledger(option, policy.launch.chain_id, context.policy_digest)


def open_ledger(path: Path, *, writing: bool = False) -> AbstractContextManager[SQLiteStore]:
    """The ledger in a file, closed at the end; raises as `open_store`."""
    return open_store(path, writing=writing)


def origin_for(context: Context, option: str | None) -> str:
    """The origin of a new ledger: the policy's, the one asked for, or made of the chain id.

    Raises:
        UsageError: another one is asked for than the policy or a freeze names.
        Malformed: `policy-malformed`: it cannot name a key.
    """
    named = named_keeping(context)
    if named is not None:
        if option not in (None, named.origin):
            raise UsageError(
                f"{_WHO[named.source]} names the origin {escape(named.origin)}",
                subject="--origin",
                mend="leave --origin out",
            )
        return named.origin
    return check_origin(default_origin(context) if option is None else option)


def default_origin(context: Context) -> str:
    """The name of a ledger that no policy names: chain id, and 16 digits of the policy's digest."""
    chain_id = _UNSAFE.sub("-", require_policy(context).launch.chain_id)[:64].strip("-.")
    return check_origin(f"{chain_id or 'ledger'}.{context.policy_digest[7:23]}")


def keeping_of(context: Context, store: LedgerStore) -> Keeping | None:
    """Whose ledger this is: as the policy or a freeze names it, else as its first head does.

    Where a deputy took it over by an entry, that deputy is its keeper, and the deputies are those
    who come after.

    Raises:
        Malformed: `key-missing`: the keeper's public key is not here.
        Refused: `ledger-inconsistent`: it is not this launch's log, or a take-over in it is not
            allowed in its place.
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
    return _in_force(context, store, named) if named.deputies else named


def _in_force(context: Context, store: LedgerStore, named: Keeping) -> Keeping:
    succession = succession_of(context, store, named)
    rest = named.keepers[named.keepers.index(succession.keeper) + 1 :]
    return replace(named, keeper=succession.keeper, deputies=rest, earlier=succession.earlier)


def succession_of(context: Context, store: LedgerStore, named: Keeping) -> Succession:
    """The keepers of a store as its entries show them.

    Raises:
        Refused: `ledger-inconsistent`: an entry is not allowed in its place.
    """
    succession = Succession(named.keepers)
    for entry in store.entries():
        # The record of an entry that is withheld is unknown; it may be a take-over.
        if not entry.envelope:
            continue
        if not is_administration(parse_envelope(entry.envelope, name="").payload):
            continue
        name = f"entry {entry.index}"
        record = read_record(
            entry.envelope, context.keyring.keys, context.evidence.opener, name=name
        )
        reason = succession.take(
            entry.index, record, partial(merkle.root, entry.index, store.nodes)
        )
        if reason:
            raise Refused(f"{name} {reason}", subject=name, code="ledger-inconsistent")
    return succession


def require_keeping(context: Context, store: LedgerStore) -> Keeping:
    """The same, for an act that needs a keeper.

    Raises:
        CouldNotCheck: neither policy, freeze nor head names a keeper.
        Malformed, Refused: as `keeping_of`.
    """
    keeping = keeping_of(context, store)
    if keeping is None:
        raise CouldNotCheck(
            "this ledger has no keeper: no policy and no freeze names one, and it has no head",
            subject=escape(store.origin)[:80],
            mend="its keeper signs the first head: aztrust ledger head --key K",
        )
    return keeping


def unkept(context: Context, origin: str) -> Keeping:
    """For a log without a keeper: it has no head, so no head is verified with this key.

    Raises:
        CouldNotCheck: there is no key of a holder here.
    """
    for _, key in sorted(context.keyring.keys.items()):
        return Keeping(origin, key, "itself")
    raise CouldNotCheck(
        "no holder's key is here, so no record can be verified",
        subject="keys/",
        mend="put the holders' keys back into keys/",
    )


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
    """The keeper's fingerprint, None where there is no keeper yet; raises as `keeping_of`."""
    keeping = keeping_of(context, store)
    return None if keeping is None else keeping.keeper.fingerprint


def last_head(store: LedgerStore, keeping: Keeping, opener: Opener) -> VerifiedHead | None:
    """The keeper's largest head in a store; None where it has none.

    Raises:
        Malformed: `signature-invalid`, `ledger-inconsistent`: it is not the keeper's.
    """
    note = store.latest_head()
    if note is None:
        return None
    return keeping.open_head(note, opener, name="the ledger's last head")
