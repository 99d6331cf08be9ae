"""`aztrust window log`: what happened in a launch window, for a person and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aztrust.core.judge.window_log import LogEntry
from aztrust.core.judge.window_view import WindowView
from aztrust.report.escape import visible
from aztrust.report.finding import finding_lines
from aztrust.report.lines import labelled
from aztrust.report.text import utc
from aztrust.report.window.document import finding_document, state_document

_MARKS = {"step": "", "unused": "NO EFFECT  ", "waiting": "waits  ", "remark": ""}


def log_lines(entries: Sequence[LogEntry], *, verbose: bool = False) -> list[str]:
    """An entry each: its index in the ledger, the time, who, the statement, and what was written.

    Args:
        entries: the oldest first.
        verbose: whether record ids, and the findings of what had no effect, are shown in full.
    """
    lines: list[str] = []
    for entry in entries:
        label = "folder" if entry.place is None else f"{entry.place}"
        who = ", ".join(entry.holders)
        name = f"{_MARKS[entry.kind]}{entry.name}"
        then = f" -> {entry.status}" if entry.status else ""
        lines += labelled(label, visible(f"{utc(entry.at_unix_ms)}  {name}  {who}{then}"))
        lines += labelled("", visible(entry.statement))
        if entry.text:
            lines += labelled("", visible(f'"{entry.text}"'))
        for finding in entry.findings:
            lines += labelled("", visible(f"{finding.subject}: {finding.message}"))
            lines += finding_lines(finding) if verbose else ()
        if verbose:
            lines.append(f"         {entry.record_id}")
    return lines or ["log      nothing happened in this window yet"]


def log_document(view: WindowView, entries: Sequence[LogEntry], command: str) -> dict[str, Any]:
    """The same as a JSON value."""
    state = view.state
    return {
        "schema": "aztrust/window-log",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        **state_document(state),
        "entries": [entry_document(entry) for entry in entries],
    }


def entry_document(entry: LogEntry) -> dict[str, Any]:
    """One entry as a JSON value."""
    return {
        "kind": entry.kind,
        "name": entry.name,
        "record_id": entry.record_id,
        "holders": list(entry.holders),
        "entry": entry.place,
        "at_unix_ms": entry.at_unix_ms,
        "statement": visible(entry.statement),
        "text": visible(entry.text),
        "status": entry.status or None,
        "phase": entry.phase if entry.phase >= 0 else None,
        "about": visible(entry.about) or None,
        "findings": [finding_document(finding) for finding in entry.findings],
    }
