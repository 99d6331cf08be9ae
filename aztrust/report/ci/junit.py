"""A report as JUnit XML: one test case per check, and one for the verdict itself.

What was not answered is an `error` where an answer was due and `skipped` where none was, so that
nothing that was not checked is shown as passed (law 2). The case `verdict` passes exactly for exit
code 0: a reader who counts cases never sees more than the exit code says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.judge.verify import EXIT_PASS
from aztrust.report.escape import visible
from aztrust.report.view import (
    Document,
    answers,
    clean,
    failure_sentence,
    finding_lines,
    headline,
    is_failure,
    shortfall,
)

# Line ends are written by us alone; a reader would fold one in an attribute into a space.
_ENTITIES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
)
_PROPERTIES: Final = (
    "verdict guidance exit_code launch chain_id anchor policy_digest scope_hash aztrust_version"
).split()
_ELEMENTS: Final = {"failure": "failure", "error": "error", "skipped": "skipped"}


@frozen
class _Case:
    name: str
    group: str
    outcome: str
    kind: str
    message: str
    lines: tuple[str, ...] = ()


def junit_text(document: Document) -> str:
    """A report or a failure as a JUnit document."""
    document = clean(document)
    if is_failure(document):
        return _suites(document, [_failure(document)], properties=[], stamp="")
    properties = [(n, document[n]) for n in _PROPERTIES if document[n] is not None]
    stamp = _timestamp(document["at_unix_ms"])
    return _suites(document, list(_cases(document)), properties=properties, stamp=stamp)


def _cases(report: Document) -> Iterator[_Case]:
    for answer in answers(report):
        check = answer.check
        lines = [line for f in check["findings"] for line in ("", f["code"], *finding_lines(f))]
        if answer.mend:
            lines += ["", f"mend: {answer.mend}"]
        kind = check["findings"][0]["code"] if check["findings"] else check["status"]
        name, group = check["id"], f"aztrust.{check['class']}"
        yield _Case(name, group, answer.outcome, kind, answer.reason, tuple(lines[1:]))
    passed = report["exit_code"] == EXIT_PASS
    yield _Case(
        "verdict",
        "aztrust.verdict",
        "passed" if passed else "failure",
        str(report["verdict"]),
        headline(report),
        tuple(filter(None, [shortfall(report)])),
    )


def _failure(failure: Document) -> _Case:
    lines = [*failure["details"], *([f"mend: {failure['mend']}"] if failure["mend"] else ())]
    return _Case(
        "verdict",
        "aztrust.verdict",
        "error",
        failure["code"] or failure["kind"],
        failure_sentence(failure),
        tuple(lines),
    )


def _suites(
    document: Document, cases: list[_Case], *, properties: list[tuple[str, object]], stamp: str
) -> str:
    counted = {
        name: f' {name}="{sum(case.outcome == outcome for case in cases)}"'
        for name, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    name = f"aztrust {document['command']}".strip()
    head = (
        f'name="{_xml(name)}" tests="{len(cases)}"{counted["failures"]}{counted["errors"]} time="0"'
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        # The schema that Jenkins holds a file to has no `skipped` here.
        f"<testsuites {head}>",
        f"  <testsuite {head}{counted['skipped']}{stamp}>",
        *_properties(properties),
        *(line for case in cases for line in _case(case)),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _properties(properties: list[tuple[str, object]]) -> Iterator[str]:
    if not properties:
        return
    yield "    <properties>"
    for name, value in properties:
        yield f'      <property name="{_xml(name)}" value="{_xml(str(value))}"/>'
    yield "    </properties>"


def _case(case: _Case) -> Iterator[str]:
    head = f'    <testcase classname="{_xml(case.group)}" name="{_xml(case.name)}" time="0"'
    if case.outcome == "passed":
        yield f"{head}/>"
        return
    element = _ELEMENTS[case.outcome]
    kind = "" if element == "skipped" else f' type="{_xml(case.kind)}"'
    body = "\n".join(map(_xml, case.lines))
    yield f"{head}>"
    yield f'      <{element}{kind} message="{_xml(case.message)}">{body}</{element}>'
    yield "    </testcase>"


def _timestamp(unix_ms: int) -> str:
    try:
        instant = datetime.fromtimestamp(unix_ms // 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return ""  # no calendar reaches it
    return f' timestamp="{instant:%Y-%m-%dT%H:%M:%S}"'


def _xml(text: str) -> str:
    """The text as XML may hold it: nothing in it opens or closes anything."""
    return visible(text).translate(_ENTITIES)
