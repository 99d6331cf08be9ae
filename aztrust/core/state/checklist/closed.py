"""The end of a checklist: what comes after it counts no longer, and revocations still do."""

from __future__ import annotations

from aztrust.core.records.checklist import ChecklistClosed
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, ledger_places
from aztrust.core.state.ordering import happened_after


def closing_of(context: Context, digest: str) -> VerifiedRecord | None:
    """The record that closed the checklist with these definitions; None while it is open.

    Of several in force the first one closed it.

    Args:
        context: the launch.
        digest: `sha256:` of the definitions.
    """
    places, last = ledger_places(context), 2**62
    found = (
        record
        for record in context.records.effective.verified
        if isinstance(record.body, ChecklistClosed)
        and record.body.checklist_digest == digest
        and context.records.effective.is_effective(record)
    )
    return min(
        found,
        key=lambda r: (places.get(r.identity, last), r.claimed_unix_ms, *r.identity),
        default=None,
    )


def came_after(context: Context, record: VerifiedRecord, closing: VerifiedRecord | None) -> bool:
    """Whether a record was made after a checklist was closed: by its place, else by its time."""
    if closing is None:
        return False
    places = ledger_places(context)
    ours, end = places.get(record.identity), places.get(closing.identity)
    if ours is not None and end is not None:
        return ours > end
    if end is not None:
        # The ledger has the end, and not this one.
        return True
    return happened_after(record, closing, places)
