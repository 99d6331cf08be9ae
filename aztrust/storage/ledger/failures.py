"""What SQLite says when it cannot, in words that name the file, the cause and the mend."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape

DAMAGED: Final = "move it away, and make it again: aztrust ledger rebuild"

# By primary result code (sqlite.org/rescode.html): cause and mend. Everything else is damage.
_FAILURES: Final = {
    sqlite3.SQLITE_BUSY: (
        "another process has been writing to it for too long",
        "let the other process end, then try again",
    ),
    sqlite3.SQLITE_FULL: (
        "the disk is full; nothing was written",
        "make room, then do it again: every entry that was acknowledged is there",
    ),
    sqlite3.SQLITE_IOERR: (
        "the file system could not read or write; nothing was acknowledged",
        "check the disk, its free space and its quota, then do it again",
    ),
    sqlite3.SQLITE_READONLY: ("it cannot be written", "check its and its directory's permissions"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "check its and its directory's permissions"),
    sqlite3.SQLITE_PERM: ("it cannot be opened", "check its and its directory's permissions"),
}


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Turn an error of SQLite's into one that names the file, the cause and the mend."""
    try:
        yield
    # Python cannot decode what SQLite says when it quotes a damaged schema.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        cause, mend = _FAILURES.get(primary, (f"it is damaged: {escape(str(error))}", DAMAGED))
        raise CouldNotCheck(f"cannot use {path}: {cause}", subject=str(path), mend=mend) from None
