"""Where a result is put that somebody asked for with `-o`: never onto what is being judged."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from aztrust.core.errors import AztrustError, CouldNotCheck, UsageError
from aztrust.core.paths import escape
from aztrust.storage.durable import overwrite
from aztrust.storage.launch import KEYS, read_policy

_OWN = ("manifests", KEYS)


def check_output(path: Path, launches: Iterable[Path]) -> None:
    """Refuse a file whose writing would change a launch's own files or packages.

    Directories are compared by device and inode, after all links: no other spelling of a path
    gets around it.

    Raises:
        UsageError: it lies in `manifests/`, in `keys/` or in a package.
        CouldNotCheck: its directory does not exist.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir() and not os.path.exists(path):
        raise CouldNotCheck(
            f"cannot write {escape(str(path))}: its directory is not there",
            subject=escape(str(path)),
            mend="make the directory first, or name another file",
        )
    above = {_identity(directory) for directory in (target, *target.parents)}
    for launch in launches:
        for name in _judged(launch):
            identity = _identity(launch / name)
            if identity is not None and identity in above:
                raise UsageError(
                    f"-o {escape(str(path))} lies in {escape(name)}/, which is what is judged",
                    subject="-o",
                    mend="name a file outside manifests/, keys/ and the packages",
                )


def write_output(path: Path, data: bytes) -> None:
    """Put a result into a file in one step, or into the device or pipe that is there.

    Raises:
        CouldNotCheck: it cannot be written, or its directory does not exist.
    """
    try:
        try:
            special = not stat.S_ISREG(os.stat(path).st_mode)
        except FileNotFoundError:
            special = False
        if special:
            # Renaming over /dev/null would take it away from everybody.
            descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
            with open(descriptor, "wb") as file:
                file.write(data)
            return
        target = Path(os.path.realpath(path))
        os.stat(target.parent)
    except BrokenPipeError:
        return
    except OSError as error:
        raise CouldNotCheck(
            f"cannot write {escape(str(path))}: {error.strerror or error}",
            subject=escape(str(path)),
            mend="check that its directory exists and that you may write there",
        ) from None
    overwrite(target, data)


def _judged(launch: Path) -> Iterator[str]:
    yield from _OWN
    from aztrust.core.policy import PACKAGE_CLASSES, parse_policy_structure

    try:
        policy = parse_policy_structure(read_policy(launch))
    except AztrustError:
        # Whatever else is asked of this launch says what is wrong with its policy.
        return
    for package_class in PACKAGE_CLASSES:
        yield policy.package(package_class).path


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
