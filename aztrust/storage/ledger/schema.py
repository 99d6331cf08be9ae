"""The SQLite database of a ledger: its tables, its marks, and the messages about a foreign one.

    log     one row: the origin
    entry   the signed records; `position` is the index, from 0 and without a gap
    node    the hash of every perfect subtree; `position` is `tree.position`
    head    the notes that the keeper signed, one for each size

A database is input like any other file (law 11): one whose schema is not exactly this one is
refused before anything is read from it, so that no view or trigger of a stranger ever runs.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.formats.checkpoint_note import ORIGIN_LIMIT, check_origin
from aztrust.storage.config import make_private_dir
from aztrust.storage.durable import create_exclusive
from aztrust.storage.ledger.failures import DAMAGED, clear_errors

APPLICATION_ID: Final = int.from_bytes(b"AZLG")
VERSION: Final = 1
_ORIGIN_BYTES: Final = 4 * ORIGIN_LIMIT

_TABLES: Final = (
    ("log", "CREATE TABLE log (id INTEGER PRIMARY KEY CHECK (id = 0), origin BLOB NOT NULL)"),
    (
        "entry",
        "CREATE TABLE entry (position INTEGER PRIMARY KEY, record_id BLOB NOT NULL,"
        " key BLOB NOT NULL, envelope BLOB NOT NULL)",
    ),
    ("utterance", "CREATE UNIQUE INDEX utterance ON entry (record_id, key)"),
    ("node", "CREATE TABLE node (position INTEGER PRIMARY KEY, hash BLOB NOT NULL)"),
    ("head", "CREATE TABLE head (size INTEGER PRIMARY KEY, note BLOB NOT NULL)"),
)


def create_database(path: Path, origin: str) -> None:
    """Write the database of an empty log, completely or not at all.

    Raises:
        Refused: something is already there.
        Malformed: `policy-malformed`: an origin that cannot name a key.
        CouldNotCheck: the file system refuses.
    """
    check_origin(origin)
    import tempfile  # only the making needs it

    # Made elsewhere and put there whole: no reader ever meets half a schema.
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "ledger"
        with clear_errors(made), closing(sqlite3.connect(made, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {VERSION}")
            for _, statement in _TABLES:
                database.execute(statement)
            database.execute("INSERT INTO log VALUES (0, ?)", (origin.encode(),))
        data = made.read_bytes()
    make_private_dir(path.parent)
    create_exclusive(path, data)


def check_database(database: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that is not a ledger of this version.

    Raises:
        CouldNotCheck: what it is instead.
    """
    application, version = (
        database.execute(f"PRAGMA {pragma}").fetchone()[0]
        for pragma in ("application_id", "user_version")
    )
    if application != APPLICATION_ID:
        raise CouldNotCheck(
            f"{path} is a database, and not a ledger", subject=str(path), mend="name a ledger file"
        )
    if version != VERSION:
        raise CouldNotCheck(
            f"{path} is a ledger of format {version}; this aztrust reads format {VERSION}",
            subject=str(path),
            mend="use the version of aztrust that wrote it",
        )
    found = database.execute("SELECT name, sql FROM sqlite_master").fetchmany(len(_TABLES) + 1)
    if sorted(found) != sorted((name.encode(), sql.encode()) for name, sql in _TABLES):
        raise CouldNotCheck(
            f"{path} has other tables than a ledger's", subject=str(path), mend=DAMAGED
        )
    # SQLite knows a length without reading the value, which is never in memory then.
    (longest,) = database.execute("SELECT max(length(origin)) FROM log").fetchone()
    if longest is not None and longest > _ORIGIN_BYTES:
        raise CouldNotCheck(
            f"cannot use {path}: it is damaged: its origin has {longest:,} bytes, and an origin has"
            f" at most {ORIGIN_LIMIT} characters",
            subject=str(path),
            mend=DAMAGED,
        )
