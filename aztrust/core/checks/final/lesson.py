"""Has a holder of its owner role acknowledged this lesson of the testnet?

The lessons are fixed when the window opens (`aztrust lessons FILE`); each is an item of the final
checks, in addition to the twelve rows. Its owner reads it and answers `aztrust attest lesson.ID
pass`. An acknowledgement counts for its window, and only for the list that was there when it was
given. A lesson that no one has acknowledged holds the launch; a fail blocks it like any other.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.base.value import replace
from aztrust.core.checks.attested import ATTESTED_CODES, attested_answer
from aztrust.core.checks.check import Answer, Check, Stage
from aztrust.core.records.lessons import ROW_PREFIX
from aztrust.core.state.context import Context
from aztrust.core.state.lessons import fixed_lessons


def _ask(context: Context, item: str) -> Answer:
    fixed = fixed_lessons(context)
    answer = attested_answer(context, ROW_PREFIX + item)
    by = (fixed.record.record_id,) if fixed.record is not None else ()
    return replace(answer, evidence=(*answer.evidence, *by))


def _ids(context: Context) -> tuple[str, ...]:
    return tuple(lesson.id for lesson in fixed_lessons(context).lessons)


CHECK = Check(
    id=ROW_PREFIX.rstrip("."),
    title="a lesson of the testnet is acknowledged",
    check_class=CheckClass.READINESS,
    clauses=("AZ-39",),
    stage=Stage.FROZEN,
    codes=ATTESTED_CODES,
    ask=_ask,
    items=_ids,
)
