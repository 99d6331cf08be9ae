"""What `aztrust explain` prints: the page of a check, the meaning of a code, the list of both."""

from __future__ import annotations

from aztrust.core.checks import all_checks
from aztrust.core.checks.check import Check
from aztrust.report.catalogue import Meaning, find_check, meanings, page, result_ids
from aztrust.report.lines import labelled, wrap


def code_lines(meaning: Meaning) -> list[str]:
    """One code: what it says, what follows from it, how to mend it, and its check's page."""
    lines = labelled(meaning.code, "")
    lines += labelled("says", meaning.says)
    lines += labelled("mend", meaning.mend)
    lines += labelled("class", f"{meaning.check_class.value}, about the {meaning.locus}")
    lines += labelled("exit", f"{meaning.exit_code}, guidance {meaning.guidance.value}")
    if not meaning.found_by:
        return [*lines, *labelled("check", "none: the file is refused before any is asked")]
    lines += labelled("check", ", ".join(meaning.found_by))
    check = find_check(meaning.found_by[0])
    if check is None:
        return lines
    return [*lines, *_clauses(check), "", *_page_lines(check)]


def check_lines(check: Check) -> list[str]:
    """One check: its page, then its codes."""
    lines = labelled(check.id, check.title, indent=max(9, len(check.id) + 3))
    lines += labelled("asked as", ", ".join(result_ids(check)))
    lines += labelled("class", f"{check.check_class.value}, from stage {check.stage.name.lower()}")
    lines += [*_clauses(check), "", *_page_lines(check), ""]
    for code in check.codes:
        lines += _code_line(meanings()[code.name])
    return lines


def list_lines() -> list[str]:
    """Every check, then every code with its exit and guidance."""
    lines = ["checks"]
    lines += [
        f"  {check.id:<16}{check.check_class.value:<11}{check.title}" for check in all_checks()
    ]
    lines += ["", "codes" + " " * 19 + "exit  guidance"]
    for meaning in meanings().values():
        lines.append(f"  {meaning.code:<22}{meaning.exit_code:>4}  {meaning.guidance.value}")
    return [*lines, "", *labelled("next", "aztrust explain CODE")]


def _code_line(meaning: Meaning) -> list[str]:
    head = f"{meaning.code}   exit {meaning.exit_code}, {meaning.guidance.value}"
    return [head, *wrap(meaning.says, first="  ", rest="  ")]


def _clauses(check: Check) -> list[str]:
    return labelled("clauses", ", ".join(check.clauses)) if check.clauses else []


def _page_lines(check: Check) -> list[str]:
    """The page's paragraphs wrapped; what is indented stays as it is."""
    lines: list[str] = []
    for number, paragraph in enumerate(page(check).split("\n\n")):
        lines += [""] if number else []
        if paragraph.startswith(" "):
            lines += paragraph.splitlines()
        else:
            lines += wrap(" ".join(paragraph.splitlines()))
    return lines
