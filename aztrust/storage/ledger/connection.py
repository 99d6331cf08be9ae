"""Connections to a ledger's SQLite file: WAL, synchronous=FULL, and nothing of a stranger's run.

With `synchronous = FULL` a commit syncs the write-ahead log before it returns
(sqlite.org/pragma.html); `fullfsync` is for macOS, where fsync stops at the disk's cache. The rest
is SQLite's own advice for files that come from elsewhere (sqlite.org/security.html).
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import Final

from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.access import note
from aztrust.storage.ledger.failures import clear_errors
from aztrust.storage.ledger.schema import check_database
from aztrust.storage.presence import is_directory, is_present, is_regular

WAIT_SECONDS: Final = 30
"""How long a writer waits for the others."""

VALUE_LIMIT: Final = RECORD_LIMIT + 64 * 1024
"""Bytes of a row: an envelope, and the other columns."""

_PRAGMAS: Final = (
    "synchronous = FULL",
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "mmap_size = 0",
    "cache_size = -8192",
)


def open_database(path: Path, *, writing: bool) -> sqlite3.Connection:
    """A connection to a ledger, which the caller closes.

    Args:
        path: the file.
        writing: false for a reader, who also gets a file on a medium that is read-only.

    Raises:
        CouldNotCheck: there is none, it cannot be opened, or it is not a ledger of this version.
    """
    is_ledger = is_regular(path)
    if not is_ledger and is_present(path):
        raise CouldNotCheck(
            f"{path} is {_what_is_there(path)}, not a ledger",
            subject=str(path),
            mend="name the ledger's file with --ledger, or move away what is there",
        )
    if not is_ledger:
        raise CouldNotCheck(
            f"there is no ledger at {path}",
            subject=str(path),
            mend="name the ledger's file, or make one: aztrust ledger init",
        )
    _refuse_odd_companions(path)
    with clear_errors(path):
        database = _connected(path, writing=writing)
        try:
            check_database(database, path)
        except BaseException:
            database.close()
            raise
    return database


def _refuse_odd_companions(path: Path) -> None:
    """Refuse a ledger next to which something else has the name of one of SQLite's own files.

    SQLite opens them by name and would wait for ever at a FIFO, or follow a link elsewhere.

    Raises:
        CouldNotCheck: what it is.
    """
    # A ledger that is named by a link has them next to the file itself.
    real = Path(os.path.realpath(path))
    for suffix in ("-journal", "-wal", "-shm"):
        companion = real.with_name(f"{real.name}{suffix}")
        try:
            mode = os.lstat(companion).st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CouldNotCheck(
                f"cannot look at {companion}: {error.strerror or error}",
                subject=str(companion),
                mend="make its directory readable",
            ) from None
        if not stat.S_ISREG(mode):
            raise CouldNotCheck(
                f"{companion} is not a regular file, and SQLite keeps its own there",
                subject=str(companion),
                mend="find out who put it there, and move it away",
            )


def _what_is_there(path: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "a link to nothing"
    return "a directory" if is_directory(path) else "not a regular file"


def _connected(path: Path, *, writing: bool) -> sqlite3.Connection:
    if writing:
        return _opened(path, "mode=rw")
    try:
        return _opened(path, "mode=ro")
    except sqlite3.OperationalError:
        # A log that is in use has files next to it; one on a read-only medium can have none.
        if is_present(path.with_name(f"{path.name}-wal")):
            raise
        return _opened(path, "mode=ro&immutable=1")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    note(path, "opened")
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=WAIT_SECONDS
    )
    try:
        database.text_factory = bytes
        # SQLite refuses a longer value, and a row with it, before it is in memory.
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
        for pragma in _PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        database.execute("SELECT count(*) FROM sqlite_master")
    except BaseException:
        database.close()
        raise
    return database
