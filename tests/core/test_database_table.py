"""Values in the tables of a LevelDB, and which tables a database has."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.host.database_log import newest_values
from aztrust.core.host.database_table import live_tables, table_values, unpack_snappy
from fixtures.forge.leveldb import batch, log, manifest, snappy, table

KEYS = frozenset((b"doc", b"hash"))
ROWS = [
    (b"a", 1, b"x"),
    (b"dob", 2, b"x"),
    (b"doc", 3, b"old" * 99),
    (b"doc", 5, b"new"),
    (b"dod", 4, b"x"),
    (b"hash", 6, None),
    (b"z", 7, b"x"),
]


def values(data: bytes, keys: frozenset[bytes] = KEYS) -> list[tuple[int, bytes, bytes | None]]:
    return list(table_values(lambda at, count: data[at : at + count], len(data), keys))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("to_a_block", range(1, 8))
def test_every_value_of_a_wanted_key_is_found(to_a_block: int, packed: bool):
    data = table(ROWS, to_a_block=to_a_block, packed=packed)
    assert set(values(data)) == {(3, b"doc", b"old" * 99), (5, b"doc", b"new"), (6, b"hash", None)}
    assert values(data, frozenset((b"b", b"doz", b"zz"))) == []


def test_only_the_blocks_around_a_key_are_read():
    data = table([(b"k%05d" % n, n, b"v" * 200) for n in range(2000)], to_a_block=4)
    read = []

    def counted(at: int, count: int) -> bytes:
        read.append(count)
        return data[at : at + count]

    wanted = frozenset((b"k01000",))
    assert list(table_values(counted, len(data), wanted)) == [(1000, b"k01000", b"v" * 200)]
    assert sum(read) < len(data) / 10


def test_the_newest_of_logs_and_tables_counts():
    older, newer = (log(batch(number, [(b"doc", b"logged")])) for number in (2, 9))
    tables = values(table(ROWS))
    assert newest_values([older], KEYS, tables) == {b"doc": b"new", b"hash": None}
    assert newest_values([newer], KEYS, tables) == {b"doc": b"logged", b"hash": None}


@pytest.mark.parametrize("cut", [1, 8, 47])
def test_a_table_that_is_cut_off_is_not_read(cut: int):
    with pytest.raises(Malformed):
        values(table(ROWS)[:-cut])


@pytest.mark.parametrize("at", range(0, 200, 3))
def test_a_damaged_table_is_read_or_malformed(at: int):
    data = bytearray(table(ROWS, packed=True))
    data[at] ^= 0xFF
    try:
        values(bytes(data))
    except Malformed:
        return


def test_a_table_of_another_engine_is_not_read():
    data = table(ROWS)
    with pytest.raises(Malformed, match="another end"):
        values(data[:-8] + bytes.fromhex("f7cff485b741e288"))


PACKED = [
    (b"\x05\x10hello", b"hello"),
    (b"\x0a\x04ab\x1e\x02\x00", b"ab" * 5),
    (b"\x06\x04ab\x01\x02", b"ab" * 3),
    (b"\x06\x04ab\x0f\x02\x00\x00\x00", b"ab" * 3),
    (b"\x46\xf0\x45" + b"x" * 70, b"x" * 70),
    (b"\x46\xf4\x45\x00" + b"x" * 70, b"x" * 70),
]


@pytest.mark.parametrize("number", range(len(PACKED)))
def test_literals_and_copies_are_unpacked(number: int):
    packed, plain = PACKED[number]
    assert unpack_snappy(packed) == plain


BROKEN = [
    b"",
    b"\x05\x10hell",
    b"\x04\x10hello",
    b"\x06\x04ab\x0e\x03\x00",
    b"\x06\x04ab\x0e\x00\x00",
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_what_is_not_packed_right_is_malformed(number: int):
    with pytest.raises(Malformed):
        unpack_snappy(BROKEN[number])


def test_a_packed_block_has_a_limit():
    data = snappy(b"x" * 100)
    assert unpack_snappy(data, 100) == b"x" * 100
    with pytest.raises(Malformed, match="too large"):
        unpack_snappy(data, 99)


def test_a_manifest_names_the_tables_that_may_hold_a_key():
    tables = {3: (b"a", b"doc"), 4: (b"dod", b"g"), 5: (b"hash", b"hash"), 6: (b"a", b"z")}
    assert live_tables(manifest(tables, gone=[6]), KEYS) == (3, 5)
    with pytest.raises(Malformed):
        live_tables(log(b"\x08\x01"), KEYS)
