"""The status of a launch: one screen of 80 columns and 24 lines, and a document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, cast

from aztrust.core.base.digest import Sha256
from aztrust.core.base.findings import Status
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.base.version import __version__
from aztrust.core.judge.launch_status import LaunchStatus, PackageStatus, SignedBy, StageName
from aztrust.core.judge.tasks import Task, Todo
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass
from aztrust.core.records.checkpoint import RowStatus
from aztrust.core.records.window import WindowStatus
from aztrust.core.state.context import Anchored, Context, require_policy
from aztrust.core.state.freezes import Signatures
from aztrust.report.checkpoint import ReportSignatures
from aztrust.report.escape import visible
from aztrust.report.lines import LABEL, WIDTH, fitted, short
from aztrust.report.model import Milliseconds, ReportPending
from aztrust.report.moment import Local, moment
from aztrust.report.pending import pending_documents
from aztrust.report.text import utc
from aztrust.report.todo import ReportTask, task_document

HEIGHT: Final = 24
_SHOWN = 3


class ReportSigned(Model):
    """A holder who signed, and the time that the record claims."""

    holder: str
    at_unix_ms: Milliseconds


class StatusPackage(Model):
    """A package; `missing` are those who have yet to approve, a phrase for each role."""

    package_id: Sha256 | None
    sealed: Items[ReportSigned]
    approved: Items[ReportSigned]
    need: Annotated[int, Field(ge=0)]
    met: bool
    missing: Items[str]


class StatusWindow(Model):
    """The frozen attempt that is under way; `phase` is from 0 to 8 (AZ-4.1)."""

    scope_hash: Sha256
    launch_window_id: Sha256
    opened_at_unix_ms: Milliseconds
    decide_by_unix_ms: Milliseconds | None
    status: WindowStatus
    phase: Annotated[int, Field(ge=0, le=8)]


class StatusRow(Model):
    """A row of the final checks that people or the monitoring answer."""

    id: str
    owner: str | None
    status: RowStatus
    detail: str | None
    answered_at_unix_ms: Milliseconds | None


class StatusReport(Model):
    """What `aztrust status --format json` gives.

    `next` is what waits, for all holders, the most urgent first; `unseen` says why there may be
    more. `ended_by` names the holder who ended the scope for good.
    """

    schema_: Annotated[Literal["aztrust/status"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    aztrust_version: str
    launch: str
    chain_id: str
    at_unix_ms: Milliseconds
    exit_code: Annotated[int, Field(ge=0, le=255)]
    stage: StageName
    anchor: Anchored
    policy_digest: Sha256
    scope_hash: Sha256 | None
    packages: dict[PackageClass, StatusPackage]
    freeze: ReportSignatures
    frozen_by: Items[ReportSigned]
    window: StatusWindow | None
    rows: Items[StatusRow]
    final: ReportSignatures
    checked_by: Items[ReportSigned]
    objections: Items[str]
    ended_by: str | None
    pending: Items[ReportPending]
    next: Items[ReportTask]
    unseen: Items[str]


@frozen
class StatusPage:
    """What is shown: the launch, its status, what waits, and the reader's zone."""

    context: Context
    status: LaunchStatus
    todo: Todo
    exit_code: int
    local: Local


def status_lines(page: StatusPage) -> list[str]:
    """The screen: at most 24 lines of at most 80 columns."""
    lines = [*_head(page), *_signed(page), *_open(page)]
    unseen = _some("not seen", page.todo.unseen, 1)
    room = HEIGHT - 1 - len(lines) - len(unseen)
    return [*lines, *_next(page.todo.tasks, max(room, 2)), *unseen]


def status_brief(page: StatusPage) -> str:
    """The first line, and the one line of -q."""
    policy = require_policy(page.context)
    waits = len(page.todo.tasks)
    what = f"{page.status.stage}; {waits} {'task waits' if waits == 1 else 'tasks wait'}"
    return _line("STATUS", f"{policy.launch.chain_id}   {what}   exit {page.exit_code}")


def _head(page: StatusPage) -> list[str]:
    context, now = page.context, page.context.request.now_unix_ms
    here = page.local(now)
    local = ""
    if here is not None and here.utcoffset() != timedelta(0):
        local = f"   {here:%Y-%m-%d %H:%M:%S %Z}"
    anchored = {"given": "agrees with the anchor given", "pinned": "agrees with the one pinned"}
    known = anchored.get(context.request.anchored, "compared with nothing")
    scope = context.scope.hash if context.scope is not None else ""
    return [
        status_brief(page),
        _line("now", f"{utc(now)}{local}"),
        _line("policy", f"{short(context.policy_digest)} {known}"),
        _line("scope", scope[7:] or "none: both packages have to be sealed"),
    ]


def _signed(page: StatusPage) -> list[str]:
    """Who signed what, a line each."""
    status = page.status
    lines = [_line(c, _package(status.packages[c], page)) for c in PACKAGE_CLASSES]
    if status.freeze.need:
        lines.append(_line("freeze", _count(status.freeze, status.frozen_by, page)))
    if status.ended is not None:
        return [*lines, _line("ended", f"for good, by {status.ended.holder}")]
    if status.attempt is None:
        return lines
    now = page.context.request.now_unix_ms
    opened = moment(status.attempt.opened_at_unix_ms, now, page.local)
    entered = f"{status.window.status}, " if status.window is not None else ""
    lines.append(_line("window", f"{entered}open since {opened}"))
    if status.attempt.decide_by_unix_ms is not None:
        decide_by = moment(status.attempt.decide_by_unix_ms, now, page.local)
        lines.append(_line("", f"decide by {decide_by}"))
    asked = [row for row in status.rows if row.status is not Status.NOT_APPLICABLE]
    open_ = [row.id for row in asked if row.status is not Status.PASS]
    text = f"{len(asked) - len(open_)} of {len(asked)} rows"
    lines.append(_line("answers", f"{text}; open: {', '.join(open_)}" if open_ else text))
    lines.append(_line("checks", _count(status.final, status.checked_by, page)))
    return lines


def _package(package: PackageStatus, page: StatusPage) -> str:
    if not package.sealed:
        return "not sealed"
    now = page.context.request.now_unix_ms
    by = package.sealed[-1]
    sealed = f"sealed by {by.holder} {moment(by.at_unix_ms, now, page.local)}"
    names = ", ".join(signed.holder for signed in package.approved)
    approved = f"approved {len(package.approved)} of {package.need}"
    return f"{approved}{f': {names}' if names else ''}; {sealed}"


def _count(signatures: Signatures, signed: tuple[SignedBy, ...], page: StatusPage) -> str:
    now = page.context.request.now_unix_ms
    text = f"{signatures.have} of {signatures.need} signed"
    if signed:
        last = signed[-1]
        names = ", ".join(by.holder for by in signed)
        text += f": {names}, {moment(last.at_unix_ms, now, page.local)}"
    if signatures.pending:
        text += f"; pending: {', '.join(signatures.pending)}"
    return text


def _open(page: StatusPage) -> list[str]:
    """What is pending and what stops the launch, some lines each."""
    waiting = sorted(page.context.pending, key=lambda p: p.counts)
    pending = [f"{p.ref.text}: {p.sentence.removeprefix('pending: ')}" for p in waiting]
    return [
        *_some("pending", pending, _SHOWN),
        *_some("open", page.status.objections, _SHOWN),
    ]


def _next(tasks: tuple[Task, ...], room: int) -> list[str]:
    """Who does what, two lines each, as many as fit."""
    if not tasks:
        return [_line("next", "nothing waits for a holder")]
    lines: list[str] = []
    for number, task in enumerate(tasks):
        names = " or ".join(dict.fromkeys(doer.holder for doer in task.doers))
        text = f"{names}: {task.command}"
        left = len(tasks) - number
        if len(lines) + (left > 1) >= room:
            return [*lines, _line("", f"+{left} more: aztrust todo --for NAME")]
        lines.append(_line("" if number else "next", text))
    return lines


def _some(label: str, texts: Iterable[str], most: int) -> list[str]:
    texts = list(texts)
    lines = [_line("" if n else label, text) for n, text in enumerate(texts[:most])]
    if len(texts) > most:
        lines.append(_line("", f"+{len(texts) - most} more"))
    return lines


def _line(label: str, text: str) -> str:
    """One line, cut where the screen ends; the document has the whole text."""
    return fitted(f"{label:<{LABEL}}{visible(text)}".rstrip(), WIDTH)


def status_document(page: StatusPage, *, command: str) -> dict[str, Any]:
    """The page for a program."""
    context, status, policy = page.context, page.status, require_policy(page.context)
    attempt = status.attempt
    return StatusReport(
        schema_="aztrust/status",
        version_major=1,
        version_minor=0,
        command=command,
        aztrust_version=__version__,
        launch=visible(policy.launch.name),
        chain_id=visible(policy.launch.chain_id),
        at_unix_ms=context.request.now_unix_ms,
        exit_code=page.exit_code,
        stage=status.stage,
        anchor=context.request.anchored,
        policy_digest=context.policy_digest,
        scope_hash=context.scope.hash if context.scope is not None else None,
        packages={
            c: StatusPackage(
                package_id=package.package_id or None,
                sealed=_documents(package.sealed),
                approved=_documents(package.approved),
                need=package.need,
                met=package.met,
                missing=package.missing,
            )
            for c, package in status.packages.items()
        },
        freeze=_signatures(status.freeze),
        frozen_by=_documents(status.frozen_by),
        window=StatusWindow(
            scope_hash=attempt.scope_hash,
            launch_window_id=attempt.launch_window_id,
            opened_at_unix_ms=attempt.opened_at_unix_ms,
            decide_by_unix_ms=attempt.decide_by_unix_ms,
            status=status.window.status,
            phase=status.window.phase,
        )
        if attempt is not None and status.window is not None
        else None,
        rows=tuple(
            StatusRow(
                id=row.id,
                owner=row.owner or None,
                status=cast("RowStatus", row.status.value),
                detail=visible(row.detail) or None,
                answered_at_unix_ms=row.answered_unix_ms or None,
            )
            for row in status.rows
        ),
        final=_signatures(status.final),
        checked_by=_documents(status.checked_by),
        objections=tuple(map(visible, status.objections)),
        ended_by=status.ended.holder if status.ended is not None else None,
        pending=pending_documents(context.pending),
        next=tuple(task_document(task, task.command) for task in page.todo.tasks),
        unseen=tuple(map(visible, page.todo.unseen)),
    ).model_dump(mode="json")


def _documents(signed: Iterable[SignedBy]) -> tuple[ReportSigned, ...]:
    return tuple(ReportSigned(holder=by.holder, at_unix_ms=by.at_unix_ms) for by in signed)


def _signatures(signatures: Signatures) -> ReportSignatures:
    return ReportSignatures(
        have=signatures.have,
        need=signatures.need,
        missing=signatures.missing,
        pending=signatures.pending,
    )
