"""When files were written last, to notice a change without reading them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[tuple[str, int, int, int], ...]
"""(path, inode, size, time of change in nanoseconds) of what is there, sorted."""


def stamp_of(places: Iterable[Path]) -> Stamp:
    """The stamp of files, and of folders with what is directly in them.

    What is absent or cannot be looked at is left out; that it comes back is a change.
    """
    found: set[tuple[str, int, int, int]] = set()
    for place in places:
        _add(found, place)
        try:
            below = [Path(entry.path) for entry in os.scandir(place)]
        except OSError:
            continue
        for path in below:
            _add(found, path)
    return tuple(sorted(found))


def _add(found: set[tuple[str, int, int, int]], path: Path) -> None:
    try:
        status = os.stat(path)
    except OSError:
        return
    found.add((str(path), status.st_ino, status.st_size, status.st_ctime_ns))
