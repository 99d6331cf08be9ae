"""Opening one file once, and knowing that it held still (law 5)."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import TypeVar

from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.hash_stream import RawDigest

OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
"""Never through a link, never waiting for a fifo's other end, never inherited."""

SPECIAL_MODE = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX

# What open(2) answers when a regular file was seen and something else is there now.
_GONE = frozenset({errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.ESTALE})

T = TypeVar("T")


def os_name(name: str) -> str | bytes:
    """`name` for a system call: as UTF-8 whatever the locale's file system encoding is."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape")


def failure(error: OSError) -> CouldNotCheck:
    """The finding behind an OSError on something that the walk has seen a moment before."""
    if error.errno in _GONE:
        return CouldNotCheck(
            "it was removed or replaced while the package was read", code="changed-while-reading"
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return CouldNotCheck(f"it cannot be read: {reason}", code="unreadable")


def read_regular(
    directory: int,
    name: str,
    device: int | None,
    use: Callable[[int, os.stat_result], T],
) -> tuple[os.stat_result, T]:
    """Opens `name` in the directory descriptor, hands it to `use`, proves that it held still.

    Args:
        device: the st_dev of the package root, or None for a file outside a package.
        use: gets the descriptor and its stat; what it returns is returned with that stat.

    Raises:
        CouldNotCheck: code `changed-while-reading`, `mount-crossing` or `unreadable`.
    """
    path = name if name.isascii() else os_name(name)
    try:
        descriptor = os.open(path, OPEN_FILE, dir_fd=directory)
    except OSError as error:
        raise failure(error) from None
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise CouldNotCheck(
                "it was a regular file and was replaced while the package was read",
                code="changed-while-reading",
            )
        if device is not None and before.st_dev != device:
            raise CouldNotCheck("it is on another file system", code="mount-crossing")
        result = use(descriptor, before)
        # Looked up by name: equal to `before` means the same file under the same name, unchanged,
        # which is all that a second fstat could say and more.
        after = os.stat(path, dir_fd=directory, follow_symlinks=False)
    except OSError as error:
        raise failure(error) from None
    finally:
        os.close(descriptor)
    if moved := what_moved(before, after):
        raise CouldNotCheck(f"{moved} while it was read", code="changed-while-reading")
    return before, result


def what_moved(before: os.stat_result, after: os.stat_result) -> str:
    """What happened to a file between two looks at it, "" where it held still."""
    if (before.st_ino, before.st_dev) != (after.st_ino, after.st_dev):
        return "it was replaced by another file"
    if before.st_size != after.st_size:
        return f"its size changed from {before.st_size} to {after.st_size} bytes"
    if (
        before.st_ctime_ns != after.st_ctime_ns
        or before.st_mtime_ns != after.st_mtime_ns
        or before.st_mode != after.st_mode
    ):
        return "it was written to"
    return ""


def check_size(raw: RawDigest, status: os.stat_result) -> None:
    """Raises CouldNotCheck if more or fewer bytes were read than the file's stat announced."""
    if raw.size != status.st_size:
        relation = "grew beyond" if raw.size > status.st_size else "shrank below"
        raise CouldNotCheck(
            f"it {relation} its {status.st_size} bytes while it was read",
            code="changed-while-reading",
        )
