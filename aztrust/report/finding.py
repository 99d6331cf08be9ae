"""One finding for a person: what is, what should be, what it is instead, and what to do."""

from __future__ import annotations

from aztrust.core.base.findings import Finding
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import wrap


def finding_lines(finding: Finding, *, indent: int = 2) -> list[str]:
    """One finding: its code and subject, then what is, what should be, and what to do."""
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
    return lines


def _part(label: str, text: str, lead: str) -> list[str]:
    return list(wrap(text, first=f"{lead}{label:<7}", rest=f"{lead}{'':<7}"))
