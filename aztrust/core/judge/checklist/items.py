"""What every item comes to: computed where the definitions say so, else as a person answered.

An item with prerequisites does not pass while one of them does not. Evidence that is asked for has
to be there, and what is there has to be what was recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.base.advice import command
from aztrust.core.base.paths import escape
from aztrust.core.checklist.computations import is_computed
from aztrust.core.checklist.definitions import Due, Item
from aztrust.core.judge.checklist.computations import COMPUTATIONS
from aztrust.core.judge.checklist.outcome import WORST, Asked, Outcome
from aztrust.core.records.checklist import ChecklistAnswer
from aztrust.core.records.scorecard import By, ScoredItem

_DETAIL: Final = 2000
GOOD: Final = ("pass", "not-applicable")
"""What an item that requires another one needs."""
WAITS: Final = "waits: "
"""How the detail of an item begins that waits for those it requires."""


def scored_items(asked: Asked, due: Due) -> dict[str, ScoredItem]:
    """The items that are due at a time, by id, in the order of the definitions.

    Args:
        asked: the launch.
        due: of the closing, those before the decision are looked at as prerequisites only.
    """
    found: dict[str, Outcome] = {}
    if due == "close":
        # What was decided on is as the decision had it.
        found = {name: Outcome(i.status, i.detail) for name, i in decided_items(asked).items()}
    items = {item.id: item for item in asked.checklist.item}
    wanted = [item for item in asked.checklist.item if item.due == due]
    for item in wanted:
        _settle(asked, items, item, found)
    return {item.id: _scored(asked, item, found[item.id]) for item in wanted}


def decided_items(asked: Asked) -> dict[str, ScoredItem]:
    """The items of the score that the decision in force was made on; {} without one."""
    minutes = asked.minutes
    score = minutes.score if minutes is not None else None
    if score is None or score.checklist_digest != asked.records.digest:
        return {}
    due = {item.id for item in asked.checklist.item if item.due == "decision"}
    found = {item.item: item for item in score.items}
    return found if found.keys() == due else {}


def _settle(
    asked: Asked, items: Mapping[str, Item], item: Item, found: dict[str, Outcome]
) -> Outcome:
    """The outcome of an item after those of its prerequisites; definitions have no circle."""
    if item.id not in found:
        waits = [(name, _settle(asked, items, items[name], found)) for name in item.requires]
        found[item.id] = _after(_own(asked, item), waits)
    return found[item.id]


def _after(own: Outcome, waits: list[tuple[str, Outcome]]) -> Outcome:
    left = [f"{name} is {outcome.status}" for name, outcome in waits if outcome.status not in GOOD]
    if not left or own.status not in (*GOOD, "warning"):
        return own
    return Outcome("pending", WAITS + ", ".join(left), own.rests_on)


def by_of(item: Item) -> By:
    """How an item gets its status."""
    if item.computed is None:
        return "attested" if item.drill else "answered"
    return "computed" if is_computed(item) else "attested"


def _own(asked: Asked, item: Item) -> Outcome:
    """What an item comes to by itself: with the state of its evidence."""
    outcome = _computed(asked, item, item.computed) if item.computed else _answered(asked, item)
    if outcome.status not in (*GOOD, "warning"):
        return outcome
    shown = asked.evidence(item.id)
    if not shown.records:
        if item.computed is None and item.evidence and outcome.status != "not-applicable":
            add = command("evidence", "add", item.id, "FILE")
            return Outcome("pending", f"answered without evidence: {add}", outcome.rests_on)
        return outcome
    if shown.status != "pass":
        worse = min(outcome.status, shown.status, key=WORST.index)
        return Outcome(worse, f"its evidence: {shown.detail}", outcome.rests_on)
    return outcome


def _computed(asked: Asked, item: Item, name: str) -> Outcome:
    computation = COMPUTATIONS.get(name)
    if computation is None:
        text = f"this aztrust has no computation {escape(name)[:80]}"
        return Outcome("unknown", text)
    return computation(asked, item)


def _answered(asked: Asked, item: Item) -> Outcome:
    records = asked.records.items[item.id]
    record = records.answer
    if record is None:
        if asked.records.unread:
            return Outcome("unknown", asked.records.unread)
        if records.baseless:
            return Outcome("pending", "the evidence that its answer rests on was replaced")
        return Outcome("pending", f"no answer in the role {item.owner}")
    body = record.body
    if not isinstance(body, ChecklistAnswer):
        raise AssertionError(record.kind)
    if asked.records.unread and body.answer != "fail":
        return Outcome("unknown", asked.records.unread)
    detail = f"{record.holder}: {escape(body.reason)}"
    return Outcome(
        body.answer,
        detail,
        (record.record_id,),
        body.mitigation_owner,
        body.due_unix_ms,
    )


def _scored(asked: Asked, item: Item, outcome: Outcome) -> ScoredItem:
    ids = {id_ for id_ in outcome.rests_on if id_.startswith("sha256:")}
    return ScoredItem(
        item=item.id,
        area=item.area,
        definition_digest=item.digest,
        priority=item.priority,
        by=by_of(item),
        status=outcome.status,
        detail=outcome.detail[:_DETAIL] or outcome.status,
        evidence=tuple(sorted({r.record_id for r in asked.evidence(item.id).records})),
        rests_on=tuple(sorted(ids)),
        mitigation_owner=outcome.mitigation_owner,
        due_unix_ms=outcome.due_unix_ms,
    )
