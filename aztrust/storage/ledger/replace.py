"""Putting one ledger in the place of another, while programs that append may be waiting.

SQLite forbids that a database is renamed under a connection: the last one to close it would remove
the write-ahead log of the new file. So no other process may have it open, which leaving WAL proves.
A process that waited for the lock finds another file under the name and reports it
(`SQLiteStore.transaction`).
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.storage.ledger.connection import open_database
from aztrust.storage.ledger.failures import clear_errors
from aztrust.storage.ledger.sqlite import SQLiteStore
from aztrust.storage.presence import is_present

_COMPANIONS = ("-wal", "-shm", "-journal")


def name_for_new(path: Path) -> Path:
    """An unused name in the same directory, for a ledger that is being made."""
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.made")


def discard(made: Path) -> None:
    """Remove a ledger that is not to be, and what SQLite left next to it."""
    for suffix in ("", *_COMPANIONS):
        with suppress(FileNotFoundError):
            made.with_name(made.name + suffix).unlink()


@contextmanager
def sole_user(path: Path) -> Iterator[SQLiteStore]:
    """A ledger that no other process has open, and that none can write until this ends.

    Raises:
        CouldNotCheck: another process has it open, or it cannot be used.
    """
    with closing(open_database(path, writing=True)) as database:
        _left_wal(database, path)
        try:
            with clear_errors(path):
                database.execute("BEGIN EXCLUSIVE")
            yield SQLiteStore(database, path)
        finally:
            with suppress(sqlite3.Error):
                if database.in_transaction:
                    database.execute("ROLLBACK")
                # A ledger that was set aside stays as it is: no process appends to it any more.
                if path.is_file():
                    database.execute("PRAGMA journal_mode = WAL")


def set_aside(path: Path) -> Path:
    """Rename a ledger, so that its name is free; the new name. Nothing is removed.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    number = 1
    while is_present(aside := path.with_name(f"{path.name}.replaced-{number}")):
        number += 1
    try:
        for suffix in (*_COMPANIONS, ""):
            with suppress(FileNotFoundError):
                os.rename(f"{path}{suffix}", f"{aside}{suffix}")
    except OSError as error:
        raise CouldNotCheck(
            f"cannot rename {escape(str(path))}: {error.strerror or error}",
            subject=escape(str(path)),
            mend="check the permissions of its directory",
        ) from None
    return aside


def _left_wal(database: sqlite3.Connection, path: Path) -> None:
    try:
        (mode,) = database.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError:
        mode = b"wal"
    except sqlite3.Error:
        with clear_errors(path):
            raise
    if mode != b"delete":
        raise CouldNotCheck(
            f"another process has {escape(str(path))} open",
            subject=escape(str(path)),
            mend="end what appends to it or follows it, then try again",
        )
