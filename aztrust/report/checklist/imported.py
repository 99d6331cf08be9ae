"""What a Markdown document gave: definitions, or the rows of a launch packet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, get_args

from aztrust.core.base.paths import escape
from aztrust.core.checklist.packet import JudgedRow, State
from aztrust.core.policy.describe import plural

_SAY: Final[dict[State, tuple[str, str]]] = {
    "recomputed": ("row recomputes", "rows recompute"),
    "wrong": ("digest is wrong", "digests are wrong"),
    "refused": ("path is refused", "paths are refused"),
    "missing": ("file is missing", "files are missing"),
    "unreadable": ("file cannot be read", "files cannot be read"),
    "pending": ("row is pending", "rows are pending"),
    "unclear": ("row has no digest", "rows have no digest"),
}
STATES: Final[tuple[State, ...]] = get_args(State)


def counted(rows: Sequence[JudgedRow]) -> dict[str, int]:
    """How many rows have each state."""
    found = Counter(row.state for row in rows)
    return {state: found[state] for state in STATES}


def summary(rows: Sequence[JudgedRow]) -> str:
    """`8 rows recompute, 1 file is missing, 7 rows are pending`."""
    count = counted(rows)
    parts = [f"{count[s]} {_SAY[s][count[s] != 1]}" for s in STATES if count[s]]
    return ", ".join(parts)


def packet_lines(rows: Sequence[JudgedRow], name: str, root: str, head: str) -> list[str]:
    """Each row on a line of its own, with why it is not a pass; paths and digests are whole."""
    lines = [head, f"packet   {name}", f"root     {root}", ""]
    width = max(len(row.state) for row in rows) + 2
    for judged in rows:
        row = judged.row
        lines.append(f"{judged.state:<{width}}{escape(row.name)[:200]}   line {row.line}")
        lines.append(f"{'':<{width}}{escape(row.location)[:400]}")
        if judged.detail:
            lines.append(f"{'':<{width}}{judged.detail}")
        if judged.state == "wrong":
            lines += [f"  table {row.sha256}", f"  file  {judged.sha256}"]
    return lines


def packet_document(rows: Sequence[JudgedRow]) -> list[dict[str, Any]]:
    """The rows as JSON."""
    return [
        {
            "line": judged.row.line,
            "id": escape(judged.row.name),
            "location": escape(judged.row.location),
            "state": judged.state,
            "stated_sha256": judged.row.sha256 or None,
            "sha256": judged.sha256 or None,
            "detail": judged.detail,
        }
        for judged in rows
    ]


def imported_notes(name: str, ticked: Sequence[str], left_out: int) -> tuple[str, ...]:
    """The comments at the head of definitions that came from a document."""
    notes = [
        f"From {name}.",
        "Look at the priority, the area, the owner and the method of each item: the document does",
        "not say them. Then: aztrust checklist lint",
    ]
    if ticked:
        of_them = ", ".join(ticked)
        notes.append(f"A tick is not an answer; the document has one for {of_them}.")
    if left_out:
        lines = plural(left_out, "list item")
        notes.append(f"{lines} of the document {'is' if left_out == 1 else 'are'} not tasks.")
    return tuple(notes)
