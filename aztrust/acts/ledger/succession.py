"""The keeper changes, or the ledger ends: the two entries that only a keeper's own command adds."""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.ledger.append import closed_at
from aztrust.acts.ledger.heads import SignedHead, sign_head
from aztrust.acts.ledger.identity import keeping_of, last_head
from aztrust.acts.ledger.trusted_heads import require_consistent_log
from aztrust.acts.sign import SignedRecord, sign_record
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.records.administration import Closing, TakeOver
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.log_identity import Keeping
from aztrust.signers import Signer
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore


@frozen
class Succeeded:
    """The entry that was added, and the head over it."""

    record: SignedRecord
    index: int
    head: SignedHead


def take_over(
    path: Path, context: Context, signer: Signer, reason: str, now_unix_ms: int
) -> Succeeded:
    """Take the ledger over from its keeper: append the take-over, sign the first head over it.

    Args:
        path: the deputy's store, made from everything that was published.
        context: the launch.
        signer: a deputy's.
        reason: why, 1 to 1000 characters.
        now_unix_ms: the time of the entry and the head.

    Raises:
        Refused: `signer-not-in-role`: the policy does not list the signer as a deputy after the
            present keeper; `ledger-inconsistent`: a head that is kept here is over more entries, or
            the last head does not cover every entry.
        CouldNotCheck: there is no head to continue from, or the ledger cannot be written.
    """
    with open_store(path, writing=True) as store:
        keeping = _require_named(context, store)
        require_deputy(keeping, signer)
        with store.transaction():
            opener = context.evidence.opener
            require_consistent_log(store, keeping, opener)
            last = last_head(store, keeping, opener)
            if last is None:
                raise CouldNotCheck(
                    "the keeper signed no head yet, so there is no log to take over",
                    subject=escape(keeping.origin)[:80],
                    mend="announce another policy whose first keeper is the deputy",
                )
            if last.head.size != store.size():
                raise Refused(
                    f"the last head is over {last.head.size} entries, and the ledger has"
                    f" {store.size()}",
                    subject=escape(keeping.origin)[:80],
                    code="ledger-inconsistent",
                    mend="make the ledger again from what the keeper published: aztrust ledger"
                    " rebuild",
                )
            body = TakeOver(
                origin=keeping.origin,
                policy_digest=context.policy_digest,
                reason=reason,
                root=f"sha256:{last.head.root.hex()}",
                size=last.head.size,
                taken_at_unix_ms=now_unix_ms,
            )
            record = sign_record("take-over", body, {}, signer)
            index = _append(store, context, record)
    return Succeeded(record, index, sign_head(path, context, signer, now_unix_ms))


def close(path: Path, context: Context, signer: Signer, reason: str, now_unix_ms: int) -> Succeeded:
    """End the ledger: append the closing, sign the head over it.

    Args:
        path, context, signer, reason, now_unix_ms: as `take_over`; the signer keeps the ledger.

    Raises:
        Refused: `signer-not-in-role`: the signer is not the keeper; `ledger-closed`: it was closed
            before; as `sign_head`.
        CouldNotCheck: the ledger cannot be written.
    """
    with open_store(path, writing=True) as store:
        keeping = _require_named(context, store)
        require_keeper(keeping, signer)
        with store.transaction():
            refuse_closed(store, context)
            require_consistent_log(store, keeping, context.evidence.opener)
            body = Closing(
                closed_at_unix_ms=now_unix_ms, policy_digest=context.policy_digest, reason=reason
            )
            record = sign_record("closing", body, {}, signer)
            index = _append(store, context, record)
    return Succeeded(record, index, sign_head(path, context, signer, now_unix_ms))


def refuse_closed(store: LedgerStore, context: Context) -> None:
    """Refuse to append what is not negative to a ledger that was closed.

    Raises:
        Refused: `ledger-closed`.
    """
    index = closed_at(store, context)
    if index is not None:
        raise Refused(
            f"the ledger was closed by entry {index}; only negative records are appended to it",
            subject=escape(store.origin)[:80],
            code="ledger-closed",
            mend="another launch has another ledger: announce a new policy with its own origin",
        )


def _require_named(context: Context, store: LedgerStore) -> Keeping:
    keeping = keeping_of(context, store)
    if keeping is None or keeping.source != "policy":
        raise Refused(
            "the policy names no keeper of this ledger",
            subject=escape(store.origin)[:80],
            code="ledger-unnamed",
            mend="name the keepers in [ledger] and announce that policy",
        )
    return keeping


def require_keeper(keeping: Keeping, signer: Signer) -> None:
    """Refuse a signer who does not keep the ledger now.

    Raises:
        Refused: `signer-not-in-role`.
    """
    if signer.public.fingerprint != keeping.keeper.fingerprint:
        raise Refused(
            f"the key {signer.public.keyid[:8]} does not keep this ledger",
            subject=escape(keeping.origin)[:80],
            code="signer-not-in-role",
            mend=f"its keeper's key is {keeping.keeper.keyid[:8]}; a deputy takes it over: aztrust"
            " ledger take-over --reason T",
        )


def require_deputy(keeping: Keeping, signer: Signer) -> None:
    """Refuse a signer who may not take the ledger over from its present keeper.

    Raises:
        Refused: `signer-not-in-role`.
    """
    if signer.public in keeping.deputies:
        return
    if signer.public == keeping.keeper:
        raise Refused(
            "this key keeps the ledger already",
            subject=escape(keeping.origin)[:80],
            code="signer-not-in-role",
            mend="sign a head: aztrust ledger head --key K",
        )
    names = ", ".join(key.keyid[:8] for key in keeping.deputies) or "none"
    raise Refused(
        f"the key {signer.public.keyid[:8]} is not a deputy of this ledger; the policy lists"
        f" after its present keeper: {names}",
        subject=escape(keeping.origin)[:80],
        code="signer-not-in-role",
        mend="a deputy of [[ledger.keepers]] takes it over",
    )


def _append(store: LedgerStore, context: Context, record: SignedRecord) -> int:
    return store.append_many([_read(context, record.data, record.path)])[0].index


def _read(context: Context, envelope: bytes, name: str) -> LedgerRecord:
    return read_record(envelope, context.keyring.keys, context.evidence.opener, name=name)
