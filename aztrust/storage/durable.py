"""Writes that are still there after the power went: the only module that creates files.

The names say what happens when the file exists: `create_exclusive` refuses, `create_idempotent`
accepts the same bytes, `overwrite` replaces in one step. All of them sync the file and then its
directory before they return. Each holds the directory open and works by that descriptor, so that
no other one can take its place halfway.

`within` names a launch directory: no directory between it and the file may be a link, which would
carry the write out of the launch (law 6).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck, Refused

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def create_exclusive(
    path: Path, data: bytes | Iterable[bytes], *, mode: int = 0o644, within: Path | None = None
) -> None:
    """Write a new file, from its bytes or from parts that are taken one by one.

    Raises:
        Refused: something is already there.
        CouldNotCheck: the file system refuses, or a directory within `within` is a link.
    """
    with _directory(path, within) as directory:
        _create(path, data, mode, directory)


def create_idempotent(
    path: Path, data: bytes, *, mode: int = 0o644, within: Path | None = None
) -> bool:
    """Write a new file unless it is already there with these very bytes; True when written.

    Raises:
        Refused: it is there with other bytes.
        CouldNotCheck: the file system refuses, or a directory within `within` is a link.
    """
    with _directory(path, within) as directory:
        if _holds(path.name, data, directory):
            return False
        try:
            _create(path, data, mode, directory)
        except Refused:
            # Another process may have been writing the same.
            if not _holds(path.name, data, directory):
                raise
            return False
        return True


def overwrite(
    path: Path, data: bytes | Iterable[bytes], *, mode: int = 0o644, within: Path | None = None
) -> None:
    """Replace a file in one step: a reader sees the old bytes or the new ones, never a mixture.

    Where taking a part raises, the old file stays.

    Raises:
        CouldNotCheck: the file system refuses, or a directory within `within` is a link.
    """
    with _directory(path, within) as directory:
        temporary = _write_temporary(path, data, mode, directory)
        try:
            os.replace(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError as error:
            _remove(temporary, directory)
            raise _failed(path, error) from None
        os.fsync(directory)


def remove(path: Path, *, within: Path) -> None:
    """Remove a file, and its directory where that is empty then; one that is not there is fine.

    Raises:
        CouldNotCheck: the file system refuses, or a directory within `within` is a link.
    """
    with _directory(path, within) as directory:
        try:
            _remove(path.name, directory)
        except OSError as error:
            raise _failed(path, error) from None
        os.fsync(directory)
    with suppress(OSError):
        path.parent.rmdir()


@contextmanager
def _directory(path: Path, within: Path | None) -> Iterator[int]:
    """The directory that the file goes into, made where it is missing, as a descriptor."""
    if within is None:
        descriptor = _made(path.parent)
    else:
        descriptor = _made_within(within, path.relative_to(within).parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def make_directory(directory: Path, *, mode: int = 0o777) -> None:
    """Make a directory, and those above it that are missing, each with the mode.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    os.close(_made(directory, mode))


def _made(directory: Path, mode: int = 0o777) -> int:
    try:
        if directory.is_dir():
            return os.open(directory, _DIRECTORY)
        above = _made(directory.parent, mode)
        try:
            _make(directory.name, above, mode)
        finally:
            os.close(above)
        return os.open(directory, _DIRECTORY)
    except OSError as error:
        raise _failed(directory, error) from None


def _make(name: str, above: int, mode: int = 0o777) -> None:
    """Make a directory whose own name survives a power cut; one that is there stays as it is."""
    with suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=above)
    os.fsync(above)


def _made_within(root: Path, relative: Path) -> int:
    here = root
    try:
        descriptor = os.open(root, _DIRECTORY)
        for part in relative.parts:
            here /= part
            above = descriptor
            try:
                descriptor = _entered(part, above)
            finally:
                os.close(above)
    except OSError as error:
        if here.is_symlink() and here != root:
            raise CouldNotCheck(
                f"cannot write into {here}: a symbolic link, which nothing here may be",
                subject=str(here),
                mend="put the directory itself there",
            ) from None
        raise _failed(here, error) from None
    return descriptor


def _entered(name: str, above: int) -> int:
    flags = _DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(name, flags, dir_fd=above)
    except FileNotFoundError:
        _make(name, above)
        return os.open(name, flags, dir_fd=above)


def place_exclusive(made: Path, path: Path) -> None:
    """Give a finished file its name, in the same directory; nothing else is lost for it.

    Raises:
        Refused: something is already there.
        CouldNotCheck: the file system refuses.
    """
    with _directory(path, None) as directory:
        try:
            with open(made, "rb") as file:
                os.fsync(file.fileno())
        except OSError as error:
            raise _failed(path, error) from None
        _link(made.name, path, directory)


def _create(path: Path, data: bytes | Iterable[bytes], mode: int, directory: int) -> None:
    _link(_write_temporary(path, data, mode, directory), path, directory)


def _link(temporary: str, path: Path, directory: int) -> None:
    try:
        # A link fails where a rename would replace, so no file of anyone else is ever lost.
        os.link(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
    except FileExistsError:
        raise Refused(
            f"{path} already exists", subject=str(path), mend="move it away, or name another file"
        ) from None
    except OSError as error:
        raise _failed(path, error) from None
    finally:
        _remove(temporary, directory)
    os.fsync(directory)


def _holds(name: str, data: bytes, directory: int) -> bool:
    """Whether a regular file with these bytes is there; a link or FIFO in its place is not one."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=directory)
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


def _write_temporary(path: Path, data: bytes | Iterable[bytes], mode: int, directory: int) -> str:
    import secrets  # only what writes a file needs it

    temporary = f".{path.name[:100]}.{secrets.token_hex(6)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(temporary, flags, mode, dir_fd=directory)
        with open(descriptor, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        _remove(temporary, directory)
        raise _failed(path, error) from None
    except BaseException:
        # The source of the parts failed; half a file is never kept.
        _remove(temporary, directory)
        raise
    return temporary


def _remove(name: str, directory: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def _failed(path: Path, error: OSError) -> CouldNotCheck:
    return CouldNotCheck(
        f"cannot write {path}: {error.strerror or error}",
        subject=str(path),
        mend="check the disk's free space and the directory's permissions",
    )
