"""Reading single entries: a line for each, and finding one by its number or its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from aztrust.acts.ids import SHORTEST_ID, typed_digits
from aztrust.acts.ledger.operators import enrolled_by_store, read_entry
from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.statement import parse_statement
from aztrust.core.history.enrolled_keys import EnrolledKeys
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.operators import operator_title
from aztrust.core.history.stored_log import StoredEntry
from aztrust.core.records.build import BuildAttestation
from aztrust.core.records.enrolment import Enrolment, OperatorConfirmation
from aztrust.core.records.node_facts import NodeFactsRecord
from aztrust.core.records.observation import LaunchAnomaly
from aztrust.core.records.readiness import AdvisoryReview, Blocker, CheckAttestation
from aztrust.core.records.records import KINDS, read_body
from aztrust.core.state.context import Context
from aztrust.storage.ledger.store import LedgerStore

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")


@frozen
class Entry:
    """An entry in a list. Its signature is valid, unless `fault` says why it could not be read.

    Args:
        index: its place, from 0.
        record_id: by its envelope; by the store where there is a fault.
        kind: `verdict`, or the kind of record.
        holder: who signed it.
        at_unix_ms: the time that the signer claims; None where it is not known.
        subject: what it is about, in short.
        answer: what the signer states about it, in short; "" for a record without an answer.
    """

    index: int
    record_id: str
    kind: str = ""
    holder: str = ""
    at_unix_ms: int | None = None
    subject: str = ""
    fault: str = ""
    answer: str = ""


def list_entries(
    store: LedgerStore, context: Context, start: int = 0, stop: int | None = None
) -> Iterator[Entry]:
    """The entries of a range, each verified by itself; an audit verifies the whole log."""
    operators = enrolled_by_store(store, context)
    for entry in store.entries(start, stop):
        withheld = store.withheld(entry.index)
        if withheld is not None:
            yield Entry(entry.index, entry.record_id, fault=f"{withheld.code}: {withheld.message}")
        else:
            yield describe(entry, context, operators)


def describe(entry: StoredEntry, context: Context, operators: EnrolledKeys) -> Entry:
    """One entry in a line."""
    try:
        record = read_entry(entry, context, operators)
        return _described(entry.index, record, context, operators)
    except Malformed as error:
        return Entry(entry.index, entry.record_id, fault=error.message)


def find_entry(store: LedgerStore, text: str) -> tuple[StoredEntry, tuple[int, ...]]:
    """The entry of a number, or of the first hex digits of a record id.

    Returns:
        The entry, and the indexes where the same record is signed by other keys.

    Raises:
        UsageError: there is none, the digits are too few, or they match several records.
        CouldNotCheck: `ledger-entry-withheld`: no file here is this entry.
    """
    if _NUMBER.fullmatch(text) and int(text) < store.size():
        return store.entry(int(text)), ()
    digits = typed_digits(text)
    if not digits:
        raise UsageError(
            f"there is no entry {escape(text)[:80]}; the ledger has {store.size()}",
            mend=f"give a number from 0, or at least {SHORTEST_ID} hex digits of a record id",
        )
    places: dict[str, list[StoredEntry]] = {}
    for entry in store.starting(digits):
        places.setdefault(entry.record_id, []).append(entry)
    if not places:
        raise UsageError(
            f"no record in this ledger begins with {digits}",
            mend="aztrust ledger list",
        )
    if len(places) > 1:
        raise UsageError(
            f"{len(places)} records in this ledger begin with {digits}",
            mend="give more of its digits",
            details=tuple(f"{held[0].index:>6}  {i[7:23]}" for i, held in sorted(places.items())),
        )
    first, *others = next(iter(places.values()))
    return first, tuple(entry.index for entry in others)


def _described(
    index: int, record: LedgerRecord, context: Context, operators: EnrolledKeys
) -> Entry:
    holder = _signer(record.fingerprint, context, operators)
    if record.verdict is not None:
        checkpoint = record.verdict.checkpoint
        scope = checkpoint.checkpoint_scope_hash[7:15]
        return Entry(
            index,
            record.record_id,
            record.kind,
            holder,
            checkpoint.timestamp_unix_ms,
            f"{checkpoint.checkpoint_class} {checkpoint.verdict}, scope {scope}",
            answer=checkpoint.verdict,
        )
    statement = parse_statement(record.verified)
    subject = f"{escape(statement.subjects[0].name)} {statement.subjects[0].sha256[7:15]}"
    try:
        body = read_body(statement, what=f"entry {index}")
    except Malformed as error:
        return Entry(index, record.record_id, record.kind, holder, None, subject, error.message)
    return Entry(
        index,
        record.record_id,
        record.kind,
        holder,
        KINDS[statement.kind].claimed_unix_ms(body),
        subject,
        answer=escape(_answer(body)),
    )


def _signer(fingerprint: str, context: Context, operators: EnrolledKeys) -> str:
    """Whose key it is: a holder's, an operator's, or no one's who is known here."""
    holders = context.policy.key_holders() if context.policy else {}
    if fingerprint in holders:
        return holders[fingerprint]
    enrolled = operators.get(fingerprint)
    return operator_title(enrolled.operator) if enrolled else f"key {fingerprint[7:15]}"


def _answer(body: object) -> str:
    """The answer of a record that answers something: one line, where its subject is a scope."""
    match body:
        case CheckAttestation():
            return f"{body.check} = {body.status}"
        case AdvisoryReview():
            return f"advisories = {body.outcome}"
        case Blocker():
            return f"{body.severity} blocker {'opened' if body.action == 'open' else 'closed'}"
        case BuildAttestation():
            same = body.built_sha256 == body.sealed_sha256
            return f"{body.path} = {'same' if same else 'differs'}"
        case Enrolment():
            return f"{len({entry.operator for entry in body.operators})} operators"
        case OperatorConfirmation():
            return f"{', '.join(body.roles)} = {body.status}" + (
                f", {body.reason}" if body.reason else ""
            )
        case NodeFactsRecord():
            return f"{len(body.nodes)} nodes"
        case LaunchAnomaly():
            return f"{body.anomaly_class}, guidance {body.guidance}"
        case _:
            return ""
