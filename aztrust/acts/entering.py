"""Entering what was just signed and stored, where a ledger is at hand.

The file comes first here: an approval or a revocation is worth having also where the ledger is
locked, damaged or somewhere else, and nothing about a ledger stops it. What hinders is told, and
`aztrust ledger append` takes the file later.
"""

from __future__ import annotations

import os

from aztrust.acts.publish import SignedRecord
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import AztrustError, Malformed
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.state.context import Context, require_policy
from aztrust.signers import Signer
from aztrust.storage.launch import RECORDS
from aztrust.storage.ledger.location import find_ledger


@frozen
class Entered:
    """Where a stored record stands.

    Args:
        entry: its number in the ledger, None where it is not in one.
        elsewhere: there is a ledger, and not here.
        hindrance: why the ledger at hand did not take it, or why its head was not signed.
    """

    entry: int | None = None
    elsewhere: bool = False
    hindrance: str = ""


def enter_stored(
    context: Context, record: SignedRecord, signer: Signer, now_unix_ms: int
) -> Entered:
    """Enter a record with whatever else lies in the folder: what it cites may lie there.

    Args:
        context: the launch, as it was before the record.
        record: what was signed and stored.
        signer: its key; where it keeps the ledger, the head is signed.
        now_unix_ms: the time of the act.
    """
    entry = None
    try:
        policy = require_policy(context)
        there = os.path.lexists(find_ledger(None, policy.launch.chain_id, context.policy_digest))
        if not there and not context.verdicts.verdicts:
            return Entered()
        from aztrust.acts.ledger.handle import (
            enter,
            find_books,
            in_tray,
            is_elsewhere,
            sign_books,
        )

        books = find_books(context, None, signer) if there else None
        if books is None:
            return Entered(elsewhere=is_elsewhere(context))
        files = {**in_tray(context), record.path: record.data}
        appended = enter(books, context, files, now_unix_ms)
        for finding in appended.refused:
            if finding.subject == record.path:
                return Entered(hindrance=finding.message)
        entry = next((t.index for t in appended.taken if t.name == record.path), None)
        # Nobody becomes a keeper by the way: a log that names nobody stays without a head.
        if books.keeping.source != "itself":
            sign_books(books, context, signer)
    except AztrustError as error:
        return Entered(entry, hindrance=error.message)
    return Entered(entry)


def enter_earlier(context: Context, record_id: str, signer: Signer, now_unix_ms: int) -> Entered:
    """The same of a record that was signed before: it may have found no ledger then.

    Args:
        context: the launch.
        record_id: the record; where none of the launch's files has it, nothing is done.
        signer: who acts.
        now_unix_ms: the time of the act.
    """
    for name, data in sorted(context.evidence.records.items()):
        try:
            found = sha256_id(parse_envelope(data, name=name).payload)
        except Malformed:
            continue
        if found == record_id:
            record = SignedRecord(record_id, data, f"{RECORDS}/{name}")
            return enter_stored(context, record, signer, now_unix_ms)
    return Entered()
