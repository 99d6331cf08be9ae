"""The acts of a window that are not verdicts: who signed each, and which records it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.value import frozen
from aztrust.core.judge.audit.decisions import Named, named_ids
from aztrust.core.judge.audit.timeline import window_logs
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context


@frozen
class Act:
    """A step that took effect.

    Args:
        record_id, kind: of the record.
        says, text: its statement, and what its signer wrote.
        holders: who signed it, in their order.
        place: the index in the ledger at which it was whole.
        at_unix_ms: when it took effect.
        status: of the window after it.
        rests_on: the records that it names, in the order of the ledger.
    """

    record_id: str
    kind: str
    says: str
    text: str
    holders: tuple[str, ...]
    place: int | None
    at_unix_ms: int
    status: str
    rests_on: tuple[Named, ...]


def acts(whole: Context) -> tuple[Act, ...]:
    """The acts of every window, in the order of the ledger."""
    logs = window_logs(whole)
    found = {}
    for record in whole.records.effective.verified:
        entry = logs.get(record.record_id)
        if entry is None or entry.kind != "step" or record.record_id in found:
            continue
        found[record.record_id] = Act(
            record.record_id,
            record.kind,
            entry.statement,
            entry.text,
            entry.holders,
            entry.place,
            entry.at_unix_ms,
            entry.status,
            named_ids(rested_on(record), whole),
        )
    return tuple(sorted(found.values(), key=lambda a: (a.place is None, a.place or 0, a.record_id)))


def rested_on(record: VerifiedRecord) -> tuple[str, ...]:
    """The ids that a record of a joint act, or a preimage of one, names as what it rests on."""
    body = getattr(record.body, "rests_on", None) or ()
    ids = [*body]
    for preimage in record.preimages.values():
        named = preimage.get("rests_on") if isinstance(preimage, Mapping) else None
        ids += named if isinstance(named, list) else []
    return tuple(dict.fromkeys(id_ for id_ in ids if isinstance(id_, str)))
