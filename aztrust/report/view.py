"""What every form of report that is made from the document tells alike.

The document is the JSON value of `--format json`: a report (`aztrust/report`) or a failure
(`aztrust/error`). Code that makes such a document has all its forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aztrust.core.base.value import frozen
from aztrust.core.judge.verify import EXIT_PASS
from aztrust.report.escape import visible
from aztrust.report.lines import READY, STOP
from aztrust.report.text import utc

Document = Mapping[str, Any]

_WORST = ("fail", "error", "not_run", "pending", "not_applicable", "pass")
_CLASSES = ("truth", "authority", "readiness")
_WORDS = {"conditional": "PARTIAL"}


@frozen
class Answer:
    """One check of a report as CI tools count it.

    Attributes:
        check: the check.
        outcome: `failure` (it failed), `error` (no answer, where one was due), `skipped` (none was
            due: pending, or not applicable as the policy says) or `passed`.
        reason: why, for a person; empty where it passed.
        mend: what to do, where that is known and no finding says it.
    """

    check: Document
    outcome: str
    reason: str
    mend: str


def clean(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with every text in it fit to be shown, even if a stranger wrote it (law 6)."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(name): clean(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def is_failure(document: Document) -> bool:
    """Whether the command could not do its work, so that there is no verdict."""
    return bool(document["schema"] == "aztrust/error")


def word(report: Document) -> str:
    """The verdict as the text report says it; PASS is for exit code 0 alone."""
    if "ready" in report:
        return READY if report["ready"] else STOP
    verdict, exit_code = report["verdict"], report["exit_code"]
    if verdict == "pass" and exit_code != EXIT_PASS:
        return "HOLD"
    return str(_WORDS.get(verdict, verdict.upper()))


def headline(report: Document) -> str:
    """Verdict, guidance, exit and time in one line."""
    return (
        f"{word(report)}, guidance {report['guidance']}, exit {report['exit_code']},"
        f" at {utc(report['at_unix_ms'])}"
    )


def answers(report: Document) -> Iterator[Answer]:
    """Every check, in the report's order."""
    advice: dict[str, str] = {}
    for notice in report["notices"]:
        if notice["mend"]:
            advice.setdefault(notice["check"], notice["mend"])
    for check in report["checks"]:
        status, findings = check["status"], check["findings"]
        reason = check["detail"] or ""
        if status == "pass" and not findings:
            yield Answer(check, "passed", "", "")
        elif status in ("pending", "not_applicable"):
            why = reason or _noticed(report, check["id"]) or status.replace("_", " ")
            yield Answer(check, "skipped", why, advice.get(check["id"], ""))
        elif findings:
            first = f"{findings[0]['code']} {findings[0]['subject']}"
            more = f" +{len(findings) - 1}" if len(findings) > 1 else ""
            outcome = "error" if status in ("error", "not_run") else "failure"
            yield Answer(check, outcome, first + more, "")
        else:
            # Not checked is not passed, and neither is a status that is not known here (law 2).
            outcome = "failure" if status == "fail" else "error"
            why = reason or _noticed(report, check["id"]) or "no reason was given"
            yield Answer(check, outcome, why, advice.get(check["id"], ""))


def worst_first(report: Document) -> list[Answer]:
    """The answers that prevent a pass, the worst first."""
    stopping = [a for a in answers(report) if a.outcome in ("failure", "error")]
    return sorted(stopping, key=lambda a: (_rank(_WORST, a, "status"), _rank(_CLASSES, a, "class")))


def shortfall(report: Document) -> str:
    """Why the exit code is not 0 although no check failed or is open; "" elsewhere."""
    if report["exit_code"] == EXIT_PASS or worst_first(report):
        return ""
    if report["verdict"] == "conditional":
        return "only a part was asked for, or what holds is conditional: this is not a pass"
    ended = f"the command ended with exit {report['exit_code']}"
    return f"no check failed, and {ended}: this is not a pass"


def finding_lines(finding: Document) -> list[str]:
    """One finding in plain lines."""
    lines = [f"{finding['subject']}: {finding['message']}"]
    for label, key in (("have", "actual"), ("need", "expected"), ("this is", "this")):
        if finding[key]:
            lines.append(f"{label} {finding[key]}")
    if finding["mend"]:
        lines.append(f"mend: {finding['mend']}")
    return lines


def failure_sentence(failure: Document) -> str:
    """The message of a failure with what it is about."""
    message, subject = failure["message"], failure["subject"]
    return message if not subject or subject in message else f"{subject}: {message}"


def _noticed(report: Document, check_id: str) -> str:
    return "; ".join(n["message"] for n in report["notices"] if n["check"] == check_id)


def _rank(order: tuple[str, ...], answer: Answer, key: str) -> int:
    value = answer.check[key]
    return order.index(value) if value in order else -1
