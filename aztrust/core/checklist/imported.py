"""Definitions from a Markdown checklist: its tables of sign-offs and its task lists.

What a document does not say (the priority, the method, the area of an item) gets a value that a
person looks at before the policy names the file. A tick in the document is not an answer: nothing
shows who put it there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aztrust.core.base.errors import NothingToVerify
from aztrust.core.base.value import frozen
from aztrust.core.checklist.definitions import Area, Checklist, Item
from aztrust.core.checklist.markdown import ListItem, Page, Table

_LETTER: Final = re.compile(r"([A-Z]|[0-9]{1,2})[.):]\s")
_AREA: Final = ("sign-off area", "signoff area", "area")
_ROLE: Final = ("required approver role", "approver role", "approver", "owner role", "owner")
_ARTIFACTS: Final = ("required artifacts/tests", "required artifacts", "artifacts")
_METHOD: Final = ("validation method", "method")
_LINKS: Final = ("evidence link(s)", "evidence links", "evidence")
UNSAID: Final = "the document does not say how"
"""The method of an item that came from a document; a person writes the real one."""
_DEFAULT: Final = ("operations-sre", "operations", "ops")
_PREREQUISITES: Final = "pre"


@frozen
class Imported:
    """What a document gave.

    Args:
        checklist: the definitions.
        ticked: the items that the document has a tick for, which is not an answer.
        left_out: how many list items are in no task list, and were not taken.
    """

    checklist: Checklist
    ticked: tuple[str, ...]
    left_out: int


def import_page(page: Page, what: str) -> Imported:
    """The definitions in a document.

    Raises:
        NothingToVerify: it has no task list, and no prerequisites.
    """
    areas = _areas(page.tables)
    taken = [entry for entry in page.items if _is_asked(entry)]
    if not taken:
        raise NothingToVerify(
            f"{what} has no checklist: no task list, and no evidence table",
            subject=what,
            mend="name a Markdown document with lines like - [ ] TEXT, or with a table that has the"
            " columns Location and SHA-256",
        )
    if not areas:
        areas = (Area(id="general", title="General", approver="release-manager", method=UNSAID),)
    default = next((a for name in _DEFAULT for a in areas if a.id == name), areas[0])
    items: list[Item] = []
    ticked: list[str] = []
    count: dict[str, int] = {}
    for entry in taken:
        section = _section(entry)
        count[section] = count.get(section, 0) + 1
        made = _item(f"{section}.{count[section]}", entry, default)
        items.append(made)
        ticked += [made.id] * bool(entry.ticked)
    title = _line(page.title) or "Checklist"
    checklist = Checklist.model_validate(
        {
            "schema": "aztrust/checklist",
            "version": 1,
            "title": title,
            "area": areas,
            "item": tuple(items),
        }
    )
    return Imported(checklist, tuple(ticked), len(page.items) - len(taken))


def slug(text: str) -> str:
    """A text as a name in definitions: `Ops Lead` is `ops-lead`; "" where nothing is left.

    >>> slug("Compliance/Privacy")
    'compliance-privacy'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:64].strip("-")


def _areas(tables: Sequence[Table]) -> tuple[Area, ...]:
    found: dict[str, dict[str, object]] = {}
    for table in tables:
        for row in _named(table):
            name = _cell(row, _AREA)
            if not slug(name) or not any(title in row for title in _AREA[:2]):
                continue
            area = found.setdefault(slug(name), {"id": slug(name), "title": _line(name)})
            area.setdefault("approver", slug(_cell(row, _ROLE)) or "release-manager")
            area["method"] = _line(_cell(row, _METHOD)) or area.get("method", UNSAID)
            for key, names, mark in (("artifacts", _ARTIFACTS, ","), ("evidence", _LINKS, ";")):
                parts = [_line(part) for part in _cell(row, names).split(mark)]
                if held := tuple(part for part in parts if part):
                    area[key] = held
    return tuple(Area.model_validate(fields) for fields in found.values())


def _named(table: Table) -> Iterator[Mapping[str, str]]:
    names = [" ".join(cell.casefold().split()) for cell in table.header]
    for cells in table.rows:
        yield dict(zip(names, cells, strict=True))


def _cell(row: Mapping[str, str], names: Sequence[str]) -> str:
    return next((row[name] for name in names if row.get(name)), "")


def _is_asked(entry: ListItem) -> bool:
    """A task, or a line below a heading of prerequisites."""
    if not _line(entry.text):
        return False
    return entry.ticked is not None or entry.section.casefold().startswith("prerequisites")


def _section(entry: ListItem) -> str:
    """`D` for an item below `## D. Upgrade procedures`."""
    if entry.ticked is None or entry.section.casefold().startswith("prerequisites"):
        return _PREREQUISITES
    found = _LETTER.match(entry.section)
    return found[1] if found is not None else slug(entry.section)[:32].strip("-") or "item"


def _item(name: str, entry: ListItem, area: Area) -> Item:
    return Item(
        id=name,
        area=area.id,
        text=_line(entry.text),
        priority="P1",
        owner=area.approver,
        method=UNSAID,
        source=f"line {entry.line}",
    )


def _line(text: str) -> str:
    """One line of at most 1000 characters."""
    return " ".join(text.split())[:1000]
