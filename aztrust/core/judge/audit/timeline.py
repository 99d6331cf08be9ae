"""What happened in a launch, in its order, with what each record says and whether it had effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.history.operators import Confirmation, operator_title
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.audit.saying import Signed, says
from aztrust.core.judge.window_log import LogEntry, text_of, window_log
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.present_window import statements_of
from aztrust.core.state.window.read import read_window

Effect = Literal["", "step", "waiting", "none", "revoked"]
REVOKED: Final = "it was revoked"


@frozen
class Event:
    """One record of the launch.

    Args:
        place: its index in the ledger; None where no ledger has it.
        at_unix_ms: when its signer says that it was made.
        record_id, kind: of the record.
        who: its holders, in their order, or the operator.
        says: its statement, in one line.
        text: what its signer wrote, "" for nothing.
        effect: `step` where it moved a window, `waiting` while it lacks something, `none` where it
            had no effect, `revoked` where it no longer counts; "" for every other record.
        why: why it had no effect, or what it lacks.
        status: of its window after a step, "" for everything else.
    """

    place: int | None
    at_unix_ms: int
    record_id: str
    kind: str
    who: tuple[str, ...]
    says: str
    text: str = ""
    effect: Effect = ""
    why: tuple[str, ...] = ()
    status: str = ""


def timeline(whole: Context) -> tuple[Event, ...]:
    """Every record, verdict and confirmation, in the order of the ledger; the others after it.

    The windows are folded from record 0; a joint act is one event at the place where it was whole,
    and each signature before that is one of its own.
    """
    logs = window_logs(whole)
    events = [*_of_records(whole, logs), *_of_operators(whole)]
    return tuple(sorted(events, key=_order))


def window_logs(whole: Context) -> dict[str, LogEntry]:
    """Record id to its line in the log of its window, of every window that was opened.

    A record with several lines (a step that took effect after it had none) has the last one.
    """
    found: dict[str, LogEntry] = {}
    statements = statements_of(whole)
    for window_id, record in whole.state.windows.items():
        state = read_window(
            require_policy(whole),
            statements,
            record.scope_hash,
            window_id,
            whole.request.now_unix_ms,
        )
        for entry in window_log(whole, state):
            if entry.kind != "remark":
                found[entry.record_id] = entry
    return found


def _of_records(whole: Context, logs: dict[str, LogEntry]) -> Iterator[Event]:
    every: tuple[Signed, ...] = (*whole.records.effective.verified, *whole.verdicts.verdicts)
    for record in every:
        if isinstance(record, HeldVerdict):
            kind, at = "verdict", record.statement.checkpoint.timestamp_unix_ms
            counts = whole.verdicts.is_effective(record)
        else:
            kind, at = record.kind, record.claimed_unix_ms
            counts = record.is_negative or whole.records.effective.is_effective(record)
        entry = logs.get(record.record_id)
        window = whole.state.windows.get(record.launch_window_id)
        effect, why, status = _effect(entry, counts=counts)
        yield Event(
            whole.order.get(record.record_id),
            at,
            record.record_id,
            kind,
            (record.holder,),
            says(record, window),
            text_of(record),
            effect,
            why,
            status,
        )


def _effect(entry: LogEntry | None, *, counts: bool) -> tuple[Effect, tuple[str, ...], str]:
    if entry is None:
        return ("", (), "") if counts else ("revoked", (REVOKED,), "")
    why = tuple(finding.message for finding in entry.findings)
    if entry.kind == "step":
        return "step", () if counts else (REVOKED,), entry.status
    if entry.kind == "waiting":
        return "waiting", why or ("it waits for signatures",), ""
    return "none", why, ""


def _of_operators(whole: Context) -> Iterator[Event]:
    for confirmed in whole.confirmations:
        yield Event(
            confirmed.place,
            OPERATOR_CONFIRMATION.claimed_unix_ms(confirmed.body),
            confirmed.record_id,
            OPERATOR_CONFIRMATION.name,
            (operator_title(confirmed.seat.operator),),
            _confirmed(confirmed),
        )


def _confirmed(confirmed: Confirmation) -> str:
    return f"{operator_title(confirmed.seat.operator)} confirmed: {confirmed.body.status}"


def _order(event: Event) -> tuple[bool, int, int, str]:
    return event.place is None, event.place or 0, event.at_unix_ms, event.record_id
