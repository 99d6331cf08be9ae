"""A launch as the server last read it: everything that is answered comes from such a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.todo import TodoReading, read_todo
from aztrust.core.base.errors import AztrustError, Malformed
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.history.enrolled_keys import EnrolledKeys, enrolled_in
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.operators import EnrolledKey
from aztrust.core.history.published import PublishedLedger
from aztrust.core.judge.tasks import Todo
from aztrust.core.state.context import Context
from aztrust.storage.keptfiles import KeptFiles
from aztrust.storage.launch import LaunchFiles

SPARE: Final = 10_000
"""Results that an opener may keep in addition to twice those of its first reading. Contents that no
file has any more are among them, and only a new opener forgets these.
"""


@frozen
class Place:
    """Where the launch is, and what the operator of the server received out of band.

    Args:
        launch: the launch directory.
        anchor: `--anchor` as typed, None where it was not given.
        ledger: `--ledger` as typed, None likewise.
    """

    launch: Path
    anchor: str | None = None
    ledger: str | None = None


@frozen
class Held:
    """A signed record that the launch has.

    Args:
        record: the record, its envelope in canonical form.
        path: its file, relative to the launch directory; "" where only the ledger has it.
        index: its place in the ledger; None where it is not there yet.
    """

    record: LedgerRecord
    path: str = ""
    index: int | None = None

    @property
    def identity(self) -> tuple[str, str]:
        """Record id and the fingerprint of its key: a ledger has each pair once."""
        return self.record.record_id, self.record.fingerprint


@frozen
class State:
    """A launch at one moment.

    Args:
        number: counts the readings that differ; the first one is 1.
        read_at_unix_ms: when the files were read.
        reading: the launch, with its ledger, and what waits in it.
        fault: why the launch cannot be read now; then `reading` is the last that could be. None
            while it can.
        held: record id to its envelopes in the folder and the ledger whose signature holds.
        operators: the keys that the ledger enrols, or will once its keeper appended what waits.
        waiting: fingerprint to how many records of this key the ledger does not have.
        files: how many records and verdicts the folder has, and their bytes together.
        opened: how many results the opener had after its first reading.
    """

    number: int
    read_at_unix_ms: int
    reading: TodoReading
    fault: AztrustError | None = None
    held: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    operators: Mapping[str, EnrolledKey] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    files: tuple[int, int] = (0, 0)
    opened: int = 0

    def find(self, identity: tuple[str, str]) -> Held | None:
        """A record by its id and the fingerprint of its key; None where the launch lacks it."""
        return next((h for h in self.held.get(identity[0], ()) if h.identity == identity), None)

    @property
    def context(self) -> Context:
        """The launch with its ledger."""
        return self.reading.context

    @property
    def todo(self) -> Todo:
        """What waits, and for whom."""
        return self.reading.todo

    @property
    def published(self) -> PublishedLedger | None:
        """The ledger's files in the launch directory; None where there are none."""
        return next(iter(self.context.evidence.published), None)


def read_state(
    place: Place,
    now_unix_ms: int,
    last: State | None = None,
    kept: KeptFiles | None = None,
) -> State:
    """The launch now.

    Args:
        place: where it is.
        now_unix_ms: the time.
        last: the state before, whose contents are not opened again, unless its opener kept too
            many. A launch that cannot be read any more gives this state with a fault.
        kept: the contents of its files, which are not read again while they are the same.

    Raises:
        Malformed, Refused, UsageError, CouldNotCheck: as `read_todo`, where there is no `last`.
    """
    inputs = TrustInputs(now_unix_ms, place.anchor, ledger=place.ledger)
    again = last.context if last is not None and not _is_full(last) else None
    try:
        reading = read_todo(LaunchFiles(place.launch, kept=kept), inputs, again)
    except AztrustError as error:
        if last is None:
            raise
        same = last.fault is not None and last.fault.message == error.message
        return replace(
            last, number=last.number + (not same), read_at_unix_ms=now_unix_ms, fault=error
        )
    evidence = reading.context.evidence
    opened = evidence.opener.size if last is None or again is None else last.opened
    if last is not None and last.fault is None and last.context.evidence == evidence:
        return replace(last, read_at_unix_ms=now_unix_ms, reading=reading, opened=opened)
    number = 1 if last is None else last.number + 1
    operators = _operators(reading.context)
    if last is not None and last.operators == operators:
        operators = last.operators
    held = _held(reading.context, operators)
    files = evidence.signed_files
    return State(
        number,
        now_unix_ms,
        reading,
        held=held,
        operators=operators,
        waiting=Counter(
            h.record.fingerprint for each in held.values() for h in each if h.index is None
        ),
        files=(len(files), sum(map(len, files.values()))),
        opened=opened,
    )


def _is_full(state: State) -> bool:
    return state.context.evidence.opener.size > 2 * state.opened + SPARE


def enrolling(
    context: Context, records: Iterable[LedgerRecord], before: Mapping[str, EnrolledKey]
) -> Mapping[str, EnrolledKey]:
    """The enrolled keys, with those that further records enrol.

    Args:
        context: the launch.
        records: in the order in which the ledger has or takes them.
        before: the keys that are enrolled already.
    """
    keyring = context.keyring
    found = EnrolledKeys(keyring.registrars, keyring.keys.keys(), context.evidence.opener)
    found.update(before)
    for record in records:
        found.take(record)
    return found


def _operators(context: Context) -> Mapping[str, EnrolledKey]:
    evidence, keyring = context.evidence, context.keyring
    entries = evidence.ledger.entries if evidence.ledger is not None else ()
    waiting = enrolled_in(
        evidence.records.values(),
        keyring.keys,
        keyring.registrars,
        evidence.opener,
    )
    return enrolling(context, (entry.record for entry in entries), waiting)


def _held(context: Context, operators: Mapping[str, EnrolledKey]) -> dict[str, tuple[Held, ...]]:
    """What a ledger would call a duplicate. A file whose signature does not hold is not there."""
    evidence, keys = context.evidence, context.keyring.keys
    known: dict[tuple[str, bytes], Held | None]
    known = evidence.opener.last(dict, _held, context.keyring, operators)
    found: dict[tuple[str, str], Held] = {}
    for entry in evidence.ledger.entries if evidence.ledger is not None else ():
        held = Held(entry.record, index=entry.index)
        found.setdefault(held.identity, held)
    for path, data in evidence.signed_files.items():
        if (path, data) not in known:
            try:
                record = read_record(data, keys, evidence.opener, name=path, operators=operators)
            except Malformed:
                known[path, data] = None
            else:
                known[path, data] = Held(record, path)
        here = known[path, data]
        if here is not None:
            before = found.get(here.identity)
            found[here.identity] = here if before is None else replace(before, path=path)
    by_id: dict[str, list[Held]] = {}
    for held in found.values():
        by_id.setdefault(held.record.record_id, []).append(held)
    return {record_id: tuple(each) for record_id, each in by_id.items()}
