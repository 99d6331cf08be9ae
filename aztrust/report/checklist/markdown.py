"""A document of a checklist as Markdown: nothing in it can become markup or end a table's cell."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.judge.window_script import markdown
from aztrust.report.checklist.sheet import Cell, Row, Section, Sheet


def sheet_markdown(sheet: Sheet) -> str:
    """The whole document; each line ends with a line feed."""
    return "".join(f"{line}\n" for line in _lines(sheet))


def _lines(sheet: Sheet) -> Iterator[str]:
    yield f"# {markdown(sheet.title)}"
    yield ""
    yield f"**{markdown(sheet.word)}**: {markdown(sheet.sentence)}"
    yield ""
    yield from _table(("about", "value"), sheet.facts)
    for section in sheet.sections:
        yield ""
        yield f"## {markdown(section.title)}"
        yield ""
        yield from _section(section)
    yield ""
    for line in sheet.foot:
        yield f"{markdown(line)}  "


def _section(section: Section) -> Iterator[str]:
    if section.text:
        yield markdown(section.text)
        yield ""
    if section.rows:
        yield from _table(section.columns, section.rows)
    else:
        yield markdown(section.nothing)


def _table(columns: tuple[str, ...], rows: tuple[Row, ...]) -> Iterator[str]:
    heads = (*columns, "id")
    yield f"| {' | '.join(map(markdown, heads))} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for row in rows:
        cells = [_cell(cell) for cell in row.cells]
        cells += [""] * (len(columns) - len(cells))
        # The digits of an id are hex: they need no escape.
        shown = f"`{row.id}`" if row.id else ""
        yield f"| {' | '.join((*cells, shown))} |"


def _cell(cell: Cell) -> str:
    return "<br>".join(markdown(line) for line in cell.text.split("\n"))
