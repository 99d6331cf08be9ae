"""Records that clients hand in: checked as the ledger would check them now, then queued.

The queue is the launch's own folder, from which its keeper appends. A record is acknowledged once
its file is durable, so that an end of the process at any moment loses nothing that was. The server
holds no key and appends nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from aztrust.acts.ledger.intake import split_stream
from aztrust.acts.sign import place_of
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.history.opener import Opener
from aztrust.core.records.administration import CLOSING
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.append_rules import admit, open_files
from aztrust.core.state.ledger.opened_file import Opened
from aztrust.server.state import Held, State
from aztrust.storage.durable import create_idempotent

Outcome = Literal["queued", "known"]


@frozen
class Received:
    """A record that was handed in and is durable.

    Args:
        record_id: of what was signed.
        kind: of the record.
        holder: who signed it.
        outcome: whether it was queued now, or was there before.
        place: its file below the launch directory, or `entry N` of the ledger.
    """

    record_id: str
    kind: str
    holder: str
    outcome: Outcome
    place: str


@frozen
class Delivery:
    """What became of one request; `refused` has the place in the request as its subject."""

    received: tuple[Received, ...] = ()
    refused: tuple[Finding, ...] = ()


class Intake:
    """Takes records into the folder of a launch. Its methods may be called from several threads.

    Args:
        launch: the launch directory.
    """

    def __init__(self, launch: Path) -> None:
        self._launch = launch
        self._lock = threading.Lock()
        # What was queued and is not in the state yet.
        self._queued: dict[tuple[str, str], Held] = {}

    def take(self, state: State, body: bytes, limit: int, now_unix_ms: int) -> Delivery:
        """Check the records in a body, and queue those that the ledger would take now.

        Args:
            state: the launch, which could be read.
            body: one envelope in any layout, or one on each line.
            limit: how many records one body may have.
            now_unix_ms: the time.

        Raises:
            UsageError: there is no record in it.
            Refused: there are too many.
            CouldNotCheck: a file cannot be written. Those before it were queued.
        """
        files = split_stream(body, "the request")
        if len(files) > limit:
            raise Refused(
                f"there are {len(files):,} records in one request",
                mend=f"hand in at most {limit:,} at once",
            )
        context = _apart(state.context)
        opened = open_files(context, files)
        with self._lock:
            return self._queue(state, context, opened.taken, opened.refused, now_unix_ms)

    def _queue(
        self,
        state: State,
        context: Context,
        opened: Sequence[Opened],
        refused: Sequence[Finding],
        now_unix_ms: int,
    ) -> Delivery:
        present = {held.identity for each in state.held.values() for held in each}
        self._queued = {key: h for key, h in self._queued.items() if key not in present}

        def held_of(record_id: str) -> list[Held]:
            fresh = (h for (of, _), h in self._queued.items() if of == record_id)
            return [*state.held.get(record_id, ()), *fresh]

        def lookup(record_id: str) -> list[bytes]:
            return [held.record.envelope for held in held_of(record_id)]

        admission = admit(context, opened, lookup, now_unix_ms, _closed_at(state))
        received = []
        for taken in admission.taken:
            identity = taken.record.record_id, taken.record.fingerprint
            known = next((h for h in held_of(identity[0]) if h.identity == identity), None)
            held = known or Held(taken.record, self._write(taken))
            self._queued.setdefault(identity, held) if known is None else None
            received.append(_received(taken, held, "queued" if known is None else "known"))
        return Delivery(tuple(received), (*refused, *admission.refused))

    def _write(self, taken: Opened) -> str:
        """Make the record's file durable; its path below the launch directory."""
        path, data = place_of(taken.record), taken.record.envelope
        try:
            create_idempotent(self._launch / path, data, within=self._launch)
        except Refused:
            # Other bytes have its name: a file that someone put there. Both are kept.
            folder = path.rpartition("/")[0]
            path = f"{folder}/{sha256_id(data)[7:]}.dsse.json"
            create_idempotent(self._launch / path, data, within=self._launch)
        return path


def _received(taken: Opened, held: Held, outcome: Outcome) -> Received:
    record = taken.record
    place = f"entry {held.index}" if held.index is not None else held.path
    return Received(record.record_id, record.kind, taken.holder, outcome, place)


def _apart(context: Context) -> Context:
    """The launch with an opener of its own: what strangers send is not kept."""
    return replace(context, evidence=replace(context.evidence, opener=Opener()))


def _closed_at(state: State) -> int | None:
    reading = state.context.evidence.ledger
    if reading is None or not reading.closed:
        return None
    closings = (entry.index for entry in reading.entries if entry.record.kind == CLOSING.name)
    return max(closings, default=None)
