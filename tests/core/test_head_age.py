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


def note_of(launch: Launch, by: str, at: int) -> bytes:
    launch.record("note", by, said_at_unix_ms=at, text="here")
    return list(launch.records.values())[-1]


def test_a_head_over_an_entry_of_the_future_bounds_nothing():
    launch = Launch.approved()
    soon = note_of(launch, "luca", NOW + 2 * MINUTE)
    late = note_of(launch, "luca", NOW + 2 * MINUTE + 1)
    files = list(launch.records.values())[:-2]
    assert (
        stale_reason(context_of(launch, *files, soon, size=len(files) + 1, now=NOW), MINUTE) == ""
    )
    why = stale_reason(context_of(launch, *files, late, size=len(files) + 1, now=NOW), MINUTE)
    assert "dated ahead of this clock" in why
    # An entry after the head is not under it.
    assert (
        stale_reason(context_of(launch, *files, late, size=len(files), now=NOW), 9 * MINUTE) == ""
    )


def test_a_later_note_of_the_keeper_bounds_the_entries_before_it():
    """`luca`, whose clock was ten days ahead, does not make what the keeper dated later young."""
    launch = Launch.approved()
    days = 10 * 24 * 60 * MINUTE
    ahead = note_of(launch, "luca", NOW + days)
    kept, other = note_of(launch, "dan", NOW + MINUTE), note_of(launch, "rita", NOW + MINUTE)
    keeper = signer("dan").public.fingerprint

    def why(*files: bytes) -> str:
        context = context_of(launch, *files, size=len(files), now=NOW + days)
        ledger = context.evidence.ledger
        assert ledger is not None
        evidence = replace(context.evidence, ledger=replace(ledger, keeper=keeper))
        return stale_reason(read_context(context.request, evidence), MINUTE)

    assert why(ahead) == why(kept, ahead) == why(ahead, other) == ""
    assert "the newest head may be 9 d old" in why(ahead, kept)
