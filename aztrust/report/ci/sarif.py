"""A report as SARIF 2.1.0: one result for every finding and for every question without an answer.

Every result has the level `error`, because each keeps the verdict from being a pass; what is
pending, not applicable or only noticed is a notification. A command that could not do its work has
a result, too. A log without results is therefore a verdict with exit 0, and nothing else (law 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from aztrust.core.base.canonical import dumps
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.version import __version__
from aztrust.report.ci.rules import FAILED, PARTIAL, open_rule, own_rule, rules_of
from aztrust.report.ci.sarif_text import sarif_text
from aztrust.report.locations import place_of
from aztrust.report.view import (
    Answer,
    Document,
    answers,
    clean,
    failure_sentence,
    finding_lines,
    headline,
    is_failure,
    shortfall,
)

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
BASE: Final = "%SRCROOT%"
_BASES: Final = {BASE: {"description": {"text": "the launch directory"}}}
_FINGERPRINT: Final = "aztrust/v1"
_RUN: Final = (
    "schema verdict guidance launch chain_id anchor policy_digest scope_hash at_unix_ms"
).split()


def sarif_document(document: Document) -> dict[str, Any]:
    """A report or a failure as a SARIF log, as a JSON value."""
    document = clean(document)
    run = _failure(document) if is_failure(document) else _report(document)
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _report(report: Document) -> dict[str, Any]:
    rules = rules_of(report)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = list(_results(report))
    _number(results)
    for result in results:
        result["ruleIndex"] = index[result["ruleId"]]
    invocation = {
        "executionSuccessful": report["verdict"] != "error",
        "exitCode": report["exit_code"],
        "exitCodeDescription": sarif_text(headline(report)),
        "toolExecutionNotifications": list(_notifications(report, index)),
        **_ended(report["at_unix_ms"]),
    }
    statuses = {check["id"]: check["status"] for check in report["checks"]}
    return {
        **_run(report, rules, invocation, results),
        "originalUriBaseIds": _BASES,
        "properties": {**{name: report[name] for name in _RUN}, "checks": statuses},
    }


def _failure(failure: Document) -> dict[str, Any]:
    parts = [failure_sentence(failure), *failure["details"]]
    if failure["mend"]:
        parts.append(f"mend: {failure['mend']}")
    text = "\n".join(parts)
    invocation = {
        "executionSuccessful": False,
        "exitCode": failure["exit_code"],
        "exitCodeDescription": "the command could not do its work",
        "toolExecutionNotifications": [
            {
                "associatedRule": {"id": FAILED, "index": 0},
                "level": "error",
                "message": {"text": sarif_text(text)},
            }
        ],
    }
    # An upload without results would close what an earlier run has opened.
    result = {**_located(failure, "", FAILED, text, None), "ruleIndex": 0}
    run = _run(failure, [own_rule(FAILED)], invocation, [result])
    bases = {"originalUriBaseIds": _BASES}
    return {**run, **bases, "properties": {n: failure[n] for n in ("schema", "kind")}}


def _run(
    document: Document,
    rules: list[dict[str, Any]],
    invocation: dict[str, Any],
    results: list[dict[str, Any]],
) -> dict[str, Any]:
    version = document.get("aztrust_version", __version__)
    driver = {"name": "aztrust", "version": version, "rules": rules}
    return {
        "tool": {"driver": driver},
        # Code scanning keeps the alerts of each id apart.
        "automationDetails": {"id": f"aztrust/{document['command'].replace(' ', '-')}/"},
        "invocations": [invocation],
        "results": results,
    }


def _results(report: Document) -> Iterator[dict[str, Any]]:
    for answer in answers(report):
        if answer.outcome not in ("failure", "error"):
            continue
        for finding in answer.check["findings"]:
            text = "\n".join(finding_lines(finding))
            yield _result(report, answer, finding["code"], text, finding)
        if not answer.check["findings"]:
            text = f"{answer.check['id']} is not answered: {answer.reason}"
            text += f"\nmend: {answer.mend}" if answer.mend else ""
            yield _result(report, answer, open_rule(answer.check["id"]), text, None)
    reason = shortfall(report)
    if reason:
        yield _located(report, "", PARTIAL, reason, None)


def _result(
    report: Document, answer: Answer, rule: str, text: str, finding: Document | None
) -> dict[str, Any]:
    check = answer.check
    kept = ("expected", "actual", "this", "mend", "locus")
    properties = {name: check[name] for name in ("class", "status")} | {"check": check["id"]}
    if finding is not None:
        properties |= {name: finding[name] for name in kept if finding[name]}
    result = _located(report, check["id"], rule, text, finding)
    return {**result, "properties": properties}


def _located(
    report: Document, check_id: str, rule: str, text: str, finding: Document | None
) -> dict[str, Any]:
    place = place_of(report, check_id, finding)
    subject = finding["subject"] if finding is not None else check_id or "verdict"
    location = {"uri": place.uri} | ({"uriBaseId": BASE} if place.in_launch else {})
    identity = {"rule": rule, "check": check_id, "subject": subject}
    return {
        "ruleId": rule,
        "level": "error",
        "message": {"text": sarif_text(text)},
        "locations": [
            {
                # Code scanning asks for a line; what is judged are whole files.
                "physicalLocation": {"artifactLocation": location, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": subject}],
            }
        ],
        "partialFingerprints": {_FINGERPRINT: sha256_id(dumps(identity)).partition(":")[2]},
    }


def _number(results: list[dict[str, Any]]) -> None:
    """Give a fingerprint of its own to each result: code scanning takes equal ones for one alert.

    A finding that a check has twice about one subject is numbered by its place: the order of
    findings is that of the evidence, so it keeps the number in every run over the same evidence.
    """
    seen: Counter[str] = Counter()
    for result in results:
        prints = result["partialFingerprints"]
        first = prints[_FINGERPRINT]
        seen[first] += 1
        if seen[first] > 1:
            again = dumps({"first": first, "number": seen[first]})
            prints[_FINGERPRINT] = sha256_id(again).partition(":")[2]


def _notifications(report: Document, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    for answer in answers(report):
        if answer.outcome == "skipped":
            check = answer.check
            status = check["status"].replace("_", " ")
            yield _note(open_rule(check["id"]), f"{check['id']}: {status}: {answer.reason}", index)
    for notice in report["notices"]:
        yield _note(notice["code"], f"{notice['subject']}: {notice['message']}", index)


def _note(rule: str, text: str, index: dict[str, int]) -> dict[str, Any]:
    return {
        "associatedRule": {"id": rule, "index": index[rule]},
        "level": "note",
        "message": {"text": sarif_text(text)},
    }


def _ended(unix_ms: int) -> dict[str, str]:
    try:
        instant = datetime.fromtimestamp(unix_ms // 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return {}  # no calendar reaches it
    return {"endTimeUtc": f"{instant:%Y-%m-%dT%H:%M:%SZ}"}
