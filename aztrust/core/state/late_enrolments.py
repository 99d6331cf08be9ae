"""Operators that the registrar enrolled, or enrolled anew, after the freeze.

They count: the keys of operators are not frozen, and one that was lost is replaced until the start.
Who looks at the count sees them, because they move voting power from one key to another after
everyone else has signed.
"""

from __future__ import annotations

from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.records.enrolment import Enrolled, Enrolment
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.confirmations import Wanted
from aztrust.core.state.context import Context, ledger_places

Change = Literal["added", "keys", "validators", "roles"]
"""What differs from the entries before the freeze, the weightiest of several."""

_WEIGHT: Final[tuple[Change, ...]] = ("keys", "validators", "roles")


@frozen
class LateEnrolment:
    """One operator whose entries changed after the freeze.

    Args:
        operator: the name.
        change: what changed.
        registrar: the holder who signed the entries that count now.
        record_id: of that enrolment.
    """

    operator: str
    change: Change
    registrar: str
    record_id: str


def late_enrolments(context: Context, wanted: Wanted) -> tuple[LateEnrolment, ...]:
    """The operators of the roster whose entries are not those from before the freeze, by name.

    Args:
        context: the launch.
        wanted: the attempt, with the place of its freeze in the ledger; without a ledger the times
            that are claimed decide, as they do for confirmations.
    """
    places, records = ledger_places(context), context.records.effective

    def place(record: VerifiedRecord) -> int:
        return places.get(record.identity, -1)

    def is_late(record: VerifiedRecord) -> bool:
        if wanted.freeze_place is None:
            return record.claimed_unix_ms > wanted.frozen_at_unix_ms
        return place(record) > wanted.freeze_place

    enrolments = [r for r in records.verified if isinstance(r.body, Enrolment)]
    enrolments.sort(key=lambda r: (place(r), r.claimed_unix_ms, r.identity))
    before: dict[str, tuple[Enrolled, ...]] = {}
    late: dict[str, LateEnrolment] = {}
    for record in enrolments:
        for operator, entries in _by_operator(record).items():
            if not is_late(record):
                before[operator] = entries
                continue
            late.pop(operator, None)
            change = _change(before.get(operator), entries)
            if change is not None:
                late[operator] = LateEnrolment(operator, change, record.holder, record.record_id)
    return tuple(late[name] for name in sorted(late))


def _by_operator(record: VerifiedRecord) -> dict[str, tuple[Enrolled, ...]]:
    found: dict[str, list[Enrolled]] = {}
    for entry in record.body.operators if isinstance(record.body, Enrolment) else ():
        found.setdefault(entry.operator, []).append(entry)
    return {operator: tuple(entries) for operator, entries in found.items()}


def _change(before: tuple[Enrolled, ...] | None, after: tuple[Enrolled, ...]) -> Change | None:
    if before is None:
        return "added"
    parts: tuple[tuple[object, object], ...] = (
        ({e.key for e in before}, {e.key for e in after}),
        ({v for e in before for v in e.validators}, {v for e in after for v in e.validators}),
        ({(e.key, e.roles) for e in before}, {(e.key, e.roles) for e in after}),
    )
    differ = (what for what, (one, other) in zip(_WEIGHT, parts, strict=True) if one != other)
    return next(differ, None)
