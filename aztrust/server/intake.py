"""Records that clients hand in: checked as the ledger would check them now, then queued.

The queue is the launch's own folder, from which its keeper appends. A record is acknowledged once
its file is durable, so that an end of the process at any moment loses nothing that was. The server
holds no key and appends nothing.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from aztrust.acts.chat_lines import FromText, read_texts
from aztrust.acts.ledger.intake import split_delivery
from aztrust.acts.sign import place_of
from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.dsse import canonical_form
from aztrust.core.history.opener import Opener
from aztrust.core.records.line.chat import find_lines
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.append_rules import admit, open_files
from aztrust.core.state.ledger.as_appended import closed_by
from aztrust.core.state.ledger.opened_file import Opened
from aztrust.server.limits import Limits
from aztrust.server.state import Held, State, enrolling
from aztrust.storage.durable import create_idempotent
from aztrust.storage.folders import read_bounded

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
        limits: how much it takes.
    """

    def __init__(self, launch: Path, limits: Limits) -> None:
        self._launch = launch
        self._limits = limits
        self._lock = threading.Lock()
        # What was queued and is not in the state yet.
        self._queued: dict[tuple[str, str], Held] = {}

    def take(self, state: State, body: bytes, now_unix_ms: int) -> Delivery:
        """Check the records in a body, and queue those that the ledger would take now.

        Args:
            state: the launch, which could be read.
            body: one envelope in any layout, or one on each line; or text of a chat, with the
                lines of confirmations in it.
            now_unix_ms: the time.

        Raises:
            UsageError: there is no record in it.
            Refused: there are too many.
            CouldNotCheck: a file cannot be written. Those before it were queued.
        """
        given = split_delivery(body, "the request")
        count = len(given.data) + sum(1 for text in given.texts.values() for _ in find_lines(text))
        if count > self._limits.records:
            raise Refused(
                f"there are {count:,} records in one request",
                mend=f"hand in at most {self._limits.records:,} at once",
            )
        context = _apart(state.context)
        # A signature of each line is verified here, which is why they were counted before.
        pasted = read_texts(context, self._launch, given.texts) if given.texts else FromText()
        files = {**given.data, **pasted.files}
        with self._lock:
            queued = [held.record for held in self._queued.values()]
        operators = enrolling(context, queued, state.operators)
        opened = open_files(context, files, operators.get)
        revoked = tuple(filter(None, (_revoked(context, each) for each in opened.taken)))
        names = {finding.subject for finding in revoked}
        good = [each for each in opened.taken if each.name not in names]
        with self._lock:
            delivery = self._queue(state, context, good, now_unix_ms)
        return replace(
            delivery,
            refused=(
                *pasted.refused,
                *given.explained(opened.refused),
                *revoked,
                *delivery.refused,
            ),
        )

    def _queue(
        self, state: State, context: Context, opened: Sequence[Opened], now_unix_ms: int
    ) -> Delivery:
        self._queued = {key: h for key, h in self._queued.items() if state.find(key) is None}

        def held_of(record_id: str) -> list[Held]:
            fresh = (h for (of, _), h in self._queued.items() if of == record_id)
            return [*state.held.get(record_id, ()), *fresh]

        def lookup(record_id: str) -> list[bytes]:
            return [held.record.envelope for held in held_of(record_id)]

        ledger = state.context.evidence.ledger
        closed = closed_by(ledger) if ledger is not None else None
        admission = admit(context, opened, lookup, now_unix_ms, closed)
        received: list[Received] = []
        refused = list(admission.refused)
        for taken in admission.taken:
            identity = taken.record.record_id, taken.record.fingerprint
            known = self._queued.get(identity) or state.find(identity)
            if known is not None and self._is_there(known):
                received.append(_received(taken, known, "known"))
            elif full := self._full(state, taken):
                mend = "hand it in again after the keeper has appended what waits"
                refused.append(Finding("", taken.name, full, mend=mend))
            else:
                held = self._queued[identity] = Held(taken.record, self._write(taken))
                received.append(_received(taken, held, "queued"))
        return Delivery(tuple(received), tuple(refused))

    def _is_there(self, held: Held) -> bool:
        """Whether a record is in the ledger, or its file still has it: it may have been removed."""
        if held.index is not None:
            return True
        try:
            data = read_bounded(self._launch / held.path, RECORD_LIMIT)
        except CouldNotCheck:
            return False
        return canonical_form(data) == held.record.envelope

    def _full(self, state: State, taken: Opened) -> str:
        """Why there is no room for a record, "" where there is: more would fill the folder."""
        limits, queued = self._limits, self._queued.values()
        count, size = state.files
        more = 8 + taken.is_negative
        size += sum(len(held.record.envelope) for held in queued) + len(taken.record.envelope)
        if (count + len(queued)) * 8 >= limits.files * more or size * 8 > limits.stored * more:
            return "the launch has as many records as its folder may hold"
        key = taken.record.fingerprint
        own = state.waiting.get(key, 0) + sum(h.record.fingerprint == key for h in queued)
        if state.context.evidence.ledger is None:
            # Nothing waits for a keeper whom the launch does not have.
            return ""
        if own >= _room(limits, taken):
            return f"{own:,} records of this key wait for the keeper already"
        return ""

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


def _room(limits: Limits, taken: Opened) -> float:
    """How many records of its key may wait for the keeper when this one is taken.

    An operator's objection stops its own host and no more, and a second one adds nothing: without
    a bound, one enrolled key fills the folder that a holder's hold needs room in. It has as much
    room again as its other confirmations, so that these do not keep it out.
    """
    if not taken.is_negative:
        return limits.waiting
    return math.inf if taken.confirmation is None else 2 * limits.waiting


def _received(taken: Opened, held: Held, outcome: Outcome) -> Received:
    record = taken.record
    place = f"entry {held.index}" if held.index is not None else held.path
    return Received(record.record_id, record.kind, taken.holder, outcome, place)


def _revoked(context: Context, opened: Opened) -> Finding | None:
    """The refusal of what the revoked key of an operator confirms: it would count nowhere."""
    seat = context.roster.by_key(opened.record.fingerprint)
    if opened.confirmation is None or seat is None or not seat.revoked:
        return None
    return Finding(
        "key-revoked",
        opened.name,
        f"the key of {seat.title} was revoked: {seat.revoked}",
        mend="the registrar enrols another key of this operator",
    )


def _apart(context: Context) -> Context:
    """The launch with an opener of its own: what strangers send is not kept."""
    return replace(context, evidence=replace(context.evidence, opener=Opener()))
