"""The log of a LevelDB: the newest write of a key, and no guess about any other form."""

from __future__ import annotations

import struct

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.host import database_log
from aztrust.core.host.database_log import newest_values
from fixtures.forge.leveldb import BLOCK, batch, log

KEYS = frozenset((b"genesisDoc", b"genesisDocHash"))


def test_the_newest_write_of_a_key_counts_whichever_log_it_is_in():
    older = log(batch(1, [(b"other", b"x"), (b"genesisDoc", b"one")]))
    newer = log(batch(3, [(b"genesisDoc", b"two")]), batch(4, [(b"other", None)]))
    for logs in ((older, newer), (newer, older)):
        assert newest_values(logs, KEYS) == {b"genesisDoc": b"two"}
    deleted = log(batch(9, [(b"genesisDoc", None)]))
    assert newest_values((newer, deleted), KEYS) == {b"genesisDoc": None}
    assert newest_values((), KEYS) == newest_values((b"",), KEYS) == {}


@pytest.mark.parametrize("size", [BLOCK - 40, BLOCK, 5 * BLOCK + 11])
def test_a_record_over_several_blocks_is_put_together(size: int):
    value = bytes(range(256)) * (size // 256) + b"end"
    data = log(batch(1, [(b"a", b"b" * 31)]), batch(2, [(b"genesisDoc", value)]), batch(3, []))
    assert newest_values((data,), KEYS) == {b"genesisDoc": value}


def test_a_write_that_was_cut_off_is_left_out_as_the_database_leaves_it_out():
    whole = log(batch(1, [(b"genesisDoc", b"one")]))
    data = log(batch(1, [(b"genesisDoc", b"one")]), batch(2, [(b"genesisDoc", b"two")]))
    assert newest_values((data[: len(whole) + 12],), KEYS) == {b"genesisDoc": b"one"}


PUT = batch(1, [(b"genesisDoc", b"one")])
BROKEN = {
    "a type that LevelDB has not": struct.pack("<IHB", 0, 1, 5) + b"x",
    "zeroes": bytes(64),
    "a chunk beyond its block": struct.pack("<IHB", 0, BLOCK, 1) + bytes(BLOCK),
    "a middle without a first": struct.pack("<IHB", 0, 1, 3) + b"x",
    "a whole record within another": struct.pack("<IHB", 0, 1, 2) + b"x" + log(PUT),
    "a short batch": log(b"x"),
    "more entries than counted": log(PUT + b"x"),
    "fewer entries than counted": log(struct.pack("<QI", 1, 2) + PUT[12:]),
    "an entry of another kind": log(struct.pack("<QI", 1, 1) + b"\2" + PUT[13:]),
    "a length beyond the record": log(struct.pack("<QI", 1, 1) + b"\1\x7fx"),
    "a length without end": log(struct.pack("<QI", 1, 1) + b"\1" + b"\xff" * 9),
    "something in the end of a block": log(batch(1, [(b"k", bytes(BLOCK - 28))]))
    + b"xyz"
    + log(PUT),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_another_form_is_not_read_at_all(data: bytes):
    with pytest.raises(Malformed, match="its log is not LevelDB's"):
        newest_values((data,), KEYS)


def test_entries_are_counted_over_all_logs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database_log, "ENTRIES", 3)
    two = log(batch(1, [(b"a", b""), (b"b", b"")]))
    assert newest_values((two,), KEYS) == {}
    with pytest.raises(Malformed, match="more than 3 entries"):
        newest_values((two, two), KEYS)
