"""Proving that an entry is in the log under a head that the keeper signed."""

from __future__ import annotations

from typing import Any

from aztrust.acts.ledger.entries import find_entry
from aztrust.acts.ledger.identity import last_head, require_keeping
from aztrust.acts.ledger.operators import enrolled_by_store, read_entry
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import VerifiedHead, open_head
from aztrust.core.formats.merkle import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.log_identity import Keeping
from aztrust.storage.ledger.store import LedgerStore


@frozen
class Proof:
    """An inclusion proof that was verified: the leaf leads to the root that the keeper signed."""

    index: int
    record: LedgerRecord
    leaf_hash: bytes
    hashes: tuple[bytes, ...]
    head: VerifiedHead

    def document(self) -> dict[str, Any]:
        """The proof as a JSON value."""
        head = self.head.head
        return {
            "schema": "aztrust/ledger-proof",
            "version_major": 1,
            "version_minor": 0,
            "origin": head.origin,
            "keeper": self.head.keeper.fingerprint,
            "index": self.index,
            "record_id": self.record.record_id,
            "key": self.record.fingerprint,
            "leaf": self.record.leaf.decode("ascii"),
            "leaf_hash": self.leaf_hash.hex(),
            "size": head.size,
            "root": f"sha256:{head.root.hex()}",
            "hashes": [value.hex() for value in self.hashes],
            "head": self.head.note.decode("utf-8"),
        }


def prove(store: LedgerStore, context: Context, text: str, note: bytes | None = None) -> Proof:
    """Prove that an entry is in the log, and verify the proof.

    Args:
        store: the ledger, at one moment.
        context: the launch.
        text: the entry's number, or the start of its record id.
        note: a head that a person keeps, instead of the ledger's last one.

    Raises:
        UsageError: there is no such entry.
        CouldNotCheck: no head covers it.
        Malformed: the head is not the keeper's, the entry does not hold, or the stored tree does
            not prove it (`ledger-inconsistent`).
        Refused: `ledger-equivocation`: the ledger has another head by the keeper over as many
            entries; `ledger-inconsistent`: it has fewer.
    """
    keeping = require_keeping(context, store)
    entry, _ = find_entry(store, text)
    head = (
        last_head(store, keeping, context.evidence.opener)
        if note is None
        else keeping.open_head(note, context.evidence.opener, name="the head given")
    )
    if head is None or head.head.size <= entry.index:
        raise CouldNotCheck(
            f"no head covers entry {entry.index}"
            + (f"; the last one is over {head.head.size} entries" if head else ""),
            subject=f"entry {entry.index}",
            mend="the keeper signs one: aztrust ledger head --key K",
        )
    if note is not None:
        _refuse_second(store, keeping, head)
    size, root = head.head.size, head.head.root
    if size > store.size():
        raise Refused(
            f"the head is over {size} entries, and this ledger has {store.size()}",
            code="ledger-inconsistent",
            mend="keep the head, and get the ledger that it is of: git pull, or a newer kit",
        )
    record = read_entry(entry, context, enrolled_by_store(store, context))
    leaf_hash = merkle.leaf_hash(record.leaf)
    hashes = inclusion_proof(entry.index, size, store.nodes)
    # The proof is verified as its reader will verify it.
    verify_inclusion(leaf_hash, entry.index, size, hashes, root)
    return Proof(entry.index, record, leaf_hash, hashes, head)


def _refuse_second(store: LedgerStore, keeping: Keeping, given: VerifiedHead) -> None:
    """Two heads by one keeper over one size that differ are the proof of two histories."""
    for size, note in store.heads():
        if size != given.head.size or note == given.note:
            continue
        name = f"the ledger's head over {size}"
        own = open_head(note, given.keeper, keeping.origin, name=name)
        if own.head.root != given.head.root:
            raise Refused(
                f"the keeper signed two heads over {size} entries: sha256:{given.head.root.hex()}"
                f" given here, and sha256:{own.head.root.hex()} in the ledger",
                code="ledger-equivocation",
                mend="keep both notes, they are the proof; ask the keeper before relying on either",
            )


def extension(store: LedgerStore, old: VerifiedHead) -> tuple[bytes, ...]:
    """The proof that the log here begins with the log of a kept head, verified.

    Raises:
        Malformed: `ledger-inconsistent`: it does not.
        UsageError: the head is over more entries than there are.
    """
    size = store.size()
    hashes = consistency_proof(old.head.size, size, store.nodes)
    root = merkle.root(size, store.nodes)
    verify_consistency(old.head.size, old.head.root, size, root, hashes)
    return hashes
