"""Appending: files are verified, put in order, and written in one commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.ledger.identity import keeping_of
from aztrust.acts.ledger.operators import enrolled_by_store, read_entry
from aztrust.acts.ledger.publication import require_published_continued
from aztrust.core.base.errors import Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.history.enrolled_keys import EnrolledKeys
from aztrust.core.history.keepers import is_administration
from aztrust.core.history.leaf import claims_confirmation, is_negative
from aztrust.core.records.administration import CLOSING
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.append_rules import Lookup, admit, open_files
from aztrust.core.state.ledger.opened_file import Opened
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore, Receipt


@frozen
class Taken:
    """A record and its position; `new` is false where it was there before."""

    name: str
    record_id: str
    kind: str
    holder: str
    index: int
    new: bool


@frozen
class Appended:
    """What an append did: durable once this is returned.

    Args:
        taken: in the ledger's order of this call; duplicates are among them.
        refused: `subject` is the file's name.
        size: how many entries the ledger has now.
    """

    taken: tuple[Taken, ...] = ()
    refused: tuple[Finding, ...] = ()
    size: int = 0

    @property
    def new(self) -> tuple[Taken, ...]:
        """What was not there before."""
        return tuple(taken for taken in self.taken if taken.new)


def append_records(
    path: Path, context: Context, files: Mapping[str, bytes], now_unix_ms: int
) -> Appended:
    """Append what may be appended, in one commit; one file that is refused stops no other.

    Args:
        path: the ledger.
        context: the launch, with its policy and keys; its folder's records count as known.
        files: name to envelope (records and verdicts), in any order.
        now_unix_ms: the time of the append.

    Raises:
        Refused: it is another launch's ledger, or behind the one that was published.
        CouldNotCheck: there is no ledger, or it cannot be written; nothing was appended.
    """
    # Signatures are checked before the lock is taken: others append meanwhile. Whom they enrol
    # then is known at the next append.
    with open_store(path) as store:
        operators = enrolled_by_store(store, context)
    opened = open_files(context, files, operators.get)
    with open_store(path, writing=True) as store:
        require_appendable(store, context, path)
        with store.transaction():
            closed = closed_at(store, context)
            admission = admit(context, opened.taken, lookup(store), now_unix_ms, closed)
            receipts = store.append_many(admission.records)
            size = store.size()
    taken = tuple(map(_taken, admission.taken, receipts))
    return Appended(taken, (*opened.refused, *admission.refused), size)


def require_appendable(store: LedgerStore, context: Context, path: Path) -> None:
    """What must hold of a store before anything is appended to it.

    Args:
        store: the ledger.
        context: the launch.
        path: the ledger's file, for messages.

    Raises:
        Refused: it is another launch's, began under another policy, or is behind the one that was
            published.
        CouldNotCheck: the published ledger cannot be read.
    """
    keeping = keeping_of(context, store)
    refuse_unannounced(context, store)
    if keeping is not None:
        require_published_continued(store, keeping, context, path)


def closed_at(store: LedgerStore, context: Context) -> int | None:
    """The entry that closed a store; None while it is open. After it, all entries are negative."""
    operators: EnrolledKeys | None = None
    for index in range(store.size() - 1, -1, -1):
        entry = store.entry(index)
        payload = parse_envelope(entry.envelope, name="").payload
        if operators is None and claims_confirmation(payload):
            operators = enrolled_by_store(store, context)
        record = read_entry(entry, context, operators or {})
        if is_administration(payload):
            return index if record.kind == CLOSING.name else None
        if not is_negative(record):
            return None
    return None


def refuse_unannounced(context: Context, store: LedgerStore) -> None:
    """Without an anchor, refuse to append to a ledger that began under another policy: a
    rewritten policy would name its own holders there.

    Raises:
        Refused: `anchor-unpinned`.
    """
    if context.request.anchor or context.request.scope or not store.size():
        return
    payload = parse_envelope(store.entry(0).envelope, name="entry 0").payload
    if context.policy_digest[7:].encode() not in payload:
        raise Refused(
            "this ledger began under another policy, and no anchor shows which one is announced",
            subject=store.origin,
            code="anchor-unpinned",
            mend="give the announced anchor: --anchor HEX",
        )


def lookup(store: LedgerStore) -> Lookup:
    """How an admission asks a store for a record."""
    return lambda record_id: tuple(store.entry(index).envelope for index in store.find(record_id))


def _taken(opened: Opened, receipt: Receipt) -> Taken:
    record = opened.record
    return Taken(
        opened.name, record.record_id, record.kind, opened.holder, receipt.index, receipt.new
    )
