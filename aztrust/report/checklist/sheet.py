"""A document of a checklist before it has a form: titles, facts and tables, each claim with its id.

`sheet_markdown` and `sheet_html` give it a form. Text is text until then, so that one place for
each form decides what could become markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from aztrust.core.base.value import frozen

Tone = Literal["", "good", "bad", "warn", "soft"]
DIGITS = 12
"""Hex digits of a short id: enough to be the only one among a million."""


@frozen
class Cell:
    """A text in a table.

    Args:
        text: what it says; lines are separated by a line feed.
        tone: how it is to be taken.
        code: whether it is a name, a digest or a command, shown letter by letter.
    """

    text: str
    tone: Tone = ""
    code: bool = False


@frozen
class Row:
    """A claim: its cells, and the id of what shows it ("" for a row that claims nothing)."""

    cells: tuple[Cell, ...]
    id: str = ""


@frozen
class Section:
    """A heading, a sentence, and a table.

    Args:
        title: the heading.
        columns: the heads of the table; the id has a column of its own, which is not in here.
        rows: the table; without rows the section says `nothing`.
        text: before the table.
        nothing: where there are no rows.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    text: str = ""
    nothing: str = "Nothing."


@frozen
class Sheet:
    """A whole document.

    Args:
        title: its first line.
        word, tone: what it comes to in one word.
        sentence: why, in one sentence.
        facts: what it is about.
        sections: in their order.
        foot: the last lines.
    """

    title: str
    word: str
    tone: Tone
    sentence: str
    facts: tuple[Row, ...]
    sections: tuple[Section, ...]
    foot: tuple[str, ...] = ()


def short_id(id_: str) -> str:
    """The digits of an id that `aztrust show` opens; "" for none."""
    return id_.rpartition(":")[2][:DIGITS]


def first_id(ids: Iterable[str], otherwise: str) -> str:
    """The short form of the first id, else of the other one."""
    return short_id(next((id_ for id_ in ids if id_), otherwise))
