"""The value of a board; the page is made from this value and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from aztrust.core.base.findings import Finding
from aztrust.core.base.version import __version__
from aztrust.core.judge.board import Board, BoardRow
from aztrust.core.judge.window_log import text_of
from aztrust.core.judge.window_next import Waiting
from aztrust.core.judge.window_view import WindowView
from aztrust.core.policy.readiness_rules import readiness_rules
from aztrust.core.state.blockers import described
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.readiness import OperatorRow
from aztrust.core.state.window.state import hold_ends, next_update
from aztrust.report.board.model import (
    BoardAct,
    BoardCheck,
    BoardDocument,
    BoardEntry,
    BoardHold,
    BoardMissing,
    BoardOperator,
    BoardReadiness,
    BoardStop,
    BoardThreshold,
    BoardTime,
    BoardWindow,
    OperatorState,
)
from aztrust.report.escape import visible
from aztrust.report.lines import short
from aztrust.report.observe.seen import SeenChain
from aztrust.report.todo import task_document
from aztrust.report.window.status import needed

ENDED: Final = frozenset({"DEFERRED", "ABORTED", "NORMALIZED"})
"""The statuses after which no start is waited for."""


def board_document(board: Board, *, command: str, chain: SeenChain | None = None) -> BoardDocument:
    """The value of a board.

    Args:
        board: of one reading.
        command: the command that read it.
        chain: what the observer on this machine sees; None where the policy asks for none.
    """
    context, policy = board.context, require_policy(board.context)
    ledger = context.evidence.ledger
    return BoardDocument(
        schema_="aztrust/board",
        version_major=1,
        version_minor=0,
        command=command,
        aztrust_version=__version__,
        at_unix_ms=board.now_unix_ms,
        launch=visible(policy.launch.name),
        chain_id=visible(policy.launch.chain_id),
        network_class=policy.launch.network_class,
        anchor=context.request.anchored,
        policy_digest=context.policy_digest,
        scope_hash=context.scope.hash if context.scope is not None else None,
        stage=board.status.stage,
        window=_window(board.view) if board.view is not None else None,
        readiness=_readiness(board),
        chain=chain,
        stops=tuple(_stops(board)),
        checks=tuple(map(_check, board.rows)),
        tasks=tuple(task_document(task, task.command) for task in board.todo.tasks),
        records=tuple(
            BoardEntry(
                record_id=record.record_id,
                kind=visible(record.kind),
                holder=visible(record.holder),
                entry=record.place,
                at_unix_ms=record.at_unix_ms,
                statement=visible(record.statement),
                text=visible(record.text) or None,
                revoked=record.revoked,
            )
            for record in board.records
        ),
        ledger_size=ledger.size if ledger is not None and not ledger.ignored else None,
        waiting=len(context.pending),
        unseen=tuple(dict.fromkeys(map(visible, _unseen(board)))),
    )


def _window(view: WindowView) -> BoardWindow:
    state = view.state
    start = view.start if state.status not in ENDED else None
    decided = view.decided
    return BoardWindow(
        scope_hash=state.scope_hash,
        launch_window_id=state.launch_window_id,
        status=state.status,
        phase=state.phase,
        start_at_unix_ms=start[1] if start is not None else None,
        start_from=start[0] if start is not None else None,
        decided=visible(decided.row.says) if decided is not None else None,
        times=tuple(
            BoardTime(
                id=boundary.id,
                text=visible(boundary.text),
                at_unix_ms=boundary.at_unix_ms,
                after=visible(boundary.after) or None,
                over=boundary.over,
            )
            for boundary in view.boundaries
        ),
        holds=tuple(
            BoardHold(
                record_id=hold.record_id,
                holder=visible(hold.holder),
                severity=visible(str(getattr(hold.body, "severity", ""))),
                text=visible(text_of(hold)),
                ends_at_unix_ms=hold_ends(hold),
                update_at_unix_ms=next_update(hold),
            )
            for hold in state.holds
        ),
        acts=tuple(map(_act, view.waiting)),
    )


def _readiness(board: Board) -> BoardReadiness | None:
    found = board.readiness
    if found is None:
        return None
    rules = readiness_rules(require_policy(board.context))
    powers, is_known = found.powers, not found.power_unknown and found.powers.total > 0
    parts = powers.parts
    apart = {each.operator: each.text for each in found.not_counted}
    operators = [
        BoardOperator(
            operator=visible(row.operator),
            roles=tuple(role for role, _ in row.roles),
            platforms=row.platforms,
            state=row.status,
            power=str(row.power) if is_known else None,
            why=visible(_why(row, apart.get(row.operator, ""))) or None,
            at_unix_ms=row.confirmed_at_unix_ms,
        )
        for row in found.rows
    ]
    others: tuple[tuple[OperatorState, str], ...] = (
        ("unconfirmed", "validators that no operator is enrolled for"),
        ("contested", "validators that several operators claim"),
    )
    operators += [
        BoardOperator(
            operator=None,
            roles=(),
            platforms=(),
            state=state,
            power=str(parts[state]),
            why=why,
            at_unix_ms=None,
        )
        for state, why in others
        if is_known and parts[state]
    ]
    unseen = tuple(_unseen(board))
    partly = (
        ("not everything could be read, so that nothing here is sure: see what is not seen",)
        if unseen
        else ()
    )
    unknown = (f"the voting power is not known: {found.power_unknown}",) if not is_known else ()
    findings = (*found.findings, *board.decide, *board.context.roster.findings)
    return BoardReadiness(
        met=found.met and not (unseen or board.decide) if rules.has_threshold else None,
        total=str(powers.total) if is_known else None,
        powers={state: str(power) for state, power in parts.items()} if is_known else {},
        need_millionths=rules.min_power,
        collapse_millionths=rules.collapse,
        thresholds=tuple(BoardThreshold(text=visible(t.text), met=t.met) for t in found.thresholds),
        operators=tuple(operators),
        findings=tuple(visible(text) for text in (*partly, *unknown, *map(_found, findings))),
    )


def _found(finding: Finding) -> str:
    return f"{finding.message} ({short(finding.actual)})" if finding.actual else finding.message


def _why(row: OperatorRow, apart: str) -> str:
    """Why an operator is not ready, or what a ready one warns of."""
    if row.revoked:
        return row.revoked
    if row.status == "ready":
        return ", ".join(row.warnings)
    found = f" {row.found}…" if row.found else ""
    return f"{row.reason}{found}" if row.reason else apart


def _act(waiting: Waiting) -> BoardAct:
    quorum = waiting.quorum
    return BoardAct(
        act=waiting.act.trigger,
        record_id=waiting.record_id,
        signed_by=tuple(sorted(quorum.holders)) if quorum is not None else (),
        need=needed(quorum.rule) if quorum is not None else None,
        missing=tuple(BoardMissing(role=role or None, holders=h) for role, h in waiting.missing),
        waits_for=tuple(visible(finding.subject) for finding in waiting.act.missing),
        expires_at_unix_ms=waiting.act.expires_at_unix_ms,
    )


def _check(row: BoardRow) -> BoardCheck:
    return BoardCheck(
        id=row.id,
        owner=visible(row.owner) or None,
        status=row.status,
        detail=visible(row.detail) or None,
        at_unix_ms=row.at_unix_ms or None,
        source=row.source,
    )


def _stops(board: Board) -> Iterator[BoardStop]:
    context, status, view = board.context, board.status, board.view
    if status.ended is not None:
        yield BoardStop(kind="ended", text=f"the scope was ended by {status.ended.holder}")
    listed = set()
    for opening in context.state.blockers.unclosed:
        listed.add(opening.record_id)
        text = f"{opening.record_id[7:15]}: {described(opening)}"
        yield BoardStop(kind="blocker", text=visible(text))
    for anomaly in view.state.anomalies if view is not None else ():
        listed.add(anomaly.record_id)
        text = f"{anomaly.record_id[7:15]} by {anomaly.holder}: {text_of(anomaly)}"
        yield BoardStop(kind="anomaly", text=visible(text))
    for trigger in view.triggers if view is not None else ():
        if trigger.record_id in listed:
            continue
        yield BoardStop(kind="trigger", text=visible(f"{trigger.trigger}: {trigger.what}"))
    for text in status.objections:
        if not text.startswith("blocker "):
            yield BoardStop(kind="objection", text=visible(text))


def _unseen(board: Board) -> Iterator[str]:
    known = board.todo.unseen
    yield from known
    # A finding of the ledger is among them already, behind its code and its file.
    yield from (text for text in unread(board.context) if not any(map(_ends_with(text), known)))


def _ends_with(text: str) -> Callable[[str], bool]:
    return lambda known: known.endswith(text)


def unread(context: Context) -> Iterator[str]:
    """Why this may not be all that was signed."""
    reading = context.evidence.ledger
    if reading is not None and not (reading.holds or reading.ignored):
        yield from [f.message for f in reading.findings] or [reading.fault or reading.behind]
    for fault in context.evidence.unreadable:
        yield f"{fault.path}: {fault.detail}"
    for finding in context.records.findings:
        if finding.code == "record-unknown":
            yield f"{finding.subject}: {finding.message}"
