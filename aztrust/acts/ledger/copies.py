"""Carrying a ledger elsewhere: exports, standbys, and a ledger made of one after verifying it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from aztrust.acts.ledger.identity import keeping_of, unkept
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.history.leaf import read_record
from aztrust.core.history.replay import replay
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.log_identity import Keeping, claimed_keeping, named_keeping
from aztrust.storage.durable import place_exclusive
from aztrust.storage.ledger.exports import Copy, Followed, follow, open_export, write_export
from aztrust.storage.ledger.replace import discard, name_for_new
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore, stored_log

BATCH = 10_000


@frozen
class Imported:
    """A ledger that was made from an export. `keeping` is None where it has no keeper yet."""

    path: Path
    origin: str
    size: int
    heads: int
    keeping: Keeping | None


def export_ledger(path: Path, context: Context, target: Path) -> int:
    """Write a ledger to a new file; the number of its entries.

    Raises:
        Refused: something is already there, or it is another launch's ledger.
        CouldNotCheck: it cannot be read or written.
    """
    with open_store(path) as store:
        keeping_of(context, store)
        return write_export(store, target)


def follow_ledger(path: Path, context: Context, directory: Path) -> Followed:
    """Bring a standby directory up to the ledger, once.

    Raises:
        Refused: `ledger-inconsistent`: it is another ledger's, or begins differently.
        CouldNotCheck, Malformed: as `storage.ledger.exports.follow`.
    """
    with open_store(path) as store:
        keeping_of(context, store)
        return follow(store, directory)


def import_ledger(path: Path, context: Context, source: Path) -> Imported:
    """Make a new ledger from an export or a standby, completely or not at all.

    Args:
        path: the new ledger; no file may exist there.
        context: the launch, whose keys verify every record.
        source: a file, or a standby directory.

    Raises:
        Refused: a ledger is there already; the export is another launch's, or is not valid.
        Malformed: it is not of an export's form.
        CouldNotCheck: an entry cannot be read by this version, or the file system refused.
    """
    with import_next_to(path, context, source) as (made, imported):
        place_exclusive(made, path)
    return imported


@contextmanager
def import_next_to(path: Path, context: Context, source: Path) -> Iterator[tuple[Path, Imported]]:
    """A verified ledger next to `path`, made from an export; removed at the end unless moved.

    Raises:
        As `import_ledger`.
    """
    made = name_for_new(path)
    try:
        with open_export(source) as copy:
            _check_origin(context, copy)
            create_database(made, copy.origin)
            with open_store(made, writing=True) as store:
                heads = _fill(store, context, copy)
                keeping = keeping_of(context, store)
                _verify(store, context, keeping, copy.name)
                imported = Imported(path, copy.origin, store.size(), heads, keeping)
        yield made, imported
    finally:
        discard(made)


def _check_origin(context: Context, copy: Copy) -> None:
    named = named_keeping(context)
    if named is not None and named.origin != copy.origin:
        raise Refused(
            f"{copy.name} is of the ledger {escape(copy.origin)[:80]}, and this launch's is"
            f" {escape(named.origin)[:80]}",
            subject=copy.name,
            code="ledger-inconsistent",
            mend="name an export of this launch's ledger",
        )


def _fill(store: LedgerStore, context: Context, copy: Copy) -> int:
    """Append every entry and keep every head; the number of heads."""
    keys, opener = context.keyring.keys, context.evidence.opener
    envelopes = enumerate(copy.entries())
    while batch := list(islice(envelopes, BATCH)):
        records = []
        for index, envelope in batch:
            try:
                records.append(read_record(envelope, keys, opener, name=f"entry {index}"))
            except Malformed as error:
                raise _unread(copy, index, error) from None
        for receipt, (index, _) in zip(store.append_many(records), batch, strict=True):
            if not receipt.new:
                raise _refused(copy, f"entry {index} repeats entry {receipt.index}")
    notes = list(copy.notes())
    keeping = named_keeping(context) or claimed_keeping(context, copy.origin, iter(notes))
    if notes and keeping is None:
        raise _refused(copy, "no holder's key signed its first head")
    for note in notes:
        if keeping is None:
            break
        try:
            store.put_head(keeping.open_head(note, opener, name="a head in it"))
        except (Malformed, Refused) as error:
            raise _refused(copy, error.message, error.code) from None
    return len(notes)


def _verify(store: LedgerStore, context: Context, keeping: Keeping | None, name: str) -> None:
    """Replay what was made; without a keeper there is no head, and all else is replayed."""
    own = keeping or unkept(context, store.origin)
    with store.snapshot():
        found = replay(stored_log(store), own.trust(context)).findings
    if found:
        raise Refused(
            f"{name} is not valid: {found[0].subject} {found[0].message}",
            subject=name,
            code=found[0].code,
            mend="take another export, or another standby",
            details=tuple(f"{f.code}  {f.subject}: {f.message}" for f in found[1:20]),
        )


def _unread(copy: Copy, index: int, error: Malformed) -> CouldNotCheck | Refused:
    if error.code == "record-unknown":
        return CouldNotCheck(
            f"entry {index} of {copy.name} {error.message}", subject=copy.name, mend=error.mend
        )
    return _refused(copy, f"entry {index} {error.message}", error.code)


def _refused(copy: Copy, reason: str, code: str = "ledger-inconsistent") -> Refused:
    return Refused(
        f"{copy.name} is not valid: {reason}",
        subject=copy.name,
        code=code or "ledger-inconsistent",
        mend="take another export, or another standby; nothing was written",
    )
