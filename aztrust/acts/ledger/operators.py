"""The keys of operators in a store: entries by them are read with these."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.history.enrolled_keys import EnrolledKeys, enrolled_in
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.operators import EnrolledKey
from aztrust.core.history.stored_log import StoredEntry
from aztrust.core.state.context import Context
from aztrust.storage.ledger.store import LedgerStore


def enrolled_by_store(store: LedgerStore, context: Context) -> EnrolledKeys:
    """Every key that the entries of a store enrol."""
    return enrolled_in(
        (entry.envelope for entry in store.entries()),
        context.keyring.keys,
        context.keyring.registrars,
        context.evidence.opener,
    )


def read_entry(
    entry: StoredEntry, context: Context, operators: Mapping[str, EnrolledKey]
) -> LedgerRecord:
    """The record of an entry, of a holder or an operator; raises as `read_record`."""
    return read_record(
        entry.envelope,
        context.keyring.keys,
        context.evidence.opener,
        name=f"entry {entry.index}",
        operators=operators,
    )
