"""`aztrust window`: the launch window's state, and its ends."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.acts.window import Ended, Kind, Plan
from aztrust.cli.app import Session, command, group
from aztrust.cli.options import (
    anchor_option,
    given_anchor,
    given_scope,
    ledger_option,
    scope_option,
)
from aztrust.core.base.paths import escape
from aztrust.core.records.window_kinds import ABORT_TRIGGERS, AbortTrigger
from aztrust.core.state.context import Context
from aztrust.report.lines import labelled

window = group(
    "window",
    short_help="The launch window: its state, and its ends.",
    text="""The launch window of a frozen scope: where it stands, and how it ends.

    `aztrust freeze` opens it. Holding, proceeding, and all that follows a GO come in a later
    version; what ends a window is here.
    """,
    example="aztrust window status",
)
_key = click.option("--key", metavar="K", help="A key's name, a file or a URI; else $AZTRUST_KEY.")
_reason = click.option("--reason", metavar="T", required=True, help="Why.")
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@command(
    "defer",
    parent=window,
    short_help="End this window; the scope may be tried again.",
    example='aztrust window defer --reason "two operators are not ready"',
)
@_reason
@_key
@_yes
@ledger_option
@anchor_option
@scope_option
def defer(
    session: Session,
    reason: str,
    key: str | None,
    yes: bool,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
) -> None:
    """End the window that is open; nothing takes that back.

    The scope stays valid: approvals stand, and the next attempt begins with a freeze of its own.
    """
    _end(session, "launch-defer", "other", reason, key, yes, ledger, anchor, scope)


@command(
    "abort",
    parent=window,
    short_help="End this window, and its scope with it.",
    example='aztrust window abort --trigger binary-hash-mismatch --reason "another tag"',
)
@click.option(
    "--trigger",
    metavar="TRIGGER",
    type=click.Choice(ABORT_TRIGGERS),
    required=True,
    help=f"What it is for, in the words of AZ-29.1: {', '.join(ABORT_TRIGGERS)}.",
)
@_reason
@_key
@_yes
@ledger_option
@anchor_option
@scope_option
def abort(
    session: Session,
    trigger: AbortTrigger,
    reason: str,
    key: str | None,
    yes: bool,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
) -> None:
    """End the window and its scope for good; nothing takes that back.

    Restoring what was there before revives nothing: a launch goes on with a changed package, new
    seals, new approvals and a new freeze.
    """
    _end(session, "launch-abort", trigger, reason, key, yes, ledger, anchor, scope)


@command(
    "status",
    parent=window,
    short_help="What is frozen, and whether it has ended.",
    example="aztrust window status",
)
@ledger_option
@anchor_option
def status(session: Session, ledger: str | None, anchor: str | None) -> None:
    """Say which scope is frozen, by whom, in which window, and what has ended.

    No package is read: whether everything still holds, `aztrust verify` says.
    """
    from aztrust.core.state.current import windows_standing
    from aztrust.report.window import status_document, status_lines

    found = windows_standing(_context(session, ledger, anchor, None))
    lines = status_lines(found)
    session.emit(status_document(found, session.command), lines, brief=lines[0])


def _context(
    session: Session, ledger: str | None, anchor: str | None, scope: str | None
) -> Context:
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.window import read_launch_window

    given = TrustInputs(session.now_unix_ms(), given_anchor(anchor), given_scope(scope), ledger)
    return read_launch_window(session.launch(), given)


def _end(  # noqa: PLR0913 - what both commands were given
    session: Session,
    kind: Kind,
    trigger: AbortTrigger,
    reason: str,
    key: str | None,
    yes: bool,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
) -> None:
    from aztrust.acts.ledger.handle import find_books
    from aztrust.acts.select_key import choose_signer
    from aztrust.acts.window import ender_keys, plan_end, sign_end
    from aztrust.cli.signing_output import present, recorded_document

    launch = session.launch()
    context = _context(session, ledger, anchor, scope)
    word = _WORDS[kind]
    signer = choose_signer(
        key,
        accepted=ender_keys(context),
        act=f"{word} the launch",
        passphrase=session.passphrase,
    )
    plan = plan_end(
        context,
        kind,
        signer.public,
        reason=reason,
        trigger=trigger,
        now_unix_ms=session.now_unix_ms(),
    )
    if plan.earlier is not None:
        lines = labelled("done", f"{plan.earlier.holder} has ended it already; nothing was signed")
        lines += labelled("record", plan.earlier.record_id[7:23])
        document = recorded_document(session, None, **_fields(plan, None))
        session.emit(document, lines, brief=f"ended already {plan.attempt.scope_hash}")
        return
    shown = present(session, _screen(plan), yes=yes)
    session.confirm(f"{word.capitalize()} this launch? Nothing takes it back.", yes=yes)
    ended = sign_end(launch, context, plan, signer, find_books(context, ledger, signer))
    session.emit(
        recorded_document(session, ended.record, **_fields(plan, ended)),
        [*shown, *_after(launch, plan, ended)],
        brief=f"{_said(plan)}  scope {plan.attempt.scope_hash}",
    )


_WORDS: dict[Kind, str] = {"launch-defer": "defer", "launch-abort": "abort"}


def _said(plan: Plan) -> str:
    """The structured statement (AZ-36.1)."""
    if plan.kind == "launch-abort":
        return f"abort issued for release_package_id {plan.attempt.release_package_id or 'unknown'}"
    return f"defer issued for launch_window_id {plan.attempt.launch_window_id}"


def _screen(plan: Plan) -> list[str]:
    attempt = plan.attempt
    by = " and ".join(sorted({v.holder for v in attempt.freezes}))
    lines = labelled("you", plan.holder)
    lines += labelled("scope", f"frozen by {by}" if by else "not frozen")
    lines.append(f"  {attempt.scope_hash}")
    lines += ["window", f"  {attempt.launch_window_id}"]
    lines += labelled("reason", escape(plan.body.reason))
    then = "the window ends; this scope may be frozen again, in a window of its own"
    if plan.kind == "launch-abort":
        then = "the scope ends for good; restoring old bytes revives nothing"
    return [*lines, *labelled("then", then)]


def _after(launch: Path, plan: Plan, ended: Ended) -> list[str]:
    from aztrust.cli.signing_output import sending_lines, written_line

    lines = written_line(ended.record)
    if ended.entry is not None:
        lines += labelled("ledger", f"entry {ended.entry}")
    elif ended.refused:
        lines += labelled("ledger", f"did not take it: {ended.refused}; it counts all the same")
    lines += labelled("say", _said(plan))
    message = f"{_WORDS[plan.kind]} {plan.attempt.scope_hash[7:15]}"
    return [*lines, *sending_lines(launch, message=message)]


def _fields(plan: Plan, ended: Ended | None) -> dict[str, object]:
    return {
        "kind": plan.kind,
        "scope_hash": plan.attempt.scope_hash,
        "launch_window_id": plan.attempt.launch_window_id,
        "holder": plan.holder,
        "reason": plan.body.reason,
        "ledger_entry": ended.entry if ended is not None else None,
        "say": _said(plan),
    }
