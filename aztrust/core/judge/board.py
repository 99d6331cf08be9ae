"""The board of a launch: everything that a war room looks at, taken from one reading.

Nothing here decides anything. The window, the tasks and the rows are what `view_window`,
`read_tasks` and the final checks find. A row that only a machine can answer is shown as the newest
final check of this window has it, and as not looked at before there is one: no package is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nlargest
from typing import Final, Literal, cast

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.checks.operators import to_decide
from aztrust.core.history.operators import Confirmation, NodeReport
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.launch_status import LaunchStatus, launch_status
from aztrust.core.judge.tasks import Todo
from aztrust.core.judge.window_log import text_of
from aztrust.core.judge.window_statement import statement_in
from aztrust.core.judge.window_view import WindowView, view_window
from aztrust.core.policy.model import MACHINE_ROWS, ROWS
from aztrust.core.policy.readiness_rules import readiness_rules
from aztrust.core.records.checkpoint import FINAL, RowStatus
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, ledger_places, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.present_readiness import present_readiness
from aztrust.core.state.readiness import Readiness
from aztrust.core.state.window.events import claimed_unix_ms, identity_of
from aztrust.core.state.window.state import Signed

RowSource = Literal["records", "final-check", "not-looked-at"]
RECORDS_SHOWN: Final = 12


@frozen
class BoardRow:
    """One row of the final checks.

    Args:
        id: its name.
        owner: the role that answers it, "" where none is known.
        status: `not_run` where it was not looked at.
        detail: why it is not a pass, "" where there is nothing to add.
        at_unix_ms: when it was answered, 0 where that is not known.
        source: the records of this reading, the newest final check, or neither.
    """

    id: str
    owner: str
    status: RowStatus
    detail: str
    at_unix_ms: int
    source: RowSource


@frozen
class BoardRecord:
    """One of the last records.

    Args:
        record_id: of what was signed.
        kind: of the record, `verdict` for a verdict.
        holder: who signed it: a holder, or an operator.
        place: its index in the ledger, None where no ledger has it.
        at_unix_ms: when its signer claims to have made it.
        statement: one line to read aloud.
        text: what the signer wrote, "" for nothing.
        revoked: whether it no longer counts.
    """

    record_id: str
    kind: str
    holder: str
    place: int | None
    at_unix_ms: int
    statement: str
    text: str
    revoked: bool = False

    @property
    def order(self) -> tuple[bool, int, int, str]:
        """The larger, the newer: by the ledger, and what is not in it yet comes last."""
        return self.place is None, self.place or 0, self.at_unix_ms, self.record_id


@frozen
class Board:
    """A launch as a war room sees it.

    Args:
        context: the launch.
        status: who signed what.
        view: the window, None where none was ever opened.
        todo: everything that waits, and why there may be more.
        rows: the final checks, () before the freeze.
        records: the newest first.
        readiness: the count of the operators, None where none is enrolled or nothing is frozen.
        decide: what of that count a person has to decide: copies of one wrong file, a collapse.
    """

    context: Context
    status: LaunchStatus
    view: WindowView | None
    todo: Todo
    rows: tuple[BoardRow, ...]
    records: tuple[BoardRecord, ...]
    readiness: Readiness | None = None
    decide: tuple[Finding, ...] = ()

    @property
    def now_unix_ms(self) -> int:
        """The time of the reading, in milliseconds since the epoch."""
        return self.context.request.now_unix_ms


def make_board(context: Context, todo: Todo) -> Board:
    """The board of one reading.

    Args:
        context: the launch, as `read_tasks` read it, with the file that has the voting power.
        todo: what waits in it.

    Raises:
        Malformed: the policy cannot be read.
    """
    status, view = launch_status(context), view_window(context)
    window = view.state.window if view is not None else None
    readiness = present_readiness(context)
    return Board(
        context,
        status,
        view,
        todo,
        tuple(_rows(context, status)),
        tuple(nlargest(RECORDS_SHOWN, _records(context, window), key=lambda r: r.order)),
        readiness,
        tuple(to_decide(readiness, readiness_rules(require_policy(context)))) if readiness else (),
    )


def _rows(context: Context, status: LaunchStatus) -> Iterator[BoardRow]:
    if status.attempt is None:
        return
    answered = {row.id: row for row in status.rows}
    last = _last_final(context, status.attempt)
    computed = {row.id: row for row in last.statement.matrix} if last is not None else {}
    by = last.holder if last is not None else ""
    # The lessons of the testnet have rows of their own, after the twelve.
    for name in dict.fromkeys((*ROWS, *answered, *computed)):
        if name in answered:
            row = answered[name]
            kind = cast("RowStatus", row.status.value)
            yield BoardRow(name, row.owner, kind, row.detail, row.answered_unix_ms, "records")
        elif name in computed:
            old = computed[name]
            text, at = f"in the final check by {by}", old.timestamp_unix_ms
            yield BoardRow(name, old.owner, old.status, text, at, "final-check")
        else:
            text = "no package is read here" if name in MACHINE_ROWS else "it was not asked"
            yield BoardRow(name, "", "not_run", text, 0, "not-looked-at")


def _last_final(context: Context, attempt: Attempt) -> HeldVerdict | None:
    """The newest final check of an attempt that counts, also one that did not pass."""
    found = (
        verdict
        for verdict in context.verdicts.verdicts
        if verdict.statement.checkpoint.checkpoint_class == FINAL
        and verdict.launch_window_id == attempt.launch_window_id
        and verdict.statement.scope_hash == attempt.scope_hash
        and context.verdicts.is_effective(verdict)
    )
    return max(found, key=lambda v: (claimed_unix_ms(v), v.record_id), default=None)


def _records(context: Context, window: VerifiedRecord | None) -> Iterator[BoardRecord]:
    places, effective = ledger_places(context), context.records.effective
    for record in effective.verified:
        ended = not effective.is_effective(record)
        yield _record(record, record.kind, places.get(identity_of(record)), window, revoked=ended)
    for confirmation in (*context.confirmations, *context.records.unentered):
        yield _confirmation(confirmation, places.get(confirmation.identity))
    for report in (*context.records.node_reports, *context.records.unentered_reports):
        yield _node_report(report, places.get(report.identity))
    for verdict in context.verdicts.verdicts:
        ended = not context.verdicts.is_effective(verdict)
        yield _record(verdict, "verdict", places.get(identity_of(verdict)), window, revoked=ended)


def _confirmation(confirmation: Confirmation, place: int | None) -> BoardRecord:
    body, seat = confirmation.body, confirmation.seat
    roles = ", ".join(body.roles)
    reason = f", {body.reason}" if body.reason else ""
    statement = f"{body.status}: {roles} on {body.platform}{reason}"
    return BoardRecord(
        confirmation.record_id,
        "operator-confirmation",
        seat.operator,
        place,
        body.confirmed_at_unix_ms,
        statement,
        "",
        revoked=bool(seat.revoked),
    )


def _node_report(report: NodeReport, place: int | None) -> BoardRecord:
    count = len(report.body.nodes)
    return BoardRecord(
        report.record_id,
        "node-facts",
        report.seat.operator,
        place,
        report.body.seen_at_unix_ms,
        f"what {'its node' if count == 1 else f'{count} nodes'} answered",
        "",
        revoked=bool(report.seat.revoked),
    )


def _record(
    signed: Signed,
    kind: str,
    place: int | None,
    window: VerifiedRecord | None,
    *,
    revoked: bool,
) -> BoardRecord:
    return BoardRecord(
        signed.record_id,
        kind,
        signed.holder,
        place,
        claimed_unix_ms(signed),
        statement_in(signed, window),
        text_of(signed),
        revoked,
    )
