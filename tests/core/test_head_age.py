"""How old a head can be, by the times of the records under it."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.checks.ledger.records_fresh import stale_reason
from aztrust.core.formats.merkle import EMPTY_ROOT
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.history.heads import NamedHead
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.state.context import Context, Request, read_context
from tests.ledgers import ORIGIN, head
from tests.memory_launch import NOW, PEOPLE, Launch, signer
from tests.verdicts import signed

KEYS = {p.public().fingerprint: p.public() for p in PEOPLE.values()}
MINUTE = 60_000


def context_of(launch: Launch, *files: bytes, size: int, now: int) -> Context:
    """The launch with a ledger of these files, with a head over the first `size` of them."""
    read = [read_record(data, KEYS, Opener(), name="a file") for data in files]
    entries = tuple(LedgerEntry(index, record) for index, record in enumerate(read))
    newest = NamedHead("a head", head(size, EMPTY_ROOT))
    ledger = LedgerReading(
        "here", ORIGIN, "sha256:" + "0" * 64, len(files), heads=(newest,), entries=entries
    )
    return read_context(Request(now), replace(launch.evidence(), ledger=ledger))


@pytest.mark.parametrize(("size", "stale"), [(2, True), (3, False)])
def test_only_known_records_under_the_head_bound_its_age(size, stale):
    launch = Launch.approved()
    launch.approve("release", "dan", at=NOW + 9 * MINUTE)
    files = list(launch.records.values())
    unknown = build_statement("note", [Subject("policy", launch.anchor)], {"text": "here"}, {})
    files = [signed(unknown, signer("dan")), files[0], files[-1]]
    context = context_of(launch, *files, size=size, now=NOW + 10 * MINUTE)
    assert ("min old" in stale_reason(context, 5 * MINUTE)) == stale
