"""Whether something is there: absent is what the system calls absent, and nothing else (law 2).

`os.path.lexists`, `isfile` and `isdir` answer "no" for a directory that may not be searched and
for a path that leads through a file. What cannot be looked at would pass for what is not there.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape


def is_present(path: Path | str) -> bool:
    """Whether a file, a directory, a link or anything else has this name; no link is followed.

    Raises:
        CouldNotCheck: `unreadable`: the system does not say, for any reason but ENOENT.
    """
    return _mode(path, follow=False) is not None


def is_directory(path: Path | str) -> bool:
    """Whether a directory, or a link to one, has this name.

    Raises:
        CouldNotCheck: `unreadable`: the system does not say, for any reason but ENOENT.
    """
    mode = _mode(path, follow=True)
    return mode is not None and stat.S_ISDIR(mode)


def is_regular(path: Path | str) -> bool:
    """Whether a regular file, or a link to one, has this name.

    Raises:
        CouldNotCheck: `unreadable`: the system does not say, for any reason but ENOENT.
    """
    mode = _mode(path, follow=True)
    return mode is not None and stat.S_ISREG(mode)


def _mode(path: Path | str, *, follow: bool) -> int | None:
    try:
        return os.stat(path, follow_symlinks=follow).st_mode
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise CouldNotCheck(
            f"cannot look at {escape(str(path))}: {cause}",
            subject=escape(str(path)),
            mend="make every directory above it a directory that you may enter (chmod u+x)",
            code="unreadable",
        ) from None


def in_work_tree(directory: Path) -> bool:
    """Whether a directory is in a work tree of git; git itself is not run."""
    here = directory.resolve()
    return any(is_present(parent / ".git") for parent in (here, *here.parents))
