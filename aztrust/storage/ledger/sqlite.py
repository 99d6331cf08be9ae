"""A ledger in one SQLite file: one commit for each batch, one writer at a time.

A commit returns once the write-ahead log is on the disk (`connection`), so what was acknowledged
survives `kill -9` and a power cut. `BEGIN IMMEDIATE` takes the write lock
before the size is read: processes that append at once come one after the other, and each sees what
the last one did. The batch of `append_many` is one commit, which is what makes many appends cheap.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import (
    MAX_SIZE,
    Head,
    VerifiedHead,
    claimed_head,
    parse_note,
)
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.stored_log import StoredEntry
from aztrust.storage.ledger.connection import open_database
from aztrust.storage.ledger.failures import clear_errors
from aztrust.storage.ledger.store import Receipt

_RESTORE: Final = (
    "aztrust ledger verify; then move it away, and make it again: aztrust ledger rebuild"
)
_MOST_GAPS: Final = 1000
"""How many positions may be empty, besides as many as there are entries."""


@contextmanager
def open_store(path: Path, *, writing: bool = False) -> Iterator[SQLiteStore]:
    """The ledger in a file, closed at the end.

    Args:
        path: a file that `schema.create_database` wrote.
        writing: whether anything may be appended.

    Raises:
        CouldNotCheck: no ledger is there, or it cannot be used.
    """
    identity = _identity(path)
    with closing(open_database(path, writing=writing)) as database:
        yield SQLiteStore(database, path, identity)


class SQLiteStore:
    """A `LedgerStore` over a database that `open_database` opened."""

    def __init__(
        self,
        database: sqlite3.Connection,
        path: Path,
        identity: tuple[int, int] | None = None,
    ) -> None:
        self._database = database
        self._path = path
        self._is = identity

    @property
    def origin(self) -> str:
        """The log's name."""
        (origin,) = self._one("SELECT origin FROM log WHERE id = 0") or (b"",)
        return _blob(origin).decode("utf-8", "replace")

    def size(self) -> int:
        """How many entries there are, by the last one's position.

        A few that are missing are for the replay to name. Positions that no count reaches are
        refused: what goes from entry to entry would never end.

        Raises:
            CouldNotCheck: a position is negative, or far beyond the number of entries.
        """
        found = self._one("SELECT min(position), max(position), count(*) FROM entry")
        first, last, count = found or (None, None, 0)
        if first is None or last is None:
            return 0
        if first < 0 or last >= 2 * count + _MOST_GAPS:
            raise self._misplaced("an entry", first if first < 0 else last)
        return int(last) + 1

    def append_many(self, records: Iterable[LedgerRecord]) -> tuple[Receipt, ...]:
        """Append in one commit; see `LedgerStore`."""
        with self.transaction():
            size = self.size()
            self._require_dense(size)
            at_peaks = list(self.nodes(merkle.peaks(size)))
            receipts = []
            for record in records:
                identity = _raw(record.record_id), _raw(record.fingerprint)
                held = self._one(
                    "SELECT position FROM entry WHERE record_id = ? AND key = ?", *identity
                )
                if held is not None:
                    receipts.append(Receipt(held[0], new=False))
                    continue
                hashes = merkle.add_leaf(size, at_peaks, merkle.leaf_hash(record.leaf))
                self._run("INSERT INTO entry VALUES (?, ?, ?, ?)", size, *identity, record.envelope)
                for place, value in enumerate(hashes, merkle.node_count(size)):
                    self._run("INSERT INTO node VALUES (?, ?)", place, value)
                receipts.append(Receipt(size, new=True))
                size += 1
        return tuple(receipts)

    def entry(self, index: int) -> StoredEntry:
        """One entry; see `LedgerStore`."""
        for entry in self.entries(index, index + 1):
            return entry
        raise UsageError(
            f"there is no entry {index}; the ledger has {self.size()}",
            subject=str(self._path),
            mend="entries are counted from 0",
        )

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        """The entries of a range; see `LedgerStore`."""
        where = "position >= ? AND position < ?"
        yield from self._entries(where, max(start, 0), 2**63 - 1 if stop is None else stop)

    def withheld(self, _: int) -> None:
        """Nothing: an entry is stored with its record."""

    def find(self, record_id: str) -> tuple[int, ...]:
        """The indexes of a record; see `LedgerStore`."""
        rows = self._run(
            "SELECT position FROM entry WHERE record_id = ? ORDER BY position", _raw(record_id)
        )
        return tuple(index for (index,) in rows)

    def starting(self, digits: str) -> Iterator[StoredEntry]:
        """By the start of a record id; see `LedgerStore`."""
        # The index is in the order of ids: from the least to the greatest that start so.
        least, greatest = (bytes.fromhex(digits.ljust(64, end)) for end in "0f")
        yield from self._entries("record_id BETWEEN ? AND ?", least, greatest)

    def nodes(self, wanted: Sequence[merkle.Node]) -> tuple[bytes, ...]:
        """Hashes of the stored tree; see `LedgerStore`."""
        return tuple(self._node(merkle.position(node)) for node in wanted)

    def stored_nodes(self) -> Iterator[bytes]:
        """All hashes; see `LedgerStore`."""
        place = 0
        for position, value in self._run("SELECT position, hash FROM node ORDER BY position"):
            # A hash that is missing does not move the others; who reads them ends in time.
            while place < position:
                yield b""
                place += 1
            yield _blob(value)
            place += 1

    def heads(self) -> Iterator[tuple[int, bytes]]:
        """Sizes and notes; see `LedgerStore`."""
        for size, note in self._run("SELECT size, note FROM head ORDER BY size"):
            if not 0 <= size <= MAX_SIZE:
                raise self._misplaced("a head", size)
            yield size, _blob(note)

    def latest_head(self) -> bytes | None:
        """The largest head's note; see `LedgerStore`."""
        row = self._one("SELECT note FROM head ORDER BY size DESC LIMIT 1")
        return None if row is None else _blob(row[0])

    def put_head(self, verified: VerifiedHead) -> bool:
        """Keep a head; see `LedgerStore`."""
        head = verified.head
        with self.transaction():
            held = self._head("WHERE size = ?", head.size)
            if held is not None:
                if held == head:
                    return False
                raise self._refused("ledger-equivocation", head, "another signed head")
            # No new head hides that the log no longer matches the last one.
            last = self._head("ORDER BY size DESC LIMIT 1")
            if last is not None and merkle.root(last.size, self.nodes) != last.root:
                raise self._refused("ledger-inconsistent", head, f"broken its head of {last.size}")
            if head.origin != self.origin or head.size > self.size():
                raise self._refused("ledger-inconsistent", head, "no log of that name and size")
            if merkle.root(head.size, self.nodes) != head.root:
                raise self._refused("ledger-inconsistent", head, "another root at that size")
            self._run("INSERT INTO head VALUES (?, ?)", head.size, verified.note)
        return True

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock; see `LedgerStore`. One inside another is part of the outer one."""
        if self._database.in_transaction:
            yield
            return
        with self._ended("BEGIN IMMEDIATE"):
            # Who waited while the store was replaced would append to what was set aside.
            if self._is is not None and self._is != _identity(self._path):
                raise CouldNotCheck(
                    f"another ledger was put in the place of {self._path}; nothing was written",
                    subject=str(self._path),
                    mend="do it again",
                )
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one moment; see `LedgerStore`."""
        with self._ended("BEGIN"):
            # The moment is that of the first read.
            self.size()
            yield

    def damage(self) -> tuple[str, ...]:
        """What SQLite's own check finds, twenty lines at most."""
        rows = [_blob(row[0]) for row in self._run("PRAGMA integrity_check(20)")]
        return tuple(escape(row.decode("utf-8", "replace")) for row in rows if row != b"ok")

    @contextmanager
    def _ended(self, begin: str) -> Iterator[None]:
        self._run(begin)
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            with suppress(CouldNotCheck):
                if self._database.in_transaction:
                    self._run("ROLLBACK")
            raise

    def _entries(self, where: str, *values: object) -> Iterator[StoredEntry]:
        columns = "SELECT position, record_id, key, envelope FROM entry"
        rows = self._run(f"{columns} WHERE {where} ORDER BY position", *values)
        for index, record_id, key, envelope in rows:
            yield StoredEntry(index, _id(record_id), _id(key), _blob(envelope))

    def _require_dense(self, size: int) -> None:
        """Refuse to append after a gap: what is behind it is in no replay, and seems to be held."""
        (count,) = self._one("SELECT count(*) FROM entry") or (0,)
        if count != size:
            raise CouldNotCheck(
                f"cannot append to {self._path}: it has {count} entries at {size} positions",
                subject=str(self._path),
                mend=_RESTORE,
            )

    def _misplaced(self, what: str, position: int) -> CouldNotCheck:
        return CouldNotCheck(
            f"cannot use {self._path}: it has {what} at {position}, where none can be",
            subject=str(self._path),
            mend=_RESTORE,
        )

    def _head(self, which: str, *values: int) -> Head | None:
        """A stored head as it was received; it is not verified here."""
        row = self._one(f"SELECT note FROM head {which}", *values)  # noqa: S608 - no outside text
        if row is None:
            return None
        return claimed_head(parse_note(_blob(row[0]), name=f"a head in {self._path}"))

    def _node(self, position: int) -> bytes:
        (value,) = self._one("SELECT hash FROM node WHERE position = ?", position) or (None,)
        if len(_blob(value)) != merkle.HASH_BYTES:
            raise CouldNotCheck(
                f"cannot use {self._path}: its stored tree lacks the hash at {position}",
                subject=str(self._path),
                mend=_RESTORE,
            )
        return _blob(value)

    def _refused(self, code: str, head: Head, has: str) -> Refused:
        return Refused(
            f"a head over {head.size} entries is not kept: {self._path} has {has}",
            subject=str(self._path),
            code=code,
            mend="keep both as evidence, and verify the ledger before anything is signed again",
        )

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        return next(self._run(statement, *values), None)

    def _run(self, statement: str, *values: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """Rows as they are taken; the statement itself has run when this returns."""
        with clear_errors(self._path):
            cursor = self._database.execute(statement, values)
        return self._rows(cursor)

    def _rows(self, cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
        with clear_errors(self._path):
            # Not `yield from`: ended early, it would close the cursor of a closed database.
            for row in cursor:  # noqa: UP028
                yield row


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file has this name."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _raw(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))


def _id(value: object) -> str:
    return f"sha256:{_blob(value).hex()}"


def _blob(value: object) -> bytes:
    """A column's bytes; of a damaged row, whose value has become a number or nothing, none."""
    return value if isinstance(value, bytes) else b""
