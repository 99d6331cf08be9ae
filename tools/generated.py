"""What the tools share that write a page of the documentation, or check it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def with_part(page: Path, text: str, part: str, begin: str, end: str) -> str:
    """The text of a page with its generated part made anew.

    Args:
        page: its file, for the error.
        text: as it is now.
        part: what is between the two marks.
        begin: the first mark, a line.
        end: the second one.

    Raises:
        ValueError: the page has not both marks, each once.
    """
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"{page} does not have {begin!r} and {end!r}, each once")
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{part}\n{end}{rest.partition(end)[2]}"


def write_or_check(page: Path, wanted: str, arguments: Sequence[str], wrong: str) -> int:
    """Write a page, or with `--check` compare it; returns the exit code.

    Args:
        page: its file.
        wanted: its whole text.
        arguments: of the tool.
        wrong: what is reported where the two differ.
    """
    if list(arguments) != ["--check"]:
        page.parent.mkdir(exist_ok=True)
        page.write_text(wanted, "utf-8")
        return 0
    if not page.is_file() or page.read_text("utf-8") != wanted:
        print(f"{wrong}; mend: make docs", file=sys.stderr)
        return 1
    return 0
