"""The areas and their sign-offs: what each saw, what changed since, and the quorum (RC-A).

A sign-off is over definitions, states and evidence of its area. Whatever of these is different now
makes it stale, and is named. Each area needs a holder of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from aztrust.core.base.paths import escape
from aztrust.core.checklist.definitions import Checklist
from aztrust.core.records.checklist import (
    AreaState,
    ItemState,
    ShownFile,
)
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import ScoredArea, ScoredItem
from aztrust.core.records.signed import sign_off_of, signed_state
from aztrust.core.state.checklist.records import ChecklistRecords

_NAMED = 20
"""How many changes a stale sign-off names."""


def area_state(
    records: ChecklistRecords,
    items: Mapping[str, ScoredItem],
    area: str,
    kept: Collection[str] | None = None,
) -> AreaState:
    """What a sign-off of an area is over now.

    Args:
        records: of the checklist, with the files of its evidence.
        items: the scored items by id.
        area: its id.
        kept: the ids of the only evidence records that are meant; None for every one.
    """
    return AreaState(
        area=area,
        items=tuple(
            ItemState(
                item=item.id,
                definition_digest=item.digest,
                priority=item.priority,
                status=items[item.id].status,
                evidence=items[item.id].evidence,
                files=tuple(_files(records, item.id, kept)),
            )
            for item in records.checklist.of_area(area)
        ),
    )


def _files(
    records: ChecklistRecords, item: str, kept: Collection[str] | None
) -> Iterator[ShownFile]:
    for shown in records.items[item].files:
        if kept is None or shown.record.record_id in kept:
            yield shown.file


def changes(signed: AreaState, now: AreaState) -> tuple[str, ...]:
    """What is different from what was signed, each by the name of its item; () where nothing is."""
    before = {state.item: state for state in signed.items}
    after = {state.item: state for state in now.items}
    found = [f"{name} is not in the area any more" for name in before if name not in after]
    for name, state in after.items():
        if name in before:
            found += [f"{name} {what}" for what in _changes_of(before[name], state)]
        else:
            found.append(f"{name} is new")
    more = len(found) - _NAMED
    return (*found[:_NAMED], *((f"{more} more",) if more > 0 else ()))


def _changes_of(before: ItemState, after: ItemState) -> Iterator[str]:
    if before.definition_digest != after.definition_digest:
        yield "has another definition"
    if before.status != after.status:
        yield f"was {before.status} and is {after.status}"
    old, new = _by_path(before.files), _by_path(after.files)
    for path in sorted({*old, *new}):
        shown = escape(path)[:200]
        if path not in new:
            yield f"has no evidence {shown} any more"
        elif path not in old:
            yield f"has new evidence {shown}"
        elif old[path] != new[path]:
            yield f"has other bytes in its evidence {shown}"
    if before.evidence != after.evidence and old == new:
        yield "has other records of the same evidence"


def _by_path(files: Iterable[ShownFile]) -> dict[str, list[ShownFile]]:
    found: dict[str, list[ShownFile]] = {}
    for file in files:
        found.setdefault(file.path, []).append(file)
    return found


def scored_areas(
    records: ChecklistRecords,
    items: Mapping[str, ScoredItem],
    kept: Collection[str] | None = None,
) -> tuple[ScoredArea, ...]:
    """Every area with the sign-off that counts, in the order of the definitions.

    A rejection in force decides its area. Of the others, those are taken that did not become
    stale, so that each area has a holder of its own wherever that is possible. Arguments
    as `area_state`.
    """
    checklist = records.checklist
    stale: dict[tuple[str, str], tuple[str, ...]] = {}
    fresh: dict[str, list[VerifiedRecord]] = {}
    for area in checklist.area:
        now = area_state(records, items, area.id, kept)
        fresh[area.id] = []
        for record in _accepting(records, area.id):
            found = changes(signed_state(record), now)
            if found:
                stale[record.identity] = found
            else:
                fresh[area.id].append(record)
    rejected = {area.id: _rejection(records, area.id) for area in checklist.area}
    wanted = {name: signed for name, signed in fresh.items() if rejected[name] is None}
    chosen = distinct(checklist, wanted)
    return tuple(
        _scored(records, area.id, rejected[area.id], chosen.get(area.id), fresh[area.id], stale)
        for area in checklist.area
    )


def distinct(
    checklist: Checklist, signed: Mapping[str, list[VerifiedRecord]]
) -> dict[str, VerifiedRecord]:
    """For as many areas as possible a sign-off whose holder counts for no other area.

    Args:
        checklist: gives the order of the areas.
        signed: area id to the sign-offs that may count.
    """
    by_holder: dict[str, str] = {}

    def place(area: str, tried: set[str]) -> bool:
        for record in signed.get(area, ()):
            if record.holder in tried:
                continue
            tried.add(record.holder)
            taken = by_holder.get(record.holder)
            if taken is None or place(taken, tried):
                by_holder[record.holder] = area
                return True
        return False

    for area in checklist.area:
        place(area.id, set())
    return {
        area: next(record for record in signed[area] if record.holder == holder)
        for holder, area in by_holder.items()
    }


def _accepting(records: ChecklistRecords, area: str) -> tuple[VerifiedRecord, ...]:
    """The sign-offs of an area in force that do not reject it, the newest first."""
    every = reversed(records.areas[area].sign_offs)
    return tuple(record for record in every if sign_off_of(record).decision != "reject")


def _rejection(records: ChecklistRecords, area: str) -> VerifiedRecord | None:
    every = reversed(records.areas[area].sign_offs)
    return next((record for record in every if sign_off_of(record).decision == "reject"), None)


def _scored(
    records: ChecklistRecords,
    area: str,
    rejected: VerifiedRecord | None,
    chosen: VerifiedRecord | None,
    fresh: list[VerifiedRecord],
    stale: Mapping[tuple[str, str], tuple[str, ...]],
) -> ScoredArea:
    if rejected is not None:
        return ScoredArea(
            area=area,
            status="reject",
            record_id=rejected.record_id,
            holder=rejected.holder,
            cites=sign_off_of(rejected).cites,
        )
    if chosen is not None:
        body = sign_off_of(chosen)
        conditional = body.decision == "conditional"
        return ScoredArea(
            area=area,
            status="conditional" if conditional else "approve",
            record_id=chosen.record_id,
            holder=chosen.holder,
            mitigation_owner=body.mitigation_owner,
            due_unix_ms=body.due_unix_ms,
        )
    if fresh:
        first = fresh[0]
        return ScoredArea(
            area=area, status="same-holder", record_id=first.record_id, holder=first.holder
        )
    for record in _accepting(records, area):
        return ScoredArea(
            area=area,
            status="stale",
            record_id=record.record_id,
            holder=record.holder,
            changed=stale[record.identity],
        )
    return ScoredArea(area=area, status="pending")
