"""Writes that are still there after the power went: the only module that creates files.

The names say what happens when the file exists: `create_exclusive` refuses, `create_idempotent`
accepts the same bytes, `overwrite` replaces in one step. All of them sync the file and then its
directory before they return.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from aztrust.core.errors import CouldNotCheck, Refused


def create_exclusive(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a new file.

    Raises:
        Refused: something is already there.
        CouldNotCheck: the file system said no.
    """
    _make_parent(path)
    temporary = _write_temporary(path, data, mode)
    try:
        # A link fails where a rename would replace, so nobody's file is ever lost.
        os.link(temporary, path)
    except FileExistsError:
        raise Refused(
            f"{path} already exists", subject=str(path), mend="move it away, or name another file"
        ) from None
    except OSError as error:
        raise _failed(path, error) from None
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def create_idempotent(path: Path, data: bytes, *, mode: int = 0o644) -> bool:
    """Write a new file unless it is already there with these very bytes; True when written.

    Raises:
        Refused: it is there with other bytes.
        CouldNotCheck: the file system said no.
    """
    if _holds(path, data):
        return False
    create_exclusive(path, data, mode=mode)
    return True


def overwrite(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace a file in one step: a reader sees the old bytes or the new ones, never a mixture.

    Raises:
        CouldNotCheck: the file system said no.
    """
    _make_parent(path)
    temporary = _write_temporary(path, data, mode)
    try:
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _failed(path, error) from None
    _sync_directory(path.parent)


def _holds(path: Path, data: bytes) -> bool:
    """Whether a regular file with these bytes is there; a link or FIFO in its place is not one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size != len(data):
            return False
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(len(data) + 1) == data
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(path.parent, error) from None


def _write_temporary(path: Path, data: bytes, mode: int) -> Path:
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode
        )
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _failed(path, error) from None
    return temporary


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(path: Path, error: OSError) -> CouldNotCheck:
    return CouldNotCheck(
        f"cannot write {path}: {error.strerror or error}",
        subject=str(path),
        mend="check the disk's free space and the directory's permissions",
    )
