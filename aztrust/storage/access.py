"""What a preflight opens or looks for on a host, written down where it happens.

    with recorded() as seen:
        ...                                  # seen: Access(path, "opened"), ...

Every function that touches a host's file, or a directory around it, calls `note` first. Outside of
`recorded` that costs nothing. A test holds the list against the interpreter's own audit events.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final, Literal

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import frozen

MOST_NAMES: Final = 100_000
"""Names in a directory, above which it is not read."""

How = Literal["opened", "listed", "looked for"]


@frozen
class Access:
    """A path, and what was done with it: its bytes read, its names listed, or its kind asked."""

    path: str
    how: How


_SEEN: ContextVar[dict[Access, None] | None] = ContextVar("accesses", default=None)


@contextmanager
def recorded() -> Iterator[dict[Access, None]]:
    """The accesses within the block, each once, in their order."""
    seen: dict[Access, None] = {}
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)


def note(path: str | Path, how: How) -> None:
    """Write an access down, by its absolute path."""
    seen = _SEEN.get()
    if seen is not None:
        seen[Access(os.path.abspath(path), how)] = None


def listed(directory: Path) -> list[str]:
    """The names in a directory, in no order; none where it is absent.

    Raises:
        CouldNotCheck: it cannot be listed, or has more than `MOSTMOST_NAMES`.
    """
    note(directory, "listed")
    found: list[str] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                found.append(entry.name)
                if len(found) > MOST_NAMES:
                    raise CouldNotCheck(f"more than {MOST_NAMES} names are in it")
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = error.strerror or str(error)
        raise CouldNotCheck(f"it cannot be listed: {reason}", code="unreadable") from None
    return found


def is_there(path: Path) -> bool:
    """Whether something is at a path, also what cannot be looked at."""
    note(path, "looked for")
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
