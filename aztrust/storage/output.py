"""Where a result goes that was asked for with `-o`: never onto what is being judged, and
never onto what cannot be had again (a private key, a pin, a repository).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from aztrust.core.base.errors import AztrustError, CouldNotCheck, UsageError
from aztrust.core.base.paths import escape
from aztrust.storage.config import config_dir, shown
from aztrust.storage.durable import overwrite
from aztrust.storage.launch import KEYS, read_bounded, read_policy

_OWN = ("manifests", KEYS)
# What every form of a private key in PEM ends its first line with; how a node's file names it.
_PRIVATE = (b"PRIVATE KEY-----", b'"priv_key"', b"PrivKey", b"AGE-SECRET-KEY-")
_LOOKED_AT = 64 * 1024
_REPORT_LIMIT = 64 * 1024 * 1024
_REPORT_SCHEMAS = (b'"schema":"aztrust/report"', b'"schema":"aztrust/error"')
_REPORT_STARTS = (
    b"READY ",
    b"PASS     ",
    b"FAIL     ",
    b"HOLD     ",
    b"ERROR    ",
    b"CONDITIONAL",
    b"DO NOT START THIS HOST ",
    b"## aztrust ",
    b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="aztrust',
)
_REPOSITORY = ("HEAD", "objects", "refs")


def check_output(path: Path, launches: Iterable[Path], *, option: str = "-o") -> None:
    """Refuse a file whose writing would change what is judged, or destroy what is kept.

    Args:
        path: the file that a person named for the result.
        launches: launch directories, and kits, that are judged.
        option: what named the file.

    Directories are compared by device and inode, after all links: no other spelling of a path
    gets around it.

    Raises:
        UsageError: it is in `manifests/`, in `keys/` or in a package, in a launch whose packages
            are not known, in the user's own configuration or in a git repository; it is the kit
            itself, holds a private key, or is not a regular file (an open stream and a terminal
            excepted).
        CouldNotCheck: its directory does not exist.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir() and not os.path.exists(path):
        raise CouldNotCheck(
            f"cannot write {escape(str(path))}: its directory is not there",
            subject=escape(str(path)),
            mend="make the directory first, or name another file",
        )
    _check_kept(path, option)
    above = {_identity(directory) for directory in (target, *target.parents)}
    for launch in launches:
        if os.path.isfile(launch):
            if _identity(launch) == _identity(target):
                raise _refused(
                    path, "is the kit itself, which is what is judged", "name another file", option
                )
            continue
        for name, what in _judged(launch):
            identity = _identity(launch / name)
            if identity is not None and identity in above:
                raise _refused(path, *what, option)


def require_distinct(files: Sequence[tuple[str, Path]]) -> None:
    """Refuse two results for one file, of which the second would replace the first.

    Args:
        files: the option that names it, and the file.

    Raises:
        UsageError: two of them are one.
    """
    seen: dict[str, str] = {}
    for option, path in files:
        target = os.path.realpath(path)
        earlier = seen.setdefault(target, option)
        kind = _kind(path)
        regular = kind is None or stat.S_ISREG(kind)
        if regular and sum(os.path.realpath(other) == target for _, other in files) > 1:
            both = option if option == earlier else f"{earlier} and {option}"
            raise UsageError(
                f"{escape(str(path))} is to be written twice, by {both}",
                subject=option,
                mend="name another file for one of them",
            )


def check_earlier_report(path: Path, *, option: str = "-o") -> None:
    """Refuse a file with contents that no report of ours has: it may be what a host runs.

    Raises:
        UsageError: it is such a file.
        CouldNotCheck: it cannot be read to find out.
    """
    target = Path(os.path.realpath(path))
    if not target.is_file() or target.stat().st_size == 0:
        return
    data = read_bounded(target, _REPORT_LIMIT)
    is_document = data.startswith(b"{") and any(schema in data for schema in _REPORT_SCHEMAS)
    if not is_document and not data.startswith(_REPORT_STARTS):
        raise _refused(path, "exists and is not an earlier report", "name another file", option)


def write_output(path: Path, data: bytes) -> None:
    """Put a result into a file in one step, or into the device or open pipe that is there.

    Raises:
        UsageError: something came there that must not be replaced.
        CouldNotCheck: it cannot be written, or its directory does not exist.
    """
    _check_kept(path, "-o")
    try:
        try:
            special = not stat.S_ISREG(os.stat(path).st_mode)
        except FileNotFoundError:
            special = False
        if special:
            # Renaming over /dev/null would remove it for every process.
            _write_stream(path, data)
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


def append_output(path: Path, data: bytes) -> None:
    """Put text at the end of a file that others write to as well; it is made if it is not there.

    Raises:
        UsageError: it must not be written to.
        CouldNotCheck: it cannot be written, or is not a regular file.
    """
    _check_kept(path, "a summary")
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    shown_path = escape(str(path))
    try:
        descriptor = os.open(path, flags, 0o644)
        with open(descriptor, "ab") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISCHR(mode):
                raise CouldNotCheck(f"{shown_path} is not a regular file", subject=shown_path)
            file.write(data)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot write {shown_path}: {error.strerror or error}", subject=shown_path
        ) from None


def _write_stream(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC
    try:
        # Without this a pipe whose reader has left is waited for, for ever.
        descriptor = os.open(path, flags | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO and stat.S_ISFIFO(os.stat(path).st_mode):
            raise BrokenPipeError from None
        raise
    with open(descriptor, "wb") as file:
        os.set_blocking(descriptor, True)
        file.write(data)


def _check_kept(path: Path, option: str) -> None:
    """What no command may write over, whichever launch it is about."""
    target = Path(os.path.realpath(path))
    mend = "name another file"
    kind = _kind(path)
    if kind is not None and not stat.S_ISREG(kind) and not _is_stream(path, target, kind):
        raise _refused(path, "is not a regular file", mend, option)
    config = _config()
    kept = None if config is None else _identity(config)
    if config is not None and kept is not None and kept in map(_identity, target.parents):
        where = f"is in {shown(config)}, which holds private keys and pinned anchors"
        raise _refused(path, where, "name a file outside of this directory", option)
    if any(part.casefold() == ".git" for part in target.parts) or any(
        all((directory / name).exists() for name in _REPOSITORY) for directory in target.parents
    ):
        raise _refused(path, "is in a git repository's own files", mend, option)
    if kind is not None and stat.S_ISREG(kind) and _may_be_private(target):
        what = "holds a private key, or cannot be read to find out"
        raise _refused(path, what, mend, option)


def _kind(path: Path) -> int | None:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return None


def _is_stream(path: Path, target: Path, mode: int) -> bool:
    """A terminal, /dev/null and the like, or what the shell holds open for us."""
    if stat.S_ISCHR(mode):
        return True
    held = ("/dev/fd", "/proc/self/fd", f"/proc/{os.getpid()}/fd")
    named = os.path.abspath(path)
    return (
        named in ("/dev/stdout", "/dev/stderr")
        or os.path.dirname(named) in held
        or str(target.parent) in held
    )


def _may_be_private(target: Path) -> bool:
    try:
        with open(target, "rb") as file:
            start = file.read(_LOOKED_AT)
            return any(mark in start for mark in _PRIVATE)
    except OSError:
        return True


def _config() -> Path | None:
    try:
        return config_dir()
    except CouldNotCheck:
        return None


def _judged(launch: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """What of a launch is judged: its path, and the message and mend for it."""
    from aztrust.core.policy.model import PACKAGE_CLASSES
    from aztrust.core.policy.validate import parse_policy_structure

    mend = "name a file outside manifests/, keys/ and the packages"
    packages: list[str] = []
    unknown = False
    try:
        policy = parse_policy_structure(read_policy(launch))
        packages = [policy.package(package_class).path for package_class in PACKAGE_CLASSES]
    except AztrustError:
        unknown = True
    for name in (*_OWN, *packages):
        yield name, (f"is in {escape(name)}/, which is part of what is judged", mend)
    if unknown:
        where = "is in a launch directory whose policy cannot be read: a package may be there"
        yield ".", (where, "name a file outside the launch directory; aztrust policy lint")


def _refused(path: Path, what: str, mend: str, option: str) -> UsageError:
    return UsageError(f"{option} {escape(str(path))} {what}", subject=option, mend=mend)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
