"""The lessons of the testnet, as lines and as a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aztrust.core.base.findings import CheckResult, Status
from aztrust.core.checks.check import Stage
from aztrust.core.checks.final import FINAL_CHECKS
from aztrust.core.records.lessons import Lesson
from aztrust.core.state.context import Context
from aztrust.core.state.lessons import fixed_lessons, is_lesson_row, lesson_of, lesson_row
from aztrust.core.state.pending import with_waiting
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled, wrap
from aztrust.report.text import utc

_TEXTS = ("class_", "edge_threshold", "common_mistake", "residual_risk")


def lesson_lines(lesson: Lesson) -> list[str]:
    """What a lesson says, for the person who acknowledges it."""
    lines: list[str] = []
    for name in _TEXTS:
        label = name.strip("_").replace("_", " ")
        text = visible(getattr(lesson, name))
        lines += wrap(f"{label}: {text}", first="  ", rest="    ")
    return lines


def asked_lines(context: Context, row: str) -> list[str]:
    """What the lesson says that a row is about; nothing for any other row."""
    lesson = lesson_of(with_waiting(context), row) if is_lesson_row(row) else None
    return lesson_lines(lesson) if lesson is not None else []


def lessons_lines(context: Context) -> list[str]:
    """Which lessons are fixed, what each says, and whether its owner acknowledged it."""
    fixed = fixed_lessons(context)
    if fixed.record is None:
        return [
            *labelled("lessons", "none are fixed for this window"),
            *advice_lines("next", "before the final checks: aztrust lessons FILE"),
        ]
    answers = _answers(context)
    done = sum(answer.status is Status.PASS for answer in answers.values())
    count = len(fixed.lessons)
    lines = labelled("lessons", f"{count}, {done} of them acknowledged")
    lines += labelled("fixed", f"{utc(fixed.record.claimed_unix_ms)} by {fixed.record.holder}")
    for lesson in fixed.lessons:
        answer = answers[lesson_row(lesson)]
        state = "acknowledged" if answer.status is Status.PASS else answer.status.value
        state = state.replace("not_run", "open")
        lines += ["", f"{lesson_row(lesson)}  {state}  {lesson.owner}", *lesson_lines(lesson)]
        lines += _what_is_open(answer)
    return lines


def lessons_document(context: Context, command: str) -> Mapping[str, object]:
    """The same as `--format json` gives it."""
    fixed, answers = fixed_lessons(context), _answers(context)
    record = fixed.record
    return {
        "schema": "aztrust/lessons",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        "policy_digest": context.policy_digest,
        "record_id": record.record_id if record is not None else None,
        "fixed_by": record.holder if record is not None else None,
        "fixed_at_unix_ms": record.claimed_unix_ms if record is not None else None,
        "lessons": [
            {
                **lesson.model_dump(mode="json"),
                "state": answers[lesson_row(lesson)].status.value,
                "detail": visible(answers[lesson_row(lesson)].detail),
            }
            for lesson in fixed.lessons
        ],
    }


def _answers(context: Context) -> dict[str, CheckResult]:
    every = (result for check in FINAL_CHECKS for result in check.run(context, Stage.FROZEN))
    return {result.id: result for result in every if is_lesson_row(result.id)}


def _what_is_open(answer: CheckResult) -> Iterable[str]:
    if answer.status is Status.PASS:
        return wrap(visible(answer.detail), first="  ", rest="    ")
    found = (*answer.findings, *answer.notices)
    lines = wrap(visible(answer.detail), first="  ", rest="    ") if answer.detail else []
    mend = next((f.mend for f in found if f.mend), "")
    return [*lines, *(advice_lines("next", mend) if mend else [])]
