"""Signing heads: the keeper's statement about a log, over what was recomputed in this run.

Before a head is signed the last one must still be valid, and everything after it is read
again: envelope, signature, leaf, nodes. What is before the last head is in its root. The head
that this user keeps must be consistent as well, and the new one replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aztrust.acts.ledger.append import append_records
from aztrust.acts.ledger.identity import keeping_of, last_head
from aztrust.acts.ledger.publication import require_published_continued
from aztrust.acts.ledger.trusted_heads import keep_signed, require_consistent_log
from aztrust.acts.sign import sign_record
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.times import AHEAD_MS
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, VerifiedHead, encode_head
from aztrust.core.history.reconcile import TAKE_OVER
from aztrust.core.history.stored_log import Trust
from aztrust.core.records.administration import Note
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.append_rules import open_files
from aztrust.core.state.ledger.log_identity import Keeping
from aztrust.core.state.window.events import trigger_of
from aztrust.signers import Signer
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore


@frozen
class SignedHead:
    """A head; `new` is false where the keeper had signed this very one before.

    `unkept` says why the head is not kept in the user's configuration, "" where it is.
    """

    verified: VerifiedHead
    new: bool
    unkept: str = ""


def sign_head(
    path: Path,
    context: Context,
    signer: Signer,
    now_unix_ms: int,
    further: Sequence[Signer] = (),
) -> SignedHead:
    """Sign a head over the ledger as it is now.

    Args:
        path: the ledger.
        context: the launch, whose keys verify its records.
        signer: the keeper's; in a ledger without a named keeper, the first head names it.
        now_unix_ms: the time of the head.
        further: with other keys that the policy lists for this keeper; each adds its line.

    Raises:
        Refused: the signer is not the keeper; the key was revoked, and a deputy can take over
            (`key-revoked`); an entry that the last head does not cover is dated
            ahead of now (`time-ahead`); or the log contradicts its last head or the head that
            this user keeps, or has been changed since (`ledger-inconsistent`).
        CouldNotCheck: an entry cannot be read by this version, or the ledger or the head that is
            kept cannot be used.
    """
    with open_store(path, writing=True) as store:
        keeping = keeping_of(context, store) or Keeping(store.origin, signer.public, "itself")
        if keeping.keeper.fingerprint != signer.public.fingerprint:
            raise Refused(
                f"the key {signer.public.keyid[:8]} does not keep this ledger",
                subject=escape(store.origin)[:80],
                code="signer-not-in-role",
                mend=f"only {keeping.keeper.keyid[:8]} signs its heads; others append",
            )
        _refuse_revoked(context, keeping)
        with store.transaction():
            opener = context.evidence.opener
            require_consistent_log(store, keeping, opener)
            require_published_continued(store, keeping, context, path)
            last = last_head(store, keeping, opener)
            size = store.size()
            if (
                last is not None
                and last.head.size == size
                and last.keeper == keeping.keeper
                and _root_now(store, size) == last.head.root
            ):
                return SignedHead(last, new=False, unkept=keep_signed(last, opener))
            _refuse_ahead(store, context, last, now_unix_ms)
            root = _recomputed(store, keeping.trust(context), last, size)
            head = Head(keeping.origin, size, root)
            lines = [(each.public, each.sign(head.text)) for each in further]
            note = encode_head(head, signer.public, signer.sign(head.text), lines)
            verified = opener.head(note, keeping.keeper, keeping.origin, name="the new head")
            store.put_head(verified)
            # Within the lock, so that of two signers the larger head stays. Every entry under it is
            # committed, even if storing the note in the ledger fails.
            unkept = keep_signed(verified, opener)
    return SignedHead(verified, new=True, unkept=unkept)


def _refuse_revoked(context: Context, keeping: Keeping) -> None:
    """Refuse a head that bounds nothing, where a deputy can sign one that does.

    Without a deputy the log goes on: a revocation in it is better than one that is nowhere.
    """
    revoked = context.revoked_keys
    left = [key for key in keeping.deputies if key.fingerprint not in revoked]
    if keeping.keeper.fingerprint not in revoked or not left:
        return
    holders = context.policy.key_holders() if context.policy is not None else {}
    deputy = holders.get(left[0].fingerprint, left[0].keyid[:8])
    raise Refused(
        f"no head is signed: the keeper's key {keeping.keeper.keyid[:8]} was revoked",
        subject=escape(keeping.origin)[:80],
        code="key-revoked",
        mend=f"{deputy}: {TAKE_OVER}",
    )


def _root_now(store: LedgerStore, size: int) -> bytes:
    return merkle.root(size, store.nodes)


def _recomputed(store: LedgerStore, trust: Trust, last: VerifiedHead | None, size: int) -> bytes:
    """The root of all entries, from the last head's and the entries after it."""
    start = last.head.size if last is not None else 0
    at_peaks = list(store.nodes(merkle.peaks(start))) if start <= size else []
    if last is not None and merkle.root_of_peaks(at_peaks) != last.head.root:
        raise _changed(f"the ledger contradicts its head over {start} entries")
    count = start
    operators = trust.enrolled_in(entry.envelope for entry in store.entries())
    for entry in store.entries(start):
        try:
            record = trust.read(entry, operators)
        except Malformed as error:
            if error.code == "record-unknown":
                raise CouldNotCheck(
                    f"entry {entry.index} {error.message}",
                    subject=f"entry {entry.index}",
                    mend="sign the head with the version of aztrust that appended it",
                ) from None
            raise _changed(f"entry {entry.index} {error.message}") from None
        if entry.index != count:
            raise _changed(f"entry {count} is missing")
        merkle.add_leaf(count, at_peaks, merkle.leaf_hash(record.leaf))
        count += 1
    if count != size or merkle.root_of_peaks(at_peaks) != merkle.root(size, store.nodes):
        raise _changed("the stored tree is not that of its entries")
    return merkle.root_of_peaks(at_peaks)


def _refuse_ahead(
    store: LedgerStore, context: Context, last: VerifiedHead | None, now_unix_ms: int
) -> None:
    """Refuse a head over an entry of the future: its time bounds the age of every head over it, so
    one holder whose clock is ahead would make this head look young for as long.
    """
    for entry in store.entries(last.head.size if last is not None else 0):
        opened = open_files(context, {f"entry {entry.index}": entry.envelope}).taken
        if opened and opened[0].claimed_unix_ms > now_unix_ms + AHEAD_MS:
            ahead = (opened[0].claimed_unix_ms - now_unix_ms) // 1000
            raise Refused(
                f"no head is signed: {opened[0].holder} dated entry {entry.index} {ahead:,} s ahead"
                f" of now; {AHEAD_MS // 1000} s are allowed",
                subject=f"entry {entry.index}",
                code="time-ahead",
                mend="set this machine's clock; if it is right, wait until then, or move the"
                " store away and make it again without that entry: aztrust ledger rebuild",
            )


def _changed(cause: str) -> Refused:
    return Refused(
        f"no head is signed: {cause}",
        code="ledger-inconsistent",
        mend="aztrust ledger verify; then move it away, and make it again: aztrust ledger rebuild",
    )


def heartbeat(
    path: Path, context: Context, signer: Signer, now_unix_ms: int, text: str = "heartbeat"
) -> str:
    """Append the keeper's heartbeat, a dated record; return the record's id.

    A head carries no time. The newest record that it covers bounds its age, so where there
    are no new records the keeper adds one.

    Raises:
        Refused: the ledger does not take it: the keeper is not a holder of the policy; or no head
            would be signed over it, since the one kept here contradicts the ledger.
        CouldNotCheck: the ledger, or the head that is kept, cannot be used.
    """
    with open_store(path) as store, store.snapshot():
        keeping = keeping_of(context, store) or Keeping(store.origin, signer.public, "itself")
        require_consistent_log(store, keeping, context.evidence.opener)
    body = Note(policy_digest=context.policy_digest, said_at_unix_ms=now_unix_ms, text=text)
    record = sign_record("note", body, {}, signer)
    appended = append_records(path, context, {"the heartbeat": record.data}, now_unix_ms)
    for finding in appended.refused:
        raise Refused(
            f"the ledger does not take the keeper's heartbeat: {finding.message}",
            code=finding.code,
            mend=finding.mend,
        )
    return record.record_id


def date_what_is_late(
    path: Path, context: Context, files: Mapping[str, bytes], signer: Signer, now_unix_ms: int
) -> None:
    """Append a heartbeat before a step of a launch window that is dated long before now.

    What comes after the heartbeat was appended after its time, and a start window that had closed
    by then stays closed, whatever the step claims. A key that no holder has cannot make one; such
    a step is dated by its signer alone.

    Args:
        path: the ledger.
        files: what will be appended.
        signer: the keeper's.
    """
    with open_store(path) as store, store.snapshot():
        late = [
            opened
            for opened in open_files(context, files).taken
            if opened.verified is not None
            and not opened.is_negative
            and trigger_of(opened.verified) is not None
            and opened.claimed_unix_ms < now_unix_ms - AHEAD_MS
            and not any(
                store.entry(index).fingerprint == opened.record.fingerprint
                for index in store.find(opened.record.record_id)
            )
        ]
    if late and signer.public.fingerprint in context.keyring.keys:
        heartbeat(path, context, signer, now_unix_ms)
