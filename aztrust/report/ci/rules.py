"""Every finding code, and every question that may stay open, as a SARIF rule with its help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aztrust.core.checks.check import Check
from aztrust.report.catalogue import Meaning, find_check, meanings, page
from aztrust.report.ci.sarif_text import sarif_text
from aztrust.report.view import Document, answers

OPEN = "check-open"
"""The rule of a question without an answer, where the check itself is not in the table."""
PARTIAL = "verdict-not-pass"
"""The rule of a verdict that is not a pass although no check failed or is open."""
FAILED = "command-failed"
"""The descriptor of a command that could not do its work."""

OWN = {
    OPEN: "A question of the report has no answer. What was not checked is not passed.",
    PARTIAL: "No check failed, but the verdict is not a pass.",
    FAILED: "The command could not do its work; there is no verdict.",
}
"""The rules that are neither a finding code nor a check, and what each says."""


def rules_of(report: Document) -> list[dict[str, Any]]:
    """The rules that were applied: of every check in the report, and of every finding in it."""
    ids = {check["id"] for check in report["checks"]}
    known = {name: m for name, m in meanings().items() if ids & set(m.found_by)}
    found = [f["code"] for check in report["checks"] for f in check["findings"]]
    seen = dict.fromkeys([*found, *(n["code"] for n in report["notices"])])
    rules = [_coded(name, known.get(name)) for name in sorted({*known, *seen})]
    # A check's id may be a code's, too.
    taken = {rule["id"] for rule in rules}
    stayed = {open_rule(a.check["id"]) for a in answers(report) if _stays_open(a.check)}
    rules += [_question(name) for name in sorted(stayed - taken)]
    return [*rules, own_rule(PARTIAL)]


def open_rule(check_id: str) -> str:
    """The rule under which a check without findings is reported: the check's own id."""
    return check_id if find_check(check_id) is not None else OPEN


def own_rule(name: str) -> dict[str, Any]:
    """A rule that is not a finding code."""
    return _rule(name, OWN[name], help_text=OWN[name])


def _stays_open(check: Document) -> bool:
    return not check["findings"] and check["status"] != "pass"


def _coded(name: str, meaning: Meaning | None) -> dict[str, Any]:
    if meaning is None:
        return _rule(name, f"{name}.", help_text=f"aztrust explain {name}")
    parts = [meaning.says, f"Mend: {meaning.mend}" if meaning.mend else "", *_pages(meaning)]
    return _rule(
        name,
        meaning.says,
        help_text="\n\n".join(filter(None, parts)),
        properties={
            "class": meaning.check_class.value,
            "locus": meaning.locus,
            "guidance": meaning.guidance.value,
            "found_by": list(meaning.found_by),
            "tags": ["security", meaning.check_class.value],
        },
    )


def _pages(meaning: Meaning) -> Iterator[str]:
    checks = dict.fromkeys(map(find_check, meaning.found_by))
    yield from (page(check) for check in checks if check is not None)


def _question(name: str) -> dict[str, Any]:
    check: Check | None = find_check(name)
    if check is None:
        return own_rule(OPEN)
    return _rule(
        name,
        f"Not answered: {check.title}.",
        help_text=page(check),
        properties={"class": check.check_class.value, "tags": ["security"]},
    )


def _rule(
    name: str, says: str, *, help_text: str, properties: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": sarif_text(says)},
        "fullDescription": {"text": sarif_text(says)},
        "help": {"text": sarif_text(help_text)},
        "defaultConfiguration": {"level": "error"},
        **({"properties": properties} if properties else {}),
    }
