"""Markdown checklists: tables and task lists as a page shows them, and the rows of a packet."""

from __future__ import annotations

import builtins

import pytest

from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify
from aztrust.core.checklist.imported import UNSAID, import_page, slug
from aztrust.core.checklist.markdown import LIMIT, ROWS, read_markdown
from aztrust.core.checklist.packet import JudgedRow, exit_code, packet_rows
from tests.shared import shared_path

HEX = "ab" * 32


def page(text: str):
    return read_markdown(text.encode(), "a.md")


def rows(text: str):
    return packet_rows(page(text))


def test_cells_are_what_the_page_shows():
    (table,) = page(
        "## Evidence\n\n"
        "| | a \\| b | `c \\| d` | **e** |\n"
        "|:--|:-:|--:|---|\n"
        "| | x | <path> | [y](z) |\n"
        "| one |\n"
    ).tables
    assert table.heading == "Evidence"
    assert table.header == ("", "a | b", "c | d", "e")
    assert table.rows == (("", "x", "<path>", "y"), ("one", "", "", ""))
    assert table.lines == (5, 6)


def test_a_table_in_a_code_block_is_text():
    fenced = "```\n| Location | SHA-256 |\n|---|---|\n| a | pending |\n```\n"
    assert page(fenced).tables == ()
    assert len(page(fenced.replace("```\n", "")).tables) == 1


def test_task_lists_and_other_lists():
    items = page("# T\n\n- [ ] one\n  two\n- [x] three\n- [y] four\n- five\n\n1. six\n").items
    assert [(i.text, i.ticked, i.line) for i in items] == [
        ("one two", False, 3),
        ("three", True, 5),
        ("[y] four", None, 6),
        ("five", None, 7),
        ("six", None, 9),
    ]


@pytest.mark.clause("RC-H")
def test_columns_are_found_by_their_names():
    found = rows(
        "| | SHA-256 | Owner | Location | Evidence ID |\n"
        "|---|---|---|---|---|\n"
        f"| | {HEX} | ada | a.md | ONE |\n"
        f"| | `sha256:{HEX.upper()}` | ada | `b|c.md` | TWO |\n".replace("b|c", "b\\|c")
        + "| note | Pending | | | |\n"
        "| | soon | | d.md | FOUR |\n"
        "| | | | e.md | FIVE |\n"
        f"| | {HEX[:-1]} | | f.md | SIX |\n"
    )
    assert [(r.line, r.name, r.location, r.stated) for r in found] == [
        (3, "ONE", "a.md", "digest"),
        (4, "TWO", "b|c.md", "digest"),
        (5, "note", "", "pending"),
        (6, "FOUR", "d.md", "unclear"),
        (7, "FIVE", "e.md", "pending"),
        (8, "SIX", "f.md", "unclear"),
    ]
    assert {r.sha256 for r in found[:2]} == {f"sha256:{HEX}"}


def test_a_table_without_both_columns_is_not_evidence():
    head = "| Location | {} |\n|---|---|\n| a.md | pending |\n"
    assert rows(head.format("Status")) == ()
    assert len(rows(head.format("SHA-256"))) == 1
    assert rows("no table at all") == ()


def test_what_was_not_looked_at_is_not_a_pass():
    (row,) = rows("| Location | SHA-256 |\n|---|---|\n| a.md | pending |\n")

    def of(*states):
        return exit_code([JudgedRow(row, state) for state in states])

    assert of("recomputed", "recomputed") == 0
    for state in ("pending", "missing", "unreadable", "unclear"):
        assert of("recomputed", state) == 11
    for state in ("wrong", "refused"):
        assert of(state, "pending", "recomputed") == 10


def test_documents_have_bounds():
    with pytest.raises(Malformed, match="larger than"):
        read_markdown(b"a" * (LIMIT + 1), "a.md")
    table = "|a|\n|-|\n" + "|b|\n" * ROWS
    assert len(page(table).tables[0].rows) == ROWS
    with pytest.raises(Malformed, match=f"more than {ROWS} rows"):
        page(table + "|b|\n")
    with pytest.raises(Malformed, match=f"more than {ROWS} list items"):
        page("- [ ] a\n" * (ROWS + 1))
    with pytest.raises(Malformed, match="not UTF-8"):
        read_markdown(b"\xff", "a.md")


def test_without_the_package_the_mend_names_it(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "markdown_it":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CouldNotCheck, match="markdown-it-py is not installed") as missing:
        page("x")
    assert missing.value.mend == "pip install 'markdown-it-py>=3.0'"


def test_definitions_come_from_tables_and_tasks():
    made = import_page(
        page(
            "# Ready\n\n"
            "## Prerequisites\n- the audit\n\n"
            "## A. Sign-offs\n\n"
            "| Sign-off area | Required approver role |\n|---|---|\n| Ops / SRE | Ops Lead |\n"
            "| Security | Security Lead |\n\n"
            "## B. Mapping\n\n"
            "| Sign-off area | Required artifacts/tests | Validation method |\n|---|---|---|\n"
            "| Security | audit, scan | review |\n\n"
            "## D. Drills\n- [ ] restore\n- [x] rehearse\n- a remark\n\n"
            "## Other things\n- [ ] more\n"
        ),
        "a.md",
    )
    checklist = made.checklist
    assert checklist.title == "Ready"
    assert [(a.id, a.approver, a.artifacts, a.method) for a in checklist.area] == [
        ("ops-sre", "ops-lead", (), UNSAID),
        ("security", "security-lead", ("audit", "scan"), "review"),
    ]
    assert [(i.id, i.text) for i in checklist.item] == [
        ("pre.1", "the audit"),
        ("D.1", "restore"),
        ("D.2", "rehearse"),
        ("other-things.1", "more"),
    ]
    assert (made.ticked, made.left_out) == (("D.2",), 1)


def test_a_document_without_tasks_has_no_checklist():
    with pytest.raises(NothingToVerify, match="has no checklist"):
        import_page(page("# T\n\n- one\n\n| a |\n|---|\n| b |\n"), "a.md")
    assert import_page(page("- [ ] one\n"), "a.md").checklist.area[0].id == "general"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ops Lead", "ops-lead"),
        ("A/B  c", "a-b-c"),
        ("Ä!", "a"),
        ("日本", ""),
        ("x" * 99, "x" * 64),
    ],
)
def test_names_from_texts(text, name):
    assert slug(text) == name


def test_the_checklist_of_the_source():
    path = shared_path("data/virtengine/_docs/operations/mainnet-launch-readiness-checklist.md")
    made = import_page(read_markdown(path.read_bytes(), "a.md"), "a.md").checklist
    assert [a.approver for a in made.area] == [
        *("security-lead", "compliance-lead", "ops-lead", "finance-lead", "product-lead"),
    ]
    sections = {}
    for item in made.item:
        sections[item.section] = sections.get(item.section, 0) + 1
    assert sections == {"pre": 5, "D": 6, "E": 4, "J": 4}
