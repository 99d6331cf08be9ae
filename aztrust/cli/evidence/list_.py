"""`aztrust evidence list`: which files are evidence, and for what."""

from __future__ import annotations

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import load, reading_options
from aztrust.cli.evidence.base import evidence
from aztrust.cli.options import Given


@command(
    "list",
    parent=evidence,
    short_help="Which files are evidence, and for what.",
    example="aztrust evidence list",
)
@reading_options
def list_(session: Session, given: Given) -> None:
    """List the evidence by item; no file is read. What does not count is shown, and why."""
    from aztrust.core.state.checklist.named import checklist_records
    from aztrust.report.checklist.evidence import list_document, list_lines

    records = checklist_records(load(session, given).context)
    lines = list_lines(records)
    session.emit(list_document(records, session.command), lines, brief=lines[0])
