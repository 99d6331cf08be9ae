"""Reading single files and listing folders, within bounds and without following links."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from aztrust.core.base.canonical import MIB
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.storage.access import note

FOLDER_LIMIT = 128 * MIB
"""Bytes of all files of one folder together: links to one file cost no disk, and memory each."""
FOLDER_COUNT = 50_000
"""Entries of one folder."""
LINK = "a symbolic link, which nothing here may be"


def read_bounded(path: Path, limit: int) -> bytes:
    """A regular file's bytes, at most one more than the limit; a link is not followed.

    Raises:
        CouldNotCheck: it is missing, unreadable, or not a regular file.
    """
    with open_regular(path) as file:
        try:
            return file.read(limit + 1)
        except OSError as error:
            raise unreadable(path, error.strerror or str(error)) from None


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """A regular file to read; a link is not followed, and a FIFO is not waited for.

    Raises:
        CouldNotCheck: it is missing, unreadable, or not a regular file.
    """
    note(path, "opened")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        cause = LINK if path.is_symlink() else error.strerror
        raise unreadable(path, cause or str(error)) from None
    try:
        # Before a file object is made: a directory has a descriptor too.
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise unreadable(path, "not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def list_folder(folder: Path) -> list[str]:
    """The names in a folder, sorted, at most `FOLDER_COUNT`.

    Raises:
        OSError: it cannot be listed.
        CouldNotCheck: it has more.
    """
    note(folder, "listed")
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in islice(entries, FOLDER_COUNT + 1))
    if len(names) > FOLDER_COUNT:
        raise CouldNotCheck(
            f"it has more than {FOLDER_COUNT:,} entries",
            subject=escape(str(folder)),
            mend="move away all other files, or name another folder",
        )
    return names


def unreadable(path: Path, cause: str) -> CouldNotCheck:
    """That a file or folder is there and cannot be read."""
    return CouldNotCheck(
        f"cannot read {escape(str(path))}: {cause}",
        subject=escape(str(path)),
        mend="put the regular file or directory itself there, and make it readable",
    )
