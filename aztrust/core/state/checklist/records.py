"""Which records of a checklist count, and why each of the others does not.

A record counts if it is in force, is about these definitions and this item or area, and is signed
in the role that the definitions ask. Of the answers of one holder the last one is in force; a fail
of one holder is not covered by a pass of another (`ordering`, as for the final checks). What was
shown for an item is replaced file by file: a later record that names the same path takes the place
of the earlier one there, and an answer that rests on a file that was replaced has lost its ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from aztrust.core.base.paths import escape
from aztrust.core.base.times import AHEAD_MS, format_minute
from aztrust.core.base.value import field, frozen
from aztrust.core.checklist.definitions import Area, Checklist, Item
from aztrust.core.records.checklist import (
    ChecklistAnswer,
    ChecklistEvidence,
    ChecklistSignOff,
    ShownFile,
)
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.checklist.closed import came_after, closing_of
from aztrust.core.state.context import Context, ledger_places, require_policy, unread_records
from aztrust.core.state.objections import is_by_owner
from aztrust.core.state.ordering import answers_in_force, happened_after

Why = Literal[
    "other-checklist",
    "unknown-item",
    "unknown-area",
    "other-definition",
    "not-the-owner",
    "computed",
    "no-drill",
    "revoked",
    "future",
    "pending",
    "replaced",
    "closed",
]
"""Why a record does not count."""

_BODIES: Final = (ChecklistEvidence, ChecklistAnswer, ChecklistSignOff)
_WORST_FIRST: Final = ("fail", "warning", "pass", "not-applicable")


@frozen
class NotCounted:
    """A record that does not count.

    Args:
        record: which.
        about: the id of the item or area that it names.
        why: the reason as a word for programs.
        text: the same for a person.
    """

    record: VerifiedRecord
    about: str
    why: Why
    text: str


@frozen
class Shown:
    """A file that is evidence now: the record that added it, the root, and what it has to be."""

    record: VerifiedRecord
    root: str
    file: ShownFile
    item: str

    @property
    def place(self) -> tuple[str, str]:
        """The root and the path: what another record replaces it at."""
        return self.root, self.file.path


@frozen
class ItemRecords:
    """The answers to an item, and the evidence for it.

    Args:
        item: its definition.
        evidence: the records that count and have at least one file left, the oldest first.
        files: the files of them that nothing replaced, sorted by root and path.
        answers: those in force: the last of each holder, the oldest first.
        baseless: ids of answers in force that rest on evidence that does not count any more, with
            the ids of that evidence.
    """

    item: Item
    evidence: tuple[VerifiedRecord, ...] = ()
    files: tuple[Shown, ...] = ()
    answers: tuple[VerifiedRecord, ...] = ()
    baseless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def answer(self) -> VerifiedRecord | None:
        """The one that decides: the worst that is in force; None where there is none.

        An answer whose ground is gone decides nothing, unless it is a fail.
        """
        deciding = [u for u in self.answers if u.is_negative or u.record_id not in self.baseless]
        return min(deciding, key=_weight, default=None)

    @property
    def lacks_evidence(self) -> bool:
        """Whether evidence is asked for and none is there."""
        return bool(self.item.evidence) and not self.files


@frozen
class AreaRecords:
    """What was signed of an area.

    Args:
        area: its definition.
        sign_offs: those in force: the last of each holder, the oldest first.
    """

    area: Area
    sign_offs: tuple[VerifiedRecord, ...] = ()


@frozen
class ChecklistRecords:
    """The records of a checklist.

    Args:
        checklist: the definitions.
        digest: of their bytes.
        items, areas: by id, in the order of the definitions; every one is there.
        not_counted: each record that does not count, with the reason; what was replaced, too.
        unread: why there may be more records than were read, "" where there are none.
    """

    checklist: Checklist
    digest: str
    items: Mapping[str, ItemRecords]
    areas: Mapping[str, AreaRecords]
    not_counted: tuple[NotCounted, ...] = ()
    unread: str = ""

    @property
    def files(self) -> tuple[Shown, ...]:
        """Every file that is evidence now, in the order of the items."""
        return tuple(shown for of_item in self.items.values() for shown in of_item.files)

    def not_counted_of(self, about: str) -> tuple[NotCounted, ...]:
        """What does not count of one item or area."""
        return tuple(one for one in self.not_counted if one.about == about)


def fold_checklist(context: Context, checklist: Checklist, digest: str) -> ChecklistRecords:
    """The records of a launch that are about these definitions.

    Args:
        context: the launch.
        checklist: the definitions.
        digest: `sha256:` of their bytes.

    Raises:
        Malformed: `policy-malformed`: there is no policy to say who signs.
    """
    require_policy(context)
    counted: dict[type, dict[str, list[VerifiedRecord]]] = {body: {} for body in _BODIES}
    not_counted: list[NotCounted] = []
    closing = closing_of(context, digest)
    for record in context.records.effective.verified:
        if not isinstance(record.body, _BODIES):
            continue
        fault = _fault(context, checklist, digest, record, closing)
        if fault is not None:
            not_counted.append(fault)
        else:
            counted[type(record.body)].setdefault(about(record), []).append(record)
    for record in context.records.waiting:
        if isinstance(record.body, _BODIES):
            text = "it counts after the ledger has it"
            not_counted.append(NotCounted(record, about(record), "pending", text))
    items = {
        item.id: _of_item(
            context,
            item,
            counted[ChecklistEvidence].get(item.id, []),
            counted[ChecklistAnswer].get(item.id, []),
        )
        for item in checklist.item
    }
    areas = {
        area.id: AreaRecords(
            area, answers_in_force(context, counted[ChecklistSignOff].get(area.id, []))
        )
        for area in checklist.area
    }
    not_counted += _replaced(counted, items, areas)
    return ChecklistRecords(
        checklist,
        digest,
        items,
        areas,
        tuple(sorted(not_counted, key=lambda n: (n.record.claimed_unix_ms, *n.record.identity))),
        unread_records(context),
    )


def about(record: VerifiedRecord) -> str:
    """The id of the item or area that a record of a checklist names; "" for another kind."""
    body = record.body
    if isinstance(body, ChecklistSignOff):
        return body.area
    return body.item if isinstance(body, ChecklistEvidence | ChecklistAnswer) else ""


def _fault(
    context: Context,
    checklist: Checklist,
    digest: str,
    record: VerifiedRecord,
    closing: VerifiedRecord | None,
) -> NotCounted | None:
    """Why a record does not count, whatever came later; None where it does."""
    found = _fault_of_contents(context, checklist, digest, record) or _fault_in_force(
        context, record
    )
    if found is None and closing is not None and came_after(context, record, closing):
        found = "closed", f"{closing.holder} had closed the checklist before"
    return NotCounted(record, about(record), *found) if found is not None else None


def _fault_of_contents(
    context: Context, checklist: Checklist, digest: str, record: VerifiedRecord
) -> tuple[Why, str] | None:
    body = record.body
    if not isinstance(body, ChecklistEvidence | ChecklistAnswer | ChecklistSignOff):
        return None
    if body.checklist_digest != digest:
        return "other-checklist", f"it is about the definitions {body.checklist_digest[7:15]}"
    if isinstance(body, ChecklistSignOff):
        area = checklist.area_named(body.area)
        if area is None:
            return "unknown-area", f"the checklist has no area {escape(body.area)}"
        return _fault_of_role(context, record, area.approver, body.role)
    item = checklist.item_named(body.item)
    if item is None:
        return "unknown-item", f"the checklist has no item {escape(body.item)}"
    if isinstance(body, ChecklistEvidence):
        return _fault_of_shower(context, record, roles_that_show(checklist, item))
    if body.definition_digest != item.digest:
        return "other-definition", f"it answers another definition of {item.id}"
    if item.computed is not None:
        return "computed", f"{item.id} is computed; no person answers it"
    if item.drill and body.answer in ("pass", "warning") and body.drill is None:
        return "no-drill", f"{item.id} is answered with a drill, and it names none"
    return _fault_of_role(context, record, item.owner, body.role)


def roles_that_show(checklist: Checklist, item: Item) -> tuple[str, ...]:
    """The roles whose holders may show evidence: the item's owner, and its area's approver."""
    area = checklist.area_named(item.area)
    every = (item.owner, area.approver if area is not None else item.owner)
    return tuple(dict.fromkeys(every))


def _fault_of_role(
    context: Context, record: VerifiedRecord, role: str, signed_as: str
) -> tuple[Why, str] | None:
    if signed_as == role and is_by_owner(require_policy(context), record, role):
        return None
    return "not-the-owner", f"{record.holder} does not sign it as {role}"


def _fault_of_shower(
    context: Context, record: VerifiedRecord, roles: tuple[str, ...]
) -> tuple[Why, str] | None:
    if any(is_by_owner(require_policy(context), record, role) for role in roles):
        return None
    return "not-the-owner", f"{record.holder} is not {' or '.join(roles)}"


def _fault_in_force(context: Context, record: VerifiedRecord) -> tuple[Why, str] | None:
    if not context.records.effective.counts(record):
        return "revoked", "it, or its key, was revoked"
    # What stops something counts at once, whatever its time.
    if not record.is_negative and record.claimed_unix_ms > context.request.now_unix_ms + AHEAD_MS:
        return "future", f"it claims {format_minute(record.claimed_unix_ms)}, which is later"
    return None


def _of_item(
    context: Context, item: Item, evidence: list[VerifiedRecord], answers: list[VerifiedRecord]
) -> ItemRecords:
    shown = tuple(_not_replaced(context, item, evidence))
    whole = {u.identity for u in evidence}
    left = {s.record.identity for s in shown}
    for record in evidence:
        kept = sum(s.record.identity == record.identity for s in shown)
        if kept != len(shown_files(record)):
            whole.discard(record.identity)
    grounds = {record_id for record_id, _ in whole}
    in_force = answers_in_force(context, answers)
    baseless = {
        u.record_id: gone
        for u in in_force
        if (gone := tuple(r for r in rests_on(u) if r not in grounds))
    }
    kept_records = sorted(
        (u for u in evidence if u.identity in left), key=lambda u: (u.claimed_unix_ms, *u.identity)
    )
    return ItemRecords(item, tuple(kept_records), shown, in_force, baseless)


def shown_files(record: VerifiedRecord) -> tuple[ShownFile, ...]:
    """The files of an evidence record; () for any other record."""
    return record.body.files if isinstance(record.body, ChecklistEvidence) else ()


def rests_on(record: VerifiedRecord) -> tuple[str, ...]:
    """The evidence records that an answer names; () for any other record."""
    return record.body.rests_on if isinstance(record.body, ChecklistAnswer) else ()


def _not_replaced(
    context: Context, item: Item, evidence: Iterable[VerifiedRecord]
) -> Iterator[Shown]:
    """The files that no later record names at the same root and path."""
    places = ledger_places(context)
    at: dict[tuple[str, str], list[Shown]] = {}
    for record in evidence:
        root = record.body.root if isinstance(record.body, ChecklistEvidence) else ""
        for file in shown_files(record):
            one = Shown(record, root, file, item.id)
            at.setdefault(one.place, []).append(one)
    for _, there in sorted(at.items()):
        # Where nothing shows which is the last one, each of them has to be what is on disk.
        yield from (
            one
            for one in sorted(there, key=lambda s: (s.record.claimed_unix_ms, *s.record.identity))
            if not any(happened_after(u.record, one.record, places) for u in there)
        )


def _replaced(
    counted: Mapping[type, Mapping[str, list[VerifiedRecord]]],
    items: Mapping[str, ItemRecords],
    areas: Mapping[str, AreaRecords],
) -> Iterator[NotCounted]:
    kept = {
        u.identity for of_item in items.values() for u in (*of_item.evidence, *of_item.answers)
    } | {u.identity for of_area in areas.values() for u in of_area.sign_offs}
    for by_name in counted.values():
        for name, records in by_name.items():
            for record in records:
                if record.identity not in kept:
                    of_files = isinstance(record.body, ChecklistEvidence)
                    text = (
                        "each of its files was replaced by a later record"
                        if of_files
                        else f"{record.holder} signed a later one"
                    )
                    yield NotCounted(record, name, "replaced", text)


def _weight(record: VerifiedRecord) -> tuple[int, int, tuple[str, str]]:
    answer = record.body.answer if isinstance(record.body, ChecklistAnswer) else "fail"
    return _WORST_FIRST.index(answer), -record.claimed_unix_ms, record.identity
