"""`aztrust window log`, `script`, `minutes`: what happened, and what was planned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, at_option, ledger_option, together
from aztrust.cli.window.base import window
from aztrust.cli.window.status import at_head_option, read_window_context, require_view

if TYPE_CHECKING:
    from aztrust.core.judge.window_script import Script
    from aztrust.core.judge.window_view import WindowView


@command(
    "log",
    parent=window,
    short_help="What happened: each step, who signed it, and what had no effect.",
    example="aztrust window log\naztrust window log -v",
)
@at_head_option
@ledger_option
@anchor_option
@at_option
@together
def log(session: Session, at: str | None, at_head: Path | None, given: Given) -> None:
    """List what happened in the window, in the order of the ledger.

    Each step that took effect with its index, its time, who signed it and its statement; between
    them exceptions, corrections, notes and anomalies, and what had no effect, with the reason.
    """
    from aztrust.core.judge.window_log import window_log
    from aztrust.report.window.log import log_document, log_lines
    from aztrust.report.window.status import window_brief

    view = require_view(read_window_context(session, session.at(at), at_head, given))
    entries = window_log(view.context, view.state)
    document = log_document(view, entries, session.command)
    lines = log_lines(entries, verbose=session.verbose)
    session.emit(document, lines, brief=window_brief(view))


@command(
    "script",
    parent=window,
    short_help="The steps of this window with names and times, as Markdown.",
    example="aztrust window script > script.md",
)
@ledger_option
@anchor_option
@together
def script(session: Session, given: Given) -> int:
    """Print the script of the window, which was fixed when it opened.

    It is a function of the policy, the scope and the planned times. Exit 0 where its digest is the
    one in the window; 10 where it is another one; 1 where there is nothing to compare it with.
    """
    from aztrust.core.judge.window_script import script_text
    from aztrust.report.window.script import script_document

    view = require_view(read_window_context(session, session.now_unix_ms(), None, given))
    found = _require_script(view)
    text = script_text(found)
    fixed = found.metadata.script_hash
    code = 1 if fixed is None else (0 if fixed == found.digest else 10)
    document = script_document(view, found, text, command=session.command, exit_code=code)
    session.emit(document, text.splitlines(), brief=found.digest)
    return code


@command(
    "minutes",
    parent=window,
    short_help="The script with what happened, as Markdown or one HTML page.",
    example="aztrust window minutes > minutes.md\naztrust window minutes --html -o minutes.html",
)
@click.option("--html", is_flag=True, help="One page that needs nothing else, and prints well.")
@at_head_option
@ledger_option
@anchor_option
@at_option
@together
def minutes(
    session: Session, html: bool, at: str | None, at_head: Path | None, given: Given
) -> None:
    """Print the script of the window with what happened at each step, and everything else."""
    from aztrust.core.judge.window_minutes import window_minutes
    from aztrust.report.window.minutes import minutes_document, minutes_html, minutes_markdown
    from aztrust.report.window.status import window_brief

    view = require_view(read_window_context(session, session.at(at), at_head, given))
    found = window_minutes(view)
    text = minutes_html(found) if html else minutes_markdown(found)
    form = "html" if html else "markdown"
    document = minutes_document(found, session.command, text, form)
    session.emit(document, text.splitlines(), brief=window_brief(view))


def _require_script(view: WindowView) -> Script:
    """The script of a window.

    Raises:
        CouldNotCheck: the record that opened it is not here, or is of another policy.
    """
    from aztrust.core.base.errors import CouldNotCheck
    from aztrust.core.judge.window_script import script_of

    found = script_of(view.context, view.state.window)
    if found is None:
        raise CouldNotCheck(
            "the record that opened this window is not here, or is of another policy",
            subject="window",
            mend="get the launch-window record, or the ledger, and give the anchor of its policy",
        )
    return found
