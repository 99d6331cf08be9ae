"""The lessons that are fixed for the window of this run, and who answers each (AZ-39)."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.policy.authority import RowRule, row_rule
from aztrust.core.records.lessons import LESSONS, ROW_PREFIX, Lesson, LessonList
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.current import current_attempt
from aztrust.core.state.fixed import fixed_for
from aztrust.core.state.launch_state import Attempt

# An acknowledgement counts for its whole window.
_FOR_THE_WINDOW: Final = 2**53


@frozen
class FixedLessons:
    """The lessons of an attempt.

    Args:
        record: what fixed them, None where none are fixed.
        lessons: in the order of the file.
        late: lists that do not count: they came after a final check that passed.
    """

    record: VerifiedRecord | None = None
    lessons: tuple[Lesson, ...] = ()
    late: tuple[VerifiedRecord, ...] = ()


def is_lesson_row(row: str) -> bool:
    """Whether a row of the final checks is about a lesson."""
    return row.startswith(ROW_PREFIX)


def lesson_row(lesson: Lesson) -> str:
    """The row of a lesson in the matrix."""
    return ROW_PREFIX + lesson.id


def fixed_lessons(context: Context) -> FixedLessons:
    """The lessons of the attempt that this run is about."""
    lists = [u for u in context.records.effective.verified if u.kind == LESSONS.name]
    attempt = current_attempt(context) if lists else None
    return _of_attempt(context, lists, attempt) if attempt is not None else FixedLessons()


def lesson_of(context: Context, row: str) -> Lesson | None:
    """The lesson that a row is about; None where it is about none that is fixed."""
    if not is_lesson_row(row):
        return None
    return next((n for n in fixed_lessons(context).lessons if lesson_row(n) == row), None)


def rule_in(context: Context, row: str) -> RowRule:
    """The rule of any row of the final checks: a lesson's is in the list, the others' the policy's.

    Raises:
        KeyError: there is no such row.
    """
    lesson = lesson_of(context, row)
    if lesson is not None:
        return RowRule(lesson.owner, _FOR_THE_WINDOW)
    return row_rule(require_policy(context), row)


def _of_attempt(context: Context, lists: list[VerifiedRecord], attempt: Attempt) -> FixedLessons:
    found = fixed_for(context, lists, attempt)
    if found.last is None:
        return FixedLessons(late=found.late)
    return FixedLessons(found.last, found.last.preimage("lessons", LessonList).lesson, found.late)
