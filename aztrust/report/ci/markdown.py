"""A report as GitHub Flavored Markdown, for a pull request, a job summary or a chat.

Nothing that comes from outside can become markup. Plain words stay as they are; everything else
is code: in a code span where it has only harmless characters, else in a `<code>` element with each
doubtful character as a character reference, which no Markdown reader takes for structure
(CommonMark 0.31.2, section 2.5). Inside code nothing is linked and no account is mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from aztrust.report.escape import visible
from aztrust.report.text import utc
from aztrust.report.view import (
    Answer,
    Document,
    answers,
    clean,
    failure_sentence,
    is_failure,
    shortfall,
    word,
    worst_first,
)

SUMMARY_LIMIT: Final = 512 * 1024
SHOWN: Final = 20
"""Findings of one check before `+N`."""

# Words, and marks that mean nothing to Markdown behind the first of them: no list begins with it,
# and a dot or colon is only before a space or the end, so that it is never read as an address.
_PROSE: Final = re.compile(
    r"(?![0-9]+[.)])[A-Za-z0-9](?:[A-Za-z0-9 ,;'()\"?/-]|[.:](?= |$))*", re.ASCII
)
# What is literal in a code span, also in a table: all but the backtick, the pipe and the backslash.
_TAME: Final = re.compile(
    r"[A-Za-z0-9._/:+=,()\[\]{}?!*#%<>~@^$;'\"-]+(?: [A-Za-z0-9._/:+=,()\[\]-]+)*", re.ASCII
)


def markdown_text(document: Document, *, shown: int = SHOWN) -> str:
    """A report or a failure as Markdown.

    Args:
        document: the JSON report or failure.
        shown: at most so many findings of one check.
    """
    document = clean(document)
    lines = _failure(document) if is_failure(document) else _report(document, shown)
    return "\n".join(lines) + "\n"


def summary_text(document: Document) -> str:
    """The same in at most `SUMMARY_LIMIT` bytes: above its limit a job's summary is dropped."""
    whole = markdown_text(document)
    shorter = (markdown_text(document, shown=shown) for shown in (5, 1, 0))
    for text in (whole, *shorter):
        if len(text.encode()) <= SUMMARY_LIMIT:
            return text
    return "\n".join(whole.splitlines()[:3]) + "\n"


def _report(report: Document, shown: int) -> Iterator[str]:
    yield f"## aztrust {prose(report['command'])}: {word(report)}"
    yield ""
    launch = " ".join(code(report[n]) for n in ("launch", "chain_id") if report[n])
    yield (
        f"{launch or 'unknown launch'}, {utc(report['at_unix_ms'])}:"
        f" guidance **{prose(report['guidance'])}**, exit **{report['exit_code']}**"
    )
    for answer in worst_first(report):
        yield from _trouble(answer, shown)
    reason = shortfall(report)
    if reason:
        yield from ("", prose(reason))
    yield from _subjects(report)
    yield from _table(report)
    yield from _notices(report, shown)


def _trouble(answer: Answer, shown: int) -> Iterator[str]:
    check = answer.check
    status = prose(check["status"].replace("_", " "))
    yield from ("", f"### {code(check['id'])}: {status}", "")
    if not check["findings"]:
        yield f"- not answered: {prose(answer.reason)}"
        if answer.mend:
            yield f"  - mend: {prose(answer.mend)}"
    for finding in check["findings"][:shown]:
        about = f"**{prose(finding['code'])}** {code(finding['subject'])}"
        yield f"- {about}: {prose(finding['message'])}"
        for label, key in (("have", "actual"), ("need", "expected"), ("this is", "this")):
            if finding[key]:
                yield f"  - {label}: {code(finding[key])}"
        if finding["mend"]:
            yield f"  - mend: {prose(finding['mend'])}"
    if len(check["findings"]) > shown:
        yield f"- +{len(check['findings']) - shown} more"


def _subjects(report: Document) -> Iterator[str]:
    yield from ("", "| what | digest |", "| --- | --- |")
    for name, package in report["packages"].items():
        about = ""
        if package["files"] is not None:
            about = f", {package['files']} file{'' if package['files'] == 1 else 's'}"
            about += f", {package['bytes']} bytes"
        yield f"| {prose(name)}{about} | {code(package['package_id'] or 'not sealed')} |"
        for path in package["excluded"]:
            yield f"| {prose(name)} leaves out | {code(path)} |"
    yield f"| scope | {code(report['scope_hash'] or 'none')} |"
    yield f"| policy, anchor {prose(report['anchor'])} | {code(report['policy_digest'])} |"
    head = report["tree_head"]
    if head:
        yield f"| ledger {code(head['origin'])}, size {head['size']} | {code(head['root'])} |"


def _table(report: Document) -> Iterator[str]:
    yield from ("", "| check | status | class | detail |", "| --- | --- | --- | --- |")
    for answer in answers(report):
        check = answer.check
        status = check["status"].replace("_", " ")
        detail = check["detail"] or (answer.reason if answer.outcome != "passed" else "")
        row = (code(check["id"]), prose(status), prose(check["class"]), prose(detail))
        yield f"| {' | '.join(row)} |"


def _notices(report: Document, shown: int) -> Iterator[str]:
    # What an open check has seen, and what is excluded, has a line of its own already.
    opened = {c["id"] for c in report["checks"] if c["status"] in ("pending", "not_run")}
    notices = [
        n for n in report["notices"] if n["code"] != "excluded-path" and n["check"] not in opened
    ]
    if notices:
        yield from ("", "Notices:", "")
    for notice in notices[:shown]:
        yield f"- {prose(notice['code'])} {code(notice['subject'])}: {prose(notice['message'])}"
    if len(notices) > shown:
        yield f"- +{len(notices) - shown} more"


def _failure(failure: Document) -> Iterator[str]:
    yield f"## aztrust {prose(failure['command'])}: no verdict".replace("  ", " ")
    yield ""
    yield f"**{prose(failure['kind'])}**, exit **{failure['exit_code']}**:"
    yield from ("", f"- {prose(failure_sentence(failure))}")
    for line in failure["details"]:
        yield f"- {prose(line)}"
    if failure["mend"]:
        yield f"- mend: {prose(failure['mend'])}"


def prose(text: str) -> str:
    """A sentence: unchanged where it is plain words, else as code."""
    return text if not text or _PROSE.fullmatch(text) else code(text)


def code(text: str) -> str:
    """A name, a digest, a command: shown to the letter, whatever it is.

    >>> code("bin/atlasd"), code("a|b`")
    ('`bin/atlasd`', '<code>a&#124;b&#96;</code>')
    """
    text = visible(text)
    if _TAME.fullmatch(text):
        return f"`{text}`"
    return f"<code>{''.join(map(_referenced, text))}</code>" if text else ""


def _referenced(character: str) -> str:
    plain = character.isalnum() or character == " "
    return character if plain else f"&#{ord(character)};"
