"""A package that is prepared next to the current one, and takes its place in one step.

    stage(launch, "packages/genesis", "replaced/.new-genesis", {"genesis.json": Path("fixed.json")})
    swap(launch, "packages/genesis", "replaced/.new-genesis", "replaced/genesis-before-3fa9c1d2")

Nothing is lost: what was there is kept under the third name.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.storage.durable import create_exclusive, make_directory
from aztrust.storage.presence import is_present

_CHUNK: Final = 1 << 20
_EXECUTABLE, _PLAIN = 0o755, 0o644
_IN_A_PACKAGE: Final = "remove it: a package has files, directories and links"
_IN_ITS_PLACE: Final = "name the changed file: only a file takes the place of one"
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def stage(source: Path, staged: Path, instead: Mapping[str, Path]) -> None:
    """Copy a package, with other bytes in some of its files; an earlier copy there is removed.

    Execute bits and symbolic links are kept, links as links.

    Args:
        source: the directory to copy.
        staged: where to.
        instead: path in the package to the file that takes its place.

    Raises:
        CouldNotCheck: the file system refuses, or something is neither file, directory nor link.
    """
    try:
        discard(staged)
        make_directory(staged)
        for directory, folders, files in os.walk(source, onerror=_fail):
            place = staged / os.path.relpath(directory, source)
            for name in folders:
                if (Path(directory) / name).is_symlink():
                    _copy(Path(directory) / name, place / name)
                else:
                    make_directory(place / name)
            for name in files:
                path = Path(directory) / name
                replaced = instead.get(os.path.relpath(path, source))
                if replaced is None:
                    _copy(path, place / name)
                else:
                    executable = _is_executable(path)
                    _copy(replaced, place / name, executable=executable, mend=_IN_ITS_PLACE)
    except OSError as error:
        raise _failed(error) from None


def swap(package: Path, staged: Path, kept: Path) -> None:
    """Put a prepared package into its place; what was there is kept under another name.

    Stopped in between, `package` is missing and both others are there.

    Raises:
        CouldNotCheck: the file system refuses; the directories have to be on one of them.
    """
    try:
        make_directory(kept.parent)
        if is_present(package):
            os.rename(package, kept)
        os.rename(staged, package)
        for directory in {package.parent, staged.parent, kept.parent}:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError as error:
        raise _failed(error) from None


def discard(staged: Path) -> None:
    """Remove a prepared package; one that is not there is fine.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    try:
        if is_present(staged):
            shutil.rmtree(staged)
        if is_present(staged.parent) and not any(staged.parent.iterdir()):
            staged.parent.rmdir()
    except OSError as error:
        raise _failed(error) from None


def _copy(
    source: Path, target: Path, *, executable: bool = False, mend: str = _IN_A_PACKAGE
) -> None:
    if source.is_symlink():
        os.symlink(os.readlink(source), target)
        return
    descriptor = os.open(source, _FLAGS)
    try:
        found = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(found):
            raise CouldNotCheck(
                f"{escape(str(source))} is neither a file nor a directory",
                subject=escape(str(source)),
                mend=mend,
            )
        runs = executable or bool(found & stat.S_IXUSR)
        create_exclusive(target, _chunks(descriptor), mode=_EXECUTABLE if runs else _PLAIN)
    finally:
        os.close(descriptor)


def _chunks(descriptor: int) -> Iterator[bytes]:
    while data := os.read(descriptor, _CHUNK):
        yield data


def _is_executable(path: Path) -> bool:
    return bool(path.lstat().st_mode & stat.S_IXUSR)


def _fail(error: OSError) -> None:
    raise error


def _failed(error: OSError) -> CouldNotCheck:
    name = escape(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else ""
    return CouldNotCheck(
        f"the package cannot be prepared: {error.strerror or error}",
        subject=name,
        mend="check the disk's free space and the directory's permissions",
    )
