"""`aztrust window status`: what is frozen, what has ended."""

from __future__ import annotations

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, given_scope, ledger_option, together
from aztrust.cli.window.base import load, window


@command(
    "status",
    parent=window,
    short_help="What is frozen, and whether it has ended.",
    example="aztrust window status",
)
@ledger_option
@anchor_option
@together
def status(session: Session, given: Given) -> None:
    """Show which scope is frozen, by whom, in which window, and what has ended.

    No package is read; `aztrust verify` checks whether everything still passes.
    """
    from aztrust.core.base.value import replace
    from aztrust.core.state.current import summarize_windows
    from aztrust.report.window.windows import status_document, status_lines

    given = replace(given, scope=given_scope(None))
    act = load(session, given, ledger_needed=True)
    found = summarize_windows(act.context)
    lines = status_lines(found)
    session.emit(status_document(found, session.command), lines, brief=lines[0])
