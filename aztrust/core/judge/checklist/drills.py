"""Drills and rehearsals that left a signed record (RC-D, RC-E).

Such a record is attested, not computed: a person says that it took place. Computed is only
that it is there, that it counts, and that it has times. An item with `drill` is answered by such a
record itself; one with a computation of this file rests on the records of the items that it
requires, or else of those in its section.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_duration, format_minute
from aztrust.core.checklist.definitions import Item
from aztrust.core.judge.checklist.outcome import Asked, Outcome, worst
from aztrust.core.records.checklist import ChecklistAnswer, Status
from aztrust.core.records.records import VerifiedRecord

_LISTED: Final = 200
"""How many characters of a remark a line shows."""


def recorded(asked: Asked, item: Item) -> Outcome:
    """Every drill that the item rests on has a record, and none failed."""
    names = tuple(_drills(asked, item))
    if not names:
        return Outcome("unknown", "no item of its section is answered by a drill")
    each = [_of(name, asked.records.items[name].answer) for name in names]
    return worst(each, "; ".join(outcome.detail for outcome in each))


def _drills(asked: Asked, item: Item) -> Iterator[str]:
    """The items with a drill that it requires; without any, those of its section."""
    required = {name for name in item.requires if asked.records.items[name].item.drill}
    for other in asked.checklist.item:
        of_section = not required and other.section == item.section and other.drill
        if other.id in required or of_section:
            yield other.id


def _of(name: str, record: VerifiedRecord | None) -> Outcome:
    body = record.body if record is not None else None
    if record is None or not isinstance(body, ChecklistAnswer):
        return Outcome("pending", f"{name} has no record of a drill")
    text = f"{name} by {record.holder}: {escape(body.reason)[:_LISTED]}"
    if body.drill is None:
        status: Status = "fail" if body.answer == "fail" else "pending"
        return Outcome(status, f"{text} (without a drill)", (record.record_id,))
    drill = body.drill
    lasted = format_duration(drill.until_unix_ms - drill.from_unix_ms)
    when = format_minute(drill.from_unix_ms)
    where = escape(drill.environment)[:_LISTED]
    text = f"{name}: {drill.kind} in {where}, {when}, {lasted}"
    return Outcome(body.answer, text, (record.record_id,), body.mitigation_owner, body.due_unix_ms)


def captured(asked: Asked, item: Item) -> Outcome:
    """The results are files that are still the ones that were recorded."""
    shown = asked.evidence(item.id)
    return Outcome(shown.status, shown.detail, tuple(r.record_id for r in shown.records))
