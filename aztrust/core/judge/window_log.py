"""What happened in a launch window, in its order: steps, what had no effect, and remarks.

The order is the ledger's; what only the folder has comes after it. A remark changes nothing: an
exception, a note, a correction, an anomaly that does not stop the launch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.window_statement import statement_in
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, ledger_places
from aztrust.core.state.window.events import claimed_unix_ms, identity_of
from aztrust.core.state.window.state import Signed, Source, WindowState

EntryKind = Literal["step", "unused", "waiting", "remark"]
REMARKS: Final = (
    "exception",
    "correction",
    "note",
    "launch-anomaly",
    "launch-live-status",
    "launch-window",
)


@frozen
class LogEntry:
    """One line of the log.

    Args:
        kind: a step that took effect, a statement without effect, an act that waits, a remark.
        name: the row of the table, the trigger, or the kind of the record.
        record_id: of what was signed.
        holders: who signed it, in their order.
        place: its index in the ledger, None where no ledger has it.
        at_unix_ms: of a step when it took effect, else when it was made.
        statement: one line to read aloud (AZ-36.1).
        text: what the signer wrote, "" for nothing.
        status: of the window after a step, "" for another entry.
        phase: likewise; -1.
        findings: why it has no effect, or what it waits for.
        about: the step of the script that an exception names, or the record that is corrected.
        role: that was activated, "" for another step.
    """

    kind: EntryKind
    name: str
    record_id: str
    holders: tuple[str, ...]
    place: int | None
    at_unix_ms: int
    statement: str
    text: str = ""
    status: str = ""
    phase: int = -1
    findings: tuple[Finding, ...] = ()
    about: str = ""
    role: str = ""

    @property
    def order(self) -> tuple[bool, int, int, str]:
        """Where it comes in a log."""
        return self.place is None, self.place or 0, self.at_unix_ms, self.record_id


def window_log(context: Context, state: WindowState) -> tuple[LogEntry, ...]:
    """The log of one window, the oldest first.

    Args:
        context: the launch.
        state: of the window.
    """
    opened = state.window
    entries = [
        LogEntry(
            "step",
            step.row.id,
            step.source.first.record_id,
            step.source.holders,
            step.source.place,
            step.source.at_unix_ms,
            statement_in(step.source.first, opened),
            text_of(step.source.first),
            step.status,
            step.phase,
            role=str(getattr(getattr(step.source.first, "body", None), "role", "") or ""),
        )
        for step in state.steps
    ]
    entries += [
        _of_source("unused", unused.trigger, unused.source, opened, unused.findings)
        for unused in state.unused
    ]
    entries += [
        _of_source("waiting", act.trigger, act.source, opened, act.missing) for act in state.waiting
    ]
    taken = {entry.record_id for entry in entries}
    entries += [e for e in _remarks(context, state) if e.record_id not in taken]
    # Steps of one record, and of one place, stay in the order in which they took effect.
    return tuple(sorted(entries, key=lambda entry: entry.order[:3]))


def text_of(record: Signed) -> str:
    """What the signer wrote: a reason, a remark, what was observed; "" for nothing."""
    if isinstance(record, HeldVerdict):
        return ""
    for name in ("reason", "happened", "detail", "text", "observed", "note"):
        found = getattr(record.body, name, None)
        if isinstance(found, str) and found:
            return found
    for preimage in record.preimages.values():
        if isinstance(preimage, Mapping) and isinstance(preimage.get("reason"), str):
            return str(preimage["reason"])
    return ""


def _of_source(
    kind: EntryKind,
    name: str,
    source: Source,
    opened: VerifiedRecord | None,
    findings: tuple[Finding, ...],
) -> LogEntry:
    first = source.first
    return LogEntry(
        kind,
        name,
        first.record_id,
        source.holders,
        source.place,
        claimed_unix_ms(first),
        statement_in(first, opened),
        text_of(first),
        findings=findings,
    )


def _remarks(context: Context, state: WindowState) -> Iterator[LogEntry]:
    """The remarks of this window; a note is of no window, and so is one of each from its opening
    on.
    """
    places = ledger_places(context)
    since = state.window.claimed_unix_ms if state.window is not None else 0
    known = {record.record_id for record in context.records.effective.verified}
    for record in context.records.effective.verified:
        if record.kind not in REMARKS or not _is_of(record, state, since, known):
            continue
        yield LogEntry(
            "remark",
            record.kind,
            record.record_id,
            (record.holder,),
            places.get(identity_of(record)),
            record.claimed_unix_ms,
            statement_in(record, state.window),
            _remark_text(record),
            about=str(getattr(record.body, "step", "") or getattr(record.body, "corrects", "")),
        )


def _is_of(record: VerifiedRecord, state: WindowState, since: int, known: set[str]) -> bool:
    named, scope = record.launch_window_id, record.scope_hash
    if named or scope:
        return named in ("", state.launch_window_id) and scope in ("", state.scope_hash)
    corrects = getattr(record.body, "corrects", None)
    return record.claimed_unix_ms >= since and (corrects is None or corrects in known)


def _remark_text(record: VerifiedRecord) -> str:
    remedy = getattr(record.body, "remedy", "")
    witnesses = ", ".join(getattr(record.body, "witnesses", ()))
    text = text_of(record)
    more = f"; remedy: {remedy}" if remedy else ""
    return f"{text}{more}{f'; seen by {witnesses}' if witnesses else ''}"
