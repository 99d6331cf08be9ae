"""The lessons that are fixed for the window of this run, and who answers each (AZ-39).

The list that was fixed last counts, if that was before the first final check that passed: what was
checked cannot be changed afterwards. The order is that of the ledger; without one, of the claimed
times.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import RowRule, row_rule
from aztrust.core.records.lessons import LESSONS, ROW_PREFIX, Lesson, LessonList
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, ledger_places, require_policy
from aztrust.core.state.current import current_attempt
from aztrust.core.state.freezes import passed_finals
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.ordering import Places

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


def is_after_the_final_checks(context: Context, attempt: Attempt) -> bool:
    """Whether a final check of an attempt has passed, so that no list counts any more."""
    return bool(passed_finals(context, attempt))


def _of_attempt(context: Context, lists: list[VerifiedRecord], attempt: Attempt) -> FixedLessons:
    places = ledger_places(context)
    finals = passed_finals(context, attempt)
    found = [
        u
        for u in lists
        if u.scope_hash == attempt.scope_hash
        and u.launch_window_id == attempt.launch_window_id
        and context.records.effective.counts(u)
    ]
    late = tuple(u for u in found if not all(_is_before(u, v, places) for v in finals))
    in_time = [u for u in found if u not in late]
    if not in_time:
        return FixedLessons(late=late)
    last = max(in_time, key=lambda u: (places.get(u.identity, -1), *_claimed(u)))
    return FixedLessons(last, last.preimage("lessons", LessonList).lesson, late)


def _claimed(record: VerifiedRecord) -> tuple[int, str]:
    return record.claimed_unix_ms, record.record_id


def _is_before(record: VerifiedRecord, final: HeldVerdict, places: Places) -> bool:
    mine = places.get(record.identity)
    its = places.get((final.record_id, final.key.fingerprint))
    if mine is not None and its is not None:
        return mine < its
    return record.claimed_unix_ms < final.statement.checkpoint.timestamp_unix_ms
