"""The evidence of a checklist for a person and for a program: what was looked at, file by file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aztrust.core.base.advice import command
from aztrust.core.base.paths import escape
from aztrust.core.records.checklist import ChecklistEvidence
from aztrust.core.state.checklist.files import EvidenceStates, FileState, State
from aztrust.core.state.checklist.records import ChecklistRecords, NotCounted
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled, wrap
from aztrust.report.size import size
from aztrust.report.text import utc

_ORDER: Final[tuple[State, ...]] = ("changed", "missing", "unknown", "pending", "same")
_HEADS: Final = {0: "PASS", 10: "FAIL", 11: "HOLD"}


def evidence_lines(states: EvidenceStates, records: ChecklistRecords) -> list[str]:
    """What was looked at, the worst first, and what to do next."""
    lines = [evidence_brief(states)]
    if states.unread:
        lines += labelled("unread", visible(states.unread))
    for state in _ORDER:
        for one in states.of(state):
            lines += _file_lines(one)
    lines += not_counted_lines(records)
    lines += _next(states)
    return lines


def evidence_brief(states: EvidenceStates) -> str:
    """One line: the conclusion, how many files, and the exit code."""
    counts = [f"{len(found)} {state}" for state in _ORDER if (found := states.of(state))]
    text = ", ".join(counts) or "no evidence"
    return f"{_HEADS[states.exit_code]} evidence: {text}  exit {states.exit_code}"


def evidence_document(
    states: EvidenceStates, records: ChecklistRecords, command_name: str
) -> Mapping[str, object]:
    """The same as `--format json` gives it."""
    return {
        "schema": "aztrust/evidence",
        "version_major": 1,
        "version_minor": 0,
        "command": command_name,
        "checklist_digest": records.digest,
        "exit_code": states.exit_code,
        "unread": visible(states.unread),
        "files": [_fields(one) for one in states.files],
        "not_counted": [_not_counted(one) for one in _of_evidence(records)],
    }


def list_lines(records: ChecklistRecords) -> list[str]:
    """Each evidence record that counts, with its files; nothing is read for it."""
    lines: list[str] = []
    for item, of_item in records.items.items():
        if of_item.lacks_evidence:
            lines += labelled(item, f"pending: {escape('; '.join(of_item.item.evidence))}")
        for record in of_item.evidence:
            body = record.body
            if not isinstance(body, ChecklistEvidence):
                continue
            when = utc(record.claimed_unix_ms)
            lines += labelled(item, f"{record.record_id[7:23]}  {when}  {record.holder}")
            lines += command_lines(body)
            for shown in of_item.files:
                if shown.record.identity == record.identity:
                    name = f"{shown.root}:{escape(shown.file.path)}"
                    lines += wrap(
                        f"{name}  {size(shown.file.size)}", first="         ", rest="           "
                    )
    lines = lines or labelled("evidence", "none was added, and no item asks for it")
    lines += not_counted_lines(records)
    return [*lines, *advice_lines("next", "read every file again: aztrust evidence verify")]


def list_document(records: ChecklistRecords, command_name: str) -> Mapping[str, object]:
    """The same as `--format json` gives it; the state of each file is null: nothing was read."""
    return {
        "schema": "aztrust/evidence",
        "version_major": 1,
        "version_minor": 0,
        "command": command_name,
        "checklist_digest": records.digest,
        "exit_code": None,
        "unread": visible(records.unread),
        "files": [
            {**_fields(FileState(shown.item, "unknown", "", shown)), "state": None}
            for shown in records.files
        ],
        "not_counted": [_not_counted(one) for one in _of_evidence(records)],
    }


def command_lines(body: ChecklistEvidence) -> list[str]:
    """Which command wrote its output, and how it ended."""
    if body.command is None:
        return []
    code = body.exit_code
    ended = "its holder ran it" if code is None else f"exit {code}"
    if code:
        ended += ": the command failed"
    return list(
        wrap(visible(f"{escape(body.command)}  ({ended})"), first="         ", rest="           ")
    )


def not_counted_lines(records: ChecklistRecords) -> list[str]:
    """Evidence records that do not count, each with its reason."""
    lines: list[str] = []
    for one in _of_evidence(records):
        text = f"{one.record.record_id[7:23]} for {escape(one.about)}: {one.text}"
        lines += labelled("ignored", visible(text))
    return lines


def _of_evidence(records: ChecklistRecords) -> Iterator[NotCounted]:
    return (n for n in records.not_counted if isinstance(n.record.body, ChecklistEvidence))


def _file_lines(one: FileState) -> list[str]:
    shown = one.shown
    if shown is None:
        return labelled(one.state, visible(f"{one.item}: {escape(one.detail)}"))
    name = f"{one.item}: {shown.root}:{escape(shown.file.path)}"
    detail = one.detail or size(shown.file.size)
    lines = labelled(one.state, visible(f"{name}  {detail}"))
    body = shown.record.body
    if isinstance(body, ChecklistEvidence) and body.output == shown.file.path:
        lines += command_lines(body)
    if one.state != "same":
        lines += labelled("", f"shown by {shown.record.holder}, {shown.record.record_id[7:23]}")
    return lines


def _next(states: EvidenceStates) -> list[str]:
    worst = next((one for state in _ORDER[:-1] for one in states.of(state)), None)
    if worst is None:
        return []
    if worst.state == "changed":
        add = command("evidence", "add", worst.item, "FILE")
        return advice_lines("next", f"put the recorded file back; or show the new one: {add}")
    if worst.state == "pending":
        return advice_lines("next", command("evidence", "add", worst.item, "FILE"))
    return advice_lines("next", "name where it is: aztrust evidence verify --root NAME=DIR")


def _fields(one: FileState) -> dict[str, object]:
    shown = one.shown
    body = shown.record.body if shown is not None else None
    of_output = (
        isinstance(body, ChecklistEvidence) and shown is not None and body.output == shown.file.path
    )
    return {
        "item": one.item,
        "state": one.state,
        "detail": visible(one.detail),
        "record_id": shown.record.record_id if shown is not None else None,
        "holder": shown.record.holder if shown is not None else None,
        "root": shown.root if shown is not None else None,
        "path": visible(shown.file.path) if shown is not None else None,
        "size": shown.file.size if shown is not None else None,
        "sha256": shown.file.sha256 if shown is not None else None,
        "blake3": shown.file.blake3 if shown is not None else None,
        "command": (
            visible(body.command or "")
            if of_output and isinstance(body, ChecklistEvidence)
            else None
        ),
        "command_exit_code": (
            body.exit_code if of_output and isinstance(body, ChecklistEvidence) else None
        ),
    }


def _not_counted(one: NotCounted) -> dict[str, object]:
    return {
        "record_id": one.record.record_id,
        "holder": one.record.holder,
        "item": visible(one.about),
        "why": one.why,
        "text": visible(one.text),
    }
