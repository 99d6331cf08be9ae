"""The evidence table of a launch packet: which file is meant, and which digest it had (RC-H).

A row is what it says, whatever column it is in: the columns are found by their names. A digest that
is pending was not recorded, and that is never a pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.checklist.markdown import Page, Table

Stated = Literal["digest", "pending", "unclear"]
State = Literal["recomputed", "wrong", "refused", "missing", "unreadable", "pending", "unclear"]
"""What became of a row. `pending` has no digest yet; `unclear` has something else in its place."""
FAILED: Final = ("wrong", "refused")
"""States that show something bad; the others but `recomputed` were not looked at."""

_DIGEST: Final = re.compile(r"(?:sha-?256:)?([0-9a-fA-F]{64})")
_PENDING: Final = frozenset(
    {"", "-", "\u2013", "\u2014", "?", "n/a", "none", "pending", "tbd", "todo"}
)
_SHA: Final = ("sha-256", "sha256", "sha 256", "sha-256 hash", "sha256 hash")
_PLACE: Final = ("location", "path", "file")
_NAME: Final = ("evidence id", "id", "evidence")


@frozen
class PacketRow:
    """A row of the evidence table.

    Args:
        line: in the document, from 1.
        name: its id; the artifact's name where it has none.
        location: the file, as it is written there.
        stated: what is in the place of the digest.
        sha256: the digest, `sha256:` and 64 hex digits; "" without one.
    """

    line: int
    name: str
    location: str
    stated: Stated
    sha256: str = ""


@frozen
class JudgedRow:
    """A row and what its file is now.

    Args:
        sha256: what the file has; "" where it was not read.
        detail: why it has its state, "" where the state says it.
    """

    row: PacketRow
    state: State
    sha256: str = ""
    detail: str = ""


def packet_rows(page: Page) -> tuple[PacketRow, ...]:
    """The rows of every evidence table: one with a column for a SHA-256 and one for a place."""
    return tuple(row for table in page.tables for row in _rows(table))


def exit_code(rows: Sequence[JudgedRow]) -> int:
    """10 where a row is bad, 11 where one was not looked at, else 0."""
    states = {row.state for row in rows}
    if states & set(FAILED):
        return 10
    return 0 if states <= {"recomputed"} else 11


def _rows(table: Table) -> Iterator[PacketRow]:
    names = [" ".join(cell.casefold().split()) for cell in table.header]
    digest, place = _column(names, _SHA), _column(names, _PLACE)
    if digest is None or place is None:
        return
    name = _column(names, _NAME)
    for line, cells in zip(table.lines, table.rows, strict=True):
        shown = cells[name] if name is not None else ""
        stated, sha256 = _stated(cells[digest])
        first = next((cell for cell in cells if cell), "")
        yield PacketRow(line, shown or first, cells[place], stated, sha256)


def _column(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _stated(cell: str) -> tuple[Stated, str]:
    found = _DIGEST.fullmatch(cell)
    if found is not None:
        return "digest", f"sha256:{found[1].lower()}"
    return ("pending", "") if cell.casefold() in _PENDING else ("unclear", "")
