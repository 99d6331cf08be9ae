"""Every law that the repository cites by number is a heading of docs/laws.md."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shared import REPOSITORY

LAWS = REPOSITORY / "docs" / "laws.md"
HEADING = re.compile(r"^## Law (\d+): \S", re.MULTILINE)
CITED = re.compile(
    r"\blaws?\s+(?:#\s+)?((?:\d+)(?:(?:\s*,\s*|\s*,?\s+(?:and|or|to)\s+)\d+)*)", re.IGNORECASE
)
TEXT = {".py", ".md", ".toml", ".json", ".sh", ".yml", ".yaml", ".txt", ".cfg", ""}


def headings(text: str) -> list[int]:
    """The numbers of the laws that a document states, in its order."""
    return [int(number) for number in HEADING.findall(text)]


def citations(text: str) -> set[int]:
    """The numbers behind "law 5", "laws 5 and 6", "laws 1, 3, 5", also over the end of a line."""
    return {int(n) for match in CITED.finditer(text) for n in re.findall(r"\d+", match[1])}


def sources() -> Iterator[Path]:
    """The text files of the repository that git tracks or would track, without this one."""
    words = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, check=True)
    for name in filter(None, done.stdout.decode().split("\0")):
        path = REPOSITORY / name
        if path.suffix in TEXT and path.is_file() and path != Path(__file__):
            yield path


def test_the_fifteen_laws_are_headings_in_their_order():
    assert headings(LAWS.read_text("utf-8")) == list(range(1, 16))


def test_every_cited_law_is_a_heading():
    known = set(headings(LAWS.read_text("utf-8")))
    cited = {
        path.relative_to(REPOSITORY).as_posix(): citations(
            path.read_bytes().decode("utf-8", "replace")
        )
        for path in sources()
    }
    unknown = {name: sorted(laws - known) for name, laws in cited.items() if laws - known}
    assert unknown == {}, "docs/laws.md has no such heading; cite an existing law"
    # The search itself finds something, in the package and outside.
    assert sum(1 for name, laws in cited.items() if laws and name.startswith("aztrust/")) > 10
    assert cited["pyproject.toml"] >= {7, 11}


def test_every_law_of_an_attack_case_is_a_heading():
    known = set(headings(LAWS.read_text("utf-8")))
    for path in sorted((REPOSITORY / "fixtures" / "cases").glob("*/case.toml")):
        case = tomllib.loads(path.read_text("utf-8"))
        assert set(case["laws"]) <= known, path


@pytest.mark.parametrize(
    ("text", "laws"),
    [
        ("as it was read (law 5).", {5}),
        ("Law 14: an auditor", {14}),
        ("(laws 5 and 6)", {5, 6}),
        ("(design 4, laws 3, 4, 6).", {3, 4, 6}),
        ("laws 1, 11 and\n    12 hold", {1, 11, 12}),
        ("see law\n16", {16}),
        ("# as the law\n# 16 says", {16}),
        ("laws 8, 9, and 17", {8, 9, 17}),
        ("outlaw 99, lawless 3, by law", set()),
    ],
)
def test_citations_are_found_in_every_form(text: str, laws: set[int]):
    assert citations(text) == laws


def test_a_cited_law_that_does_not_exist_is_found():
    known = set(headings("## Law 1: A\n\n### Law 2: no heading of a law\n\n## Law 3: C\n"))
    assert known == {1, 3}
    assert citations("laws 1 and 2; law 3; law 16") - known == {2, 16}
