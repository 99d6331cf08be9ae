"""Tables and task lists of a Markdown document, as text (GitHub Flavored Markdown, 4.10, 5.3).

A parser of the whole language reads it, so that an escaped `|`, a code span, an empty cell and an
alignment row are what they are in the page that people saw. Everything is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.value import frozen

if TYPE_CHECKING:
    from markdown_it.token import Token

INSTALL: Final = "pip install 'markdown-it-py>=3.0'"
LIMIT: Final = 256 * 1024
"""How many bytes a document may have."""
ROWS: Final = 2000
"""How many rows of all tables together, and how many list items, are read."""
CODE: Final = "markdown-malformed"


@frozen
class Table:
    """A table below a heading: the texts of its cells, without the alignment row.

    Args:
        heading: the nearest heading above it, "" where there is none.
        header: the cells of its first row.
        rows: each with as many cells as the header.
        lines: the line of each row in the document, from 1.
    """

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


@frozen
class ListItem:
    """An item of a list below a heading; `ticked` is None where it is not an item of a task list.

    Args:
        heading: the nearest heading above it.
        section: the nearest heading of the second level or above.
        text: of its first paragraph.
        line: in the document, from 1.
    """

    heading: str
    section: str
    text: str
    ticked: bool | None
    line: int


@frozen
class Page:
    """What a document consists of, for a checklist: its title, its tables and its list items."""

    title: str
    tables: tuple[Table, ...]
    items: tuple[ListItem, ...]


def read_markdown(data: bytes, what: str) -> Page:
    """The tables and list items of a document.

    Args:
        data: its bytes, UTF-8.
        what: its name.

    Raises:
        Malformed: `markdown-malformed`: too large, not UTF-8, or with too many rows or items.
        CouldNotCheck: the package markdown-it-py is not installed.
    """
    if len(data) > LIMIT:
        raise _malformed(f"larger than {LIMIT} bytes", what)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("not UTF-8", what) from None
    reader = _Reader(what)
    reader.read(_tokens(text))
    return Page(reader.title, tuple(reader.tables), tuple(reader.items))


def _tokens(text: str) -> Sequence[Token]:
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        raise CouldNotCheck(
            "the package markdown-it-py is not installed: it reads Markdown", mend=INSTALL
        ) from None
    return MarkdownIt("commonmark").enable("table").parse(text)


class _Reader:
    """One walk over the tokens of a document."""

    def __init__(self, what: str) -> None:
        self.title = self._heading = self._section = ""
        self.tables: list[Table] = []
        self.items: list[ListItem] = []
        self._what = what
        self._rows = 0
        self._header: tuple[str, ...] = ()
        self._body: list[tuple[str, ...]] = []
        self._lines: list[int] = []
        self._cells: list[str] = []
        self._line = 0
        # The line of a list item whose first paragraph is still to come, else 0.
        self._open_item = 0

    def read(self, tokens: Sequence[Token]) -> None:
        """Take every token in turn."""
        for before, token in zip([None, *tokens], tokens, strict=False):
            if token.type == "inline":
                self._inline(token, before)
            elif token.type == "table_open":
                self._header, self._body, self._lines = (), [], []
            elif token.type == "tr_open":
                self._cells = []
                self._line = token.map[0] + 1 if token.map else 0
            elif token.type == "tr_close":
                self._row()
            elif token.type == "table_close":
                made = Table(self._heading, self._header, tuple(self._body), tuple(self._lines))
                self.tables.append(made)
            elif token.type == "list_item_open":
                self._open_item = token.map[0] + 1 if token.map else 0

    def _inline(self, token: Token, before: Token | None) -> None:
        text = plain_text(token)
        kind = before.type if before is not None else ""
        if kind == "heading_open" and before is not None:
            level = int(before.tag[1:])
            self.title = self.title or text
            self._heading = text
            if level <= 2:
                self._section = text
        elif kind in ("th_open", "td_open"):
            self._cells.append(text)
        elif kind == "paragraph_open" and self._open_item:
            ticked = _tick(text)
            shown = text[3:].strip() if ticked is not None else text
            item = ListItem(self._heading, self._section, shown, ticked, self._open_item)
            self.items.append(item)
            self._open_item = 0
            self._count(len(self.items), "list items")

    def _row(self) -> None:
        if not self._header:
            self._header = tuple(self._cells)
            return
        self._rows += 1
        self._count(self._rows, "rows of tables")
        self._body.append(tuple(self._cells))
        self._lines.append(self._line)

    def _count(self, number: int, of_what: str) -> None:
        if number > ROWS:
            raise _malformed(f"more than {ROWS} {of_what}", self._what)


def plain_text(token: Token) -> str:
    """The text of an inline token as a person reads it: without marks, code spans as they are."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(plain_text(child))
        else:
            parts.append(child.content)
    return "".join(parts).strip()


def _tick(text: str) -> bool | None:
    mark = text[:4].lower()
    return {"[ ] ": False, "[x] ": True}.get(mark)


def _malformed(why: str, what: str) -> Malformed:
    return Malformed(why, subject=what, code=CODE, mend="name a Markdown document of a checklist")
