"""The SQLite store: what it keeps, what it refuses, and what it says when it cannot."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused, UsageError
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import ORIGIN_LIMIT
from aztrust.core.formats.merkle import consistency_proof, inclusion_proof, verify_inclusion
from aztrust.core.history.replay import replay
from aztrust.storage.ledger.connection import VALUE_LIMIT
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore, Receipt, stored_log
from tests.ledgers import ORIGIN, TRUST, head, head_at, note, record, records

HELD = records(20)


@pytest.fixture
def path(tmp_path) -> Path:
    made = tmp_path / "launch.ledger"
    create_database(made, ORIGIN)
    return made


def appended(path: Path, held=HELD) -> tuple[Receipt, ...]:
    with open_store(path, writing=True) as store:
        return store.append_many(held)


def findings(path: Path) -> list[str]:
    with open_store(path) as store, store.snapshot():
        assert store.damage() == ()
        return [finding.message for finding in replay(stored_log(store), TRUST).findings]


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def test_what_was_appended_comes_back(path):
    assert appended(path) == tuple(Receipt(index, new=True) for index in range(20))
    with open_store(path) as store:
        protocol: LedgerStore = store
        assert (protocol.origin, protocol.size()) == (ORIGIN, 20)
        entries = list(store.entries())
        assert [entry.index for entry in entries] == list(range(20))
        assert [entry.envelope for entry in entries] == [item.envelope for item in HELD]
        assert [entry.record_id for entry in entries] == [item.record_id for item in HELD]
        assert {entry.fingerprint for entry in entries} == {HELD[0].fingerprint}
        assert list(store.entries(5, 8)) == entries[5:8]
        assert store.entry(19) == entries[19]
        assert store.find(HELD[7].record_id) == (7,)
        assert store.find("sha256:" + "0" * 64) == ()
        for index in (-1, 20):
            with pytest.raises(UsageError, match=f"no entry {index}"):
                store.entry(index)
    assert findings(path) == []


def test_entries_by_the_start_of_an_id(path):
    appended(path)
    digits = HELD[7].record_id[7:]
    with open_store(path) as store:
        for length in (64, 63, 8, 5):
            (entry,) = store.starting(digits[:length])
            assert entry == store.entry(7)
        expected = [i.record_id for i in HELD if i.record_id[7] == digits[0]]
        assert [entry.record_id for entry in store.starting(digits[0])] == expected
        assert list(store.starting("")) == list(store.entries())
        other = digits[:-1] + ("0" if digits[-1] != "0" else "1")
        assert list(store.starting(other)) == []


def test_an_empty_ledger(path):
    with open_store(path) as store:
        assert (store.size(), list(store.entries()), store.latest_head()) == (0, [], None)
        assert list(store.stored_nodes()) == []
    assert findings(path) == []


def test_proofs_come_from_the_stored_tree(path):
    appended(path)
    with open_store(path) as store:
        for size in range(1, 21):
            root = head_at(HELD, size).head.root
            assert merkle.root(size, store.nodes) == root
            for index in range(size):
                leaf = merkle.leaf_hash(HELD[index].leaf)
                proof = inclusion_proof(index, size, store.nodes)
                verify_inclusion(leaf, index, size, proof, root)
        consistency_proof(7, 20, store.nodes)


def test_batches_and_single_appends_make_one_tree(path, tmp_path):
    other = tmp_path / "other.ledger"
    create_database(other, ORIGIN)
    appended(path)
    for item in HELD:
        appended(other, [item])
    with open_store(path) as one, open_store(other) as two:
        assert list(one.entries()) == list(two.entries())
        assert list(one.stored_nodes()) == list(two.stored_nodes())


def test_duplicates_are_harmless(path):
    appended(path, HELD[:5])
    joint = record(note(3, "gabi"))
    receipts = appended(path, [HELD[3], HELD[6], HELD[6], joint, HELD[0]])
    assert [(r.index, r.new) for r in receipts] == [
        (3, False),
        (5, True),
        (5, False),
        (6, True),
        (0, False),
    ]
    with open_store(path) as store:
        assert store.size() == 7
        assert store.find(joint.record_id) == (3, 6)
    assert findings(path) == []


def test_an_error_in_a_transaction_leaves_nothing(path):
    appended(path, HELD[:3])
    with open_store(path, writing=True) as store:
        with pytest.raises(ZeroDivisionError):
            half_appended(store)
        assert store.size() == 3
        with store.transaction():
            store.append_many(HELD[3:4])
            store.append_many(HELD[4:5])
    assert findings(path) == []


def half_appended(store: LedgerStore) -> None:
    with store.transaction():
        store.append_many(HELD[3:5])
        assert store.size() == 5
        raise ZeroDivisionError


def test_a_snapshot_is_one_moment(path):
    appended(path, HELD[:3])
    with open_store(path) as reader:
        with reader.snapshot():
            appended(path, HELD[3:9])
            assert reader.size() == len(list(reader.entries())) == 3
            assert len(list(reader.stored_nodes())) == merkle.node_count(3)
        assert reader.size() == 9


def test_heads(path):
    appended(path)
    with open_store(path, writing=True) as store:
        for size in (0, 20, 7):
            assert store.put_head(head_at(HELD, size))
        assert not store.put_head(head_at(HELD, 7))
        assert [size for size, _ in store.heads()] == [0, 7, 20]
        assert store.latest_head() == head_at(HELD, 20).note
    assert findings(path) == []


def test_a_head_that_the_log_does_not_bear_out_is_not_kept(path):
    appended(path)
    with open_store(path, writing=True) as store:
        store.put_head(head_at(HELD, 7))
        for verified, code in (
            (head(7, merkle.EMPTY_ROOT), "ledger-equivocation"),
            (head(8, merkle.EMPTY_ROOT), "ledger-inconsistent"),
            (head(21, merkle.EMPTY_ROOT), "ledger-inconsistent"),
        ):
            with pytest.raises(Refused) as refused:
                store.put_head(verified)
            assert refused.value.code == code
        assert [size for size, _ in store.heads()] == [7]


def test_no_head_follows_one_that_the_log_no_longer_matches(path):
    appended(path)
    with open_store(path, writing=True) as store:
        store.put_head(head_at(HELD, 4))
    place = merkle.position(merkle.Node(2, 0))
    execute(path, f"UPDATE node SET hash = zeroblob(32) WHERE position = {place}")
    with open_store(path, writing=True) as store:
        verified = head(6, merkle.root(6, store.nodes))
        with pytest.raises(Refused, match="broken its head of 4"):
            store.put_head(verified)


def test_a_head_of_another_log_is_not_kept(tmp_path):
    other = tmp_path / "other.ledger"
    create_database(other, "other.example")
    with open_store(other, writing=True) as store, pytest.raises(Refused):
        store.put_head(head(0, merkle.EMPTY_ROOT))


def test_heads_from_elsewhere_are_held_against_the_log(path):
    appended(path)
    with open_store(path) as store, store.snapshot():
        kept = {"kept by maria": head(12, merkle.EMPTY_ROOT).note}
        (finding,) = replay(stored_log(store, kept), TRUST).findings
    assert (finding.code, finding.subject) == ("ledger-inconsistent", "kept by maria")


def test_a_ledger_is_made_once(path):
    with pytest.raises(Refused, match="already exists"):
        create_database(path, ORIGIN)


def test_an_origin_must_fit_into_a_head(tmp_path):
    with pytest.raises(Malformed):
        create_database(tmp_path / "x", "two words")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_next_to_a_closed_ledger(path):
    appended(path)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("bend", "message"),
    [
        (lambda p: p.unlink(), "there is no ledger"),
        (lambda p: (p.unlink(), p.mkdir()), "is a directory, not a ledger"),
        (lambda p: p.write_bytes(b"plain text, and long enough to be looked at" * 50), "damaged"),
        (lambda p: p.write_bytes(b""), "not a ledger"),
        (lambda p: p.write_bytes(p.read_bytes()[:5000]), "damaged"),
        (lambda p: execute(p, "PRAGMA application_id = 7"), "not a ledger"),
        (lambda p: execute(p, "PRAGMA user_version = 2"), "format 2"),
        (lambda p: execute(p, "DROP TABLE head"), "other tables"),
        (lambda p: execute(p, "CREATE TABLE more (x)"), "other tables"),
        (
            lambda p: execute(
                p, "DROP TABLE log", "CREATE VIEW log AS SELECT 0 AS id, x'61' AS origin"
            ),
            "other tables",
        ),
        (
            lambda p: execute(
                p,
                "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM head; END",
            ),
            "other tables",
        ),
    ],
)
@pytest.mark.parametrize("writing", [False, True])
def test_what_is_not_a_ledger_is_distinguished(path, bend, message, writing):
    bend(path)
    with pytest.raises(CouldNotCheck, match=message) as error, open_store(path, writing=writing):
        pass
    assert error.value.subject == str(path)
    assert error.value.mend


def test_a_reader_cannot_append(path):
    with open_store(path) as store, pytest.raises(CouldNotCheck, match="cannot be written"):
        store.append_many(HELD[:1])


def test_a_writer_that_waits_too_long_says_for_whom(path, monkeypatch):
    monkeypatch.setattr("aztrust.storage.ledger.connection.WAIT_SECONDS", 0.01)
    with open_store(path, writing=True) as first, open_store(path, writing=True) as second:
        with first.transaction(), pytest.raises(CouldNotCheck, match="another process"):
            second.append_many(HELD[:1])
        second.append_many(HELD[:1])
    assert findings(path) == []


def test_a_damaged_tree_is_not_built_upon(path):
    appended(path, HELD[:4])
    execute(path, "DELETE FROM node WHERE position = 6")
    with pytest.raises(CouldNotCheck, match="lacks the hash at 6"):
        appended(path, HELD[4:5])
    assert findings(path) == ["does not give the hashes in the stored tree"]


def test_one_missing_hash_is_one_finding(path):
    appended(path)
    execute(path, "DELETE FROM node WHERE position = 2")
    with open_store(path) as store, store.snapshot():
        findings = replay(stored_log(store), TRUST).findings
    assert [finding.subject for finding in findings] == ["entry 1"]


def test_values_of_another_type_are_found_and_not_believed(path):
    appended(path, HELD[:4])
    execute(
        path,
        "UPDATE entry SET envelope = 7 WHERE position = 1",
        "UPDATE entry SET record_id = 'text' WHERE position = 2",
        "UPDATE node SET hash = 3.5 WHERE position = 4",
    )
    assert len(findings(path)) >= 3


def test_a_ledger_on_a_read_only_medium_can_be_read(path):
    appended(path)
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare, to mount a read-only file system")
    code = (
        "import sys; from pathlib import Path\n"
        "from aztrust.storage.ledger.sqlite import open_store\n"
        "with open_store(Path(sys.argv[1])) as store: print(store.size())\n"
    )
    done = subprocess.run(
        [
            *("unshare", "-Urm", "sh", "-c"),
            'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 77; shift; exec "$@"',
            *("sh", str(path.parent), sys.executable, "-c", code, str(path)),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(f"no mounts here: {done.stderr.strip()}")
    assert done.stdout == "20\n", done.stderr


def test_an_origin_longer_than_an_origin_is_refused_before_it_is_read(path):
    execute(path, f"UPDATE log SET origin = zeroblob({4 * ORIGIN_LIMIT})")
    with open_store(path) as store:
        assert len(store.origin) == 4 * ORIGIN_LIMIT
    execute(path, f"UPDATE log SET origin = zeroblob({4 * ORIGIN_LIMIT + 1})")
    with pytest.raises(CouldNotCheck, match=r"its origin has 801 bytes"), open_store(path):
        pass


@pytest.mark.parametrize("size", [VALUE_LIMIT - 1000, VALUE_LIMIT + 1])
def test_a_value_longer_than_any_is_refused_before_it_is_in_memory(path, size):
    appended(path)
    execute(path, f"UPDATE entry SET envelope = zeroblob({size}) WHERE position = 3")
    with open_store(path) as store:
        if size < VALUE_LIMIT:
            assert len(store.entry(3).envelope) == size
            return
        with pytest.raises(CouldNotCheck, match="too big"):
            store.entry(3)


def test_a_schema_of_many_tables_is_refused(path):
    execute(path, *(f"CREATE TABLE t{number} (x)" for number in range(20)))
    with pytest.raises(CouldNotCheck, match="other tables"), open_store(path):
        pass


@pytest.mark.parametrize("place", [-1, 2**62, 2**63 - 1])
@pytest.mark.parametrize("held", [0, 4], ids=["alone", "after others"])
def test_an_entry_at_a_place_that_no_count_reaches_is_refused(path, place, held):
    appended(path, HELD[:held])
    appended(path, HELD[4:5])
    execute(path, f"UPDATE entry SET position = {place} WHERE position = {held}")
    with open_store(path) as store, pytest.raises(CouldNotCheck, match=f"an entry at {place}"):
        store.size()
    with pytest.raises(CouldNotCheck, match=f"an entry at {place}"):
        appended(path, HELD[4:5])


def test_a_gap_is_named_by_the_replay_and_nothing_is_appended_after_it(path):
    appended(path, HELD[:4])
    execute(path, "UPDATE entry SET position = 7 WHERE position = 3")
    assert "is missing; the ledger says it has 8" in findings(path)
    with pytest.raises(CouldNotCheck, match="4 entries at 8 positions"):
        appended(path, HELD[3:5])


@pytest.mark.parametrize("place", [-1, 2**62, 2**63 - 1])
def test_a_head_at_a_size_that_no_log_has_is_refused(path, place):
    appended(path, HELD[:4])
    execute(path, f"INSERT INTO head VALUES ({place}, x'00')")
    with open_store(path) as store, pytest.raises(CouldNotCheck, match=f"a head at {place}"):
        list(store.heads())


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("writing", [False, True])
def test_nothing_waits_at_a_fifo_in_the_place_of_a_file_of_sqlite_s(
    path, tmp_path, suffix, writing
):
    appended(path, HELD[:1])
    link = tmp_path / "named.ledger"
    link.symlink_to(path)
    odd = path.with_name(path.name + suffix)
    odd.unlink(missing_ok=True)
    os.mkfifo(odd)
    for name in (path, link):
        with (
            pytest.raises(CouldNotCheck, match="not a regular file"),
            open_store(name, writing=writing),
        ):
            pass
    odd.unlink()
    odd.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CouldNotCheck, match="not a regular file"), open_store(path):
        pass
    odd.unlink()
    assert findings(path) == []
