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
from typing import Literal

from aztrust.core.base.value import frozen

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
