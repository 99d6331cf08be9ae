"""A launch as the server last read it: everything that is answered comes from such a value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.todo import TodoReading, read_todo
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import AztrustError, Malformed
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.formats.dsse import canonical_form
from aztrust.core.history.published import PublishedLedger
from aztrust.core.judge.tasks import Todo
from aztrust.core.state.context import Context
from aztrust.storage.launch import LaunchFiles


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
class State:
    """A launch at one moment.

    Args:
        number: counts the readings that differ; the first one is 1.
        read_at_unix_ms: when the files were read.
        reading: the launch, with its ledger, and what waits in it.
        fault: why the launch cannot be read now; then `reading` is the last that could be. None
            while it can.
        envelopes: record id to every envelope in the folder and in the ledger, each once.
    """

    number: int
    read_at_unix_ms: int
    reading: TodoReading
    fault: AztrustError | None = None
    envelopes: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)

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


def read_state(place: Place, now_unix_ms: int, last: State | None = None) -> State:
    """The launch now.

    Args:
        place: where it is.
        now_unix_ms: the time.
        last: the state before, whose contents are not opened again. A launch that cannot be read
            any more gives this state with a fault.

    Raises:
        Malformed, Refused, UsageError, CouldNotCheck: as `read_todo`, where there is no `last`.
    """
    inputs = TrustInputs(now_unix_ms, place.anchor, ledger=place.ledger)
    again = last.context if last is not None else None
    try:
        reading = read_todo(LaunchFiles(place.launch), inputs, again)
    except AztrustError as error:
        if last is None:
            raise
        same = last.fault is not None and last.fault.message == error.message
        return replace(
            last, number=last.number + (not same), read_at_unix_ms=now_unix_ms, fault=error
        )
    is_same = (
        last is not None
        and last.fault is None
        and last.context.evidence == reading.context.evidence
    )
    if last is None or not is_same:
        number = 1 if last is None else last.number + 1
        return State(number, now_unix_ms, reading, envelopes=_envelopes(reading.context))
    return replace(last, read_at_unix_ms=now_unix_ms, reading=reading)


def _envelopes(context: Context) -> dict[str, tuple[bytes, ...]]:
    evidence = context.evidence
    found: dict[str, dict[bytes, None]] = {}
    entries = evidence.ledger.entries if evidence.ledger is not None else ()
    for entry in entries:
        found.setdefault(entry.record.record_id, {})[entry.record.envelope] = None
    for data in evidence.signed_files.values():
        try:
            payload = evidence.opener.envelope(data, name="").payload
        except Malformed:
            continue
        found.setdefault(sha256_id(payload), {})[canonical_form(data)] = None
    return {record_id: tuple(each) for record_id, each in found.items()}
