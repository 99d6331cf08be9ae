"""Files below a named folder: hashed where they are, and none that leads out of the folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape, path_flaw
from aztrust.storage.tree.hashing import FileDigest, hash_file

LEAVES: Final = "path-leaves-root"


def hash_below(root: Path, relative: str) -> FileDigest:
    """Digests of one file below a folder.

    Args:
        root: the folder.
        relative: the file's path in it, `/` between its parts.

    Raises:
        Refused: `path-leaves-root`: the path is absolute, has `..` or a sign that no path has, or a
            link on the way leads out of the folder.
        CouldNotCheck: `file-missing`, or as `hash_file`.
    """
    flaw = path_flaw(relative)
    if flaw:
        raise _leaves(relative, flaw)
    path = root / relative
    try:
        inside = Path(os.path.realpath(root, strict=True))
        resolved = Path(os.path.realpath(path, strict=True))
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(relative) from None
    except OSError:
        raise _unreadable(relative) from None
    if not resolved.is_relative_to(inside):
        raise _leaves(relative, "a link on the way leads out")
    return hash_file(resolved)


def _leaves(relative: str, why: str) -> Refused:
    return Refused(
        f"{escape(relative)[:200]} is not a path below the root: {why}",
        subject=escape(relative)[:200],
        code=LEAVES,
        mend="name a file below the root, or another root",
    )


def _missing(relative: str) -> CouldNotCheck:
    cause = f"{escape(relative)[:200]} is not there"
    return CouldNotCheck(cause, subject=escape(relative)[:200], code="file-missing")


def _unreadable(relative: str) -> CouldNotCheck:
    cause = f"{escape(relative)[:200]} cannot be read"
    return CouldNotCheck(cause, subject=escape(relative)[:200], code="unreadable")
