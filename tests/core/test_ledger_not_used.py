"""A ledger that does not count gives no records."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.state.context import Request, read_context
from tests.memory_launch import NOW, PEOPLE, Launch

KEYS = {p.public().fingerprint: p.public() for p in PEOPLE.values()}


@pytest.mark.parametrize(
    ("why", "counts"), [({}, True), ({"ignored": True}, False), ({"fault": "damaged"}, False)]
)
def test_an_approval_that_only_a_ledger_has_counts_where_the_ledger_does(why, counts):
    launch = Launch.approved()
    read = [read_record(data, KEYS, Opener(), name="a file") for data in launch.records.values()]
    entries = tuple(LedgerEntry(index, record) for index, record in enumerate(read))
    ledger = LedgerReading("here", size=len(entries), entries=entries, **why)
    name, _ = launch.records.popitem()
    assert "approval" in name
    context = read_context(Request(NOW), replace(launch.evidence(), ledger=ledger))
    known = {record.record_id for record in context.records.effective.verified}
    assert (read[-1].record_id in known) == counts
    assert read[0].record_id in known
