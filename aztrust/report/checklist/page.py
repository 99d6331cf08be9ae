"""A document of a checklist as one HTML page: no script, no request, light and dark, and in print.

Markup comes from `report.board.markup`, in which a text is a text by its type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.report.board.markup import Html, inline, join, page, tag
from aztrust.report.checklist.sheet import Cell, Row, Section, Sheet

# Nothing is loaded from anywhere, whatever a record says.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """
:root { color-scheme: light dark;
  --back: #ffffff; --card: #f6f7f9; --text: #16191f; --soft: #535c6b; --line: #d3d8e0;
  --good: #0a6b36; --bad: #b3141f; --warn: #8a5200; }
@media (prefers-color-scheme: dark) { :root {
  --back: #101319; --card: #191e27; --text: #eef1f6; --soft: #aab4c4; --line: #38414f;
  --good: #58d68d; --bad: #ff8a80; --warn: #ffc46b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 3rem; background: var(--back);
  color: var(--text); font: 1rem/1.5 system-ui, "DejaVu Sans", "Liberation Sans", sans-serif; }
header { border-bottom: 2px solid var(--line); padding-bottom: 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 0.9rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.5rem; }
p { margin: 0.3rem 0 0.6rem; max-width: 46rem; }
.word { display: inline-block; margin-right: 0.7rem; padding: 0.15rem 0.75rem;
  border: 2px solid currentColor; border-radius: 0.4rem; font-weight: 700; font-size: 1.15rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.soft, .nothing { color: var(--soft); }
td.good, td.bad, td.warn { font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { padding: 0.4rem 0.6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td { min-width: 4.5rem; } td code { overflow-wrap: anywhere; }
thead th { background: var(--card); color: var(--soft); font-weight: 600; font-size: 0.85rem; }
table.facts { margin-top: 1rem; } table.facts th { width: 11rem; color: var(--soft);
  font-weight: 600; }
code { font: 0.82em/1.45 ui-monospace, "DejaVu Sans Mono", "Liberation Mono", monospace;
  overflow-wrap: anywhere; }
td.id { width: 8rem; min-width: 8rem; white-space: nowrap; color: var(--soft); }
footer { margin-top: 2.5rem; padding-top: 0.8rem; border-top: 2px solid var(--line);
  color: var(--soft); font-size: 0.88rem; }
@page { size: A4; margin: 16mm 14mm; }
@media print {
  :root { color-scheme: light; --back: #fff; --card: #f2f2f2; --text: #000; --soft: #444;
    --line: #bbb; --good: #0a6b36; --bad: #b3141f; --warn: #8a5200; }
  body { max-width: none; padding: 0; font-size: 9pt; } h1 { font-size: 15pt; }
  h2 { font-size: 11pt; break-after: avoid; } table { font-size: 8pt; }
  tr { break-inside: avoid; } thead { display: table-header-group; } .scroll { overflow: visible; }
  td { min-width: 0; } td.id { width: 24mm; min-width: 24mm; } }
"""


def sheet_html(sheet: Sheet) -> str:
    """The whole page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", sheet.title),
        inline("style", _STYLE),
    )
    body = tag(
        "body",
        tag(
            "header",
            tag("h1", sheet.title),
            tag("p", tag("span", sheet.word, class_=f"word {sheet.tone}".strip()), sheet.sentence),
            _facts(sheet.facts),
        ),
        tag("main", *_sections(sheet)),
        tag("footer", *(tag("p", line) for line in sheet.foot)),
    )
    return page(tag("html", head, body, lang="en", data_made_by="aztrust checklist"))


def _sections(sheet: Sheet) -> Iterator[Html]:
    for section in sheet.sections:
        yield tag(
            "section",
            tag("h2", section.title),
            tag("p", section.text) if section.text else None,
            _table(section) if section.rows else tag("p", section.nothing, class_="nothing"),
        )


def _facts(rows: tuple[Row, ...]) -> Html:
    made = []
    for row in rows:
        name, *values = row.cells
        made.append(tag("tr", tag("th", name.text, scope="row"), *map(_cell, values), _id(row)))
    return tag("table", tag("tbody", *made), class_="facts")


def _table(section: Section) -> Html:
    heads = (tag("th", name, scope="col") for name in (*section.columns, "id"))
    rows = (
        tag(
            "tr",
            *map(_cell, row.cells),
            *(tag("td") for _ in range(len(section.columns) - len(row.cells))),
            _id(row),
        )
        for row in section.rows
    )
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=section.title)


def _cell(cell: Cell) -> Html:
    lines: list[Html] = []
    for line in cell.text.split("\n"):
        shown = tag("code", line) if cell.code else join(line)
        lines.append(tag("div", shown))
    return tag("td", *lines, class_=cell.tone or None)


def _id(row: Row) -> Html:
    return tag("td", tag("code", row.id) if row.id else None, class_="id")
