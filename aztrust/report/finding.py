"""Findings for a person: what is, what should be, what it is instead, and what to do.

Several checks may find one fact: a changed genesis is another file, another hash, and a drift. A
person reads it once, with the checks that found it; JSON and `-v` have each finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.findings import CheckResult, Finding
from aztrust.core.base.value import frozen
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import wrap

FINDINGS_PER_CHECK = 10


@frozen
class Fact:
    """A finding, and what other checks call the same fact: `code (check)` each."""

    finding: Finding
    also: tuple[str, ...] = ()


def result_lines(results: Iterable[CheckResult], *, verbose: bool = False) -> Iterator[str]:
    """The findings of these checks, in their order: an empty line, then each fact once.

    Args:
        results: the worst first.
        verbose: every finding, also those of one fact.
    """
    results = tuple(results)
    for result, facts in zip(results, folded(results, verbose=verbose), strict=True):
        shown = facts if verbose else facts[:FINDINGS_PER_CHECK]
        if shown:
            yield ""
        for fact in shown:
            yield from finding_lines(fact.finding, also=fact.also)
        if len(shown) < len(facts):
            yield f"+{len(facts) - len(shown)} more of {result.id}; all of them with -v"


def folded(
    results: tuple[CheckResult, ...], *, verbose: bool = False
) -> tuple[tuple[Fact, ...], ...]:
    """The facts of each check: one that several found is with the first of them.

    It is the same fact where subject, have, need and mend are the same. Where nothing was compared
    each finding is a fact of its own.
    """
    known: dict[tuple[str, ...], list[str]] = {}
    facts: list[list[tuple[Finding, list[str]]]] = [[] for _ in results]
    for result, own in zip(results, facts, strict=True):
        for finding in result.findings:
            key = (finding.subject, finding.actual, finding.expected, finding.mend)
            compared = bool(finding.actual or finding.expected) and not verbose
            if compared and key in known:
                known[key].append(f"{finding.code} ({result.id})")
                continue
            also: list[str] = []
            own.append((finding, also))
            if compared:
                known[key] = also
    return tuple(
        tuple(Fact(finding, tuple(dict.fromkeys(also))) for finding, also in own) for own in facts
    )


def finding_lines(finding: Finding, *, indent: int = 2, also: Iterable[str] = ()) -> list[str]:
    """One finding: its code and subject, then what is, what should be, and what to do.

    Args:
        finding: the finding.
        indent: of all lines but the first.
        also: what other checks call the same fact.
    """
    lead = " " * indent
    lines = list(wrap(f"{finding.code}   {visible(finding.subject)}", rest=f"{lead}  "))
    lines += wrap(visible(finding.message), first=lead, rest=lead)
    if finding.actual:
        lines += _part("have", visible(finding.actual), lead)
    if finding.expected:
        lines += _part("need", visible(finding.expected), lead)
    if finding.this:
        lines += _part("this", f"is {visible(finding.this)}", lead)
    if finding.mend:
        lines += advice_lines("mend", finding.mend, lead=lead, indent=7)
    others = ", ".join(also)
    return [*lines, *_part("also", others, lead)] if others else lines


def _part(label: str, text: str, lead: str) -> list[str]:
    return list(wrap(text, first=f"{lead}{label:<7}", rest=f"{lead}{'':<7}"))
