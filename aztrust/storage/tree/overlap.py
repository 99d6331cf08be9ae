"""Whether a package is really apart from the files about it, whatever the paths say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from aztrust.core.base.paths import escape
from aztrust.storage.launch import KEYS, RECORDS, SEALED

_WRITTEN = ("manifests", RECORDS, SEALED, KEYS)

Identity = tuple[int, int]


def entangled(launch: Path, package: str, others: tuple[str, ...]) -> Iterator[str]:
    """Sentences about links and directories by which a package is also something else.

    Paths are compared by what they lead to (device and inode), so that a link, a bind mount or a
    file system that ignores case hides nothing.

    Args:
        launch: the launch directory.
        package: the package path, relative to it.
        others: the other packages' paths.
    """
    parts = package.split("/")
    for end in range(1, len(parts) + 1):
        path = "/".join(parts[:end])
        if (launch / path).is_symlink():
            yield f"{escape(path)} is a symbolic link; the package would be in another place"
            return
    mine = _ancestry(launch / package)
    if not mine:
        return
    for other in (*_WRITTEN, *others):
        theirs = _ancestry(launch / other)
        if theirs and (theirs[0] in mine or mine[0] in theirs):
            yield f"{escape(package)} contains, equals or is inside {escape(other)}"


def _ancestry(path: Path) -> list[Identity]:
    """The directory and every directory above it; nothing where it does not exist."""
    try:
        resolved = path.resolve(strict=True)
        found = [os.stat(p) for p in (resolved, *resolved.parents)]
    except (OSError, RuntimeError):
        return []
    return [(status.st_dev, status.st_ino) for status in found]
