"""A ledger that is being made: under an unused name, until it is put in its place."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

_COMPANIONS = ("-wal", "-shm", "-journal")


def name_for_new(path: Path) -> Path:
    """An unused name in the same directory, for a ledger that is being made."""
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.made")


def discard(made: Path) -> None:
    """Remove a ledger that is not to be, and what SQLite left next to it."""
    for suffix in ("", *_COMPANIONS):
        with suppress(FileNotFoundError):
            made.with_name(made.name + suffix).unlink()
