"""`aztrust status`: where the launch is, on one screen."""

from __future__ import annotations

from datetime import UTC, datetime

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, at_option, ledger_option, together


@command(
    "status",
    short_help="Where the launch is, on one screen.",
    example="aztrust status\naztrust status -C atlas-1.aztrust",
)
@ledger_option
@anchor_option
@at_option
@together
def status(session: Session, at: str | None, given: Given) -> int:
    """Show the scope, who signed, what is pending, what is open, and what comes next.

    Times are in UTC, in your zone, and relative. It is a view of the records: no package is read,
    and only aztrust verify is a verdict. Exit 0 whatever the state; 1 where something could not be
    seen, which is listed.
    """
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.todo import read_todo
    from aztrust.core.judge.launch_status import launch_status
    from aztrust.core.judge.verify import EXIT_ERROR, EXIT_PASS
    from aztrust.report.status import StatusPage, status_brief, status_document, status_lines
    from aztrust.storage.launch import open_launch

    inputs = TrustInputs(session.at(at), given.anchor, ledger=given.ledger)
    reading = read_todo(open_launch(session.source()), inputs)
    code = EXIT_ERROR if reading.todo.unseen else EXIT_PASS
    state = launch_status(reading.context)
    page = StatusPage(reading.context, state, reading.todo, code, local_time)
    document = status_document(page, command=session.command)
    session.emit(document, status_lines(page), brief=status_brief(page))
    return code


def local_time(unix_ms: int) -> datetime | None:
    """An instant in the zone of this process (`$TZ`, else the machine's); None beyond calendars."""
    try:
        return datetime.fromtimestamp(unix_ms // 1000, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return None
