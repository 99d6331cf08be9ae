"""Where a result goes that was asked for with `-o` or `--report`: one rule for every command.

A file is created, or an earlier report of aztrust's own is replaced, and nothing else ever is.
Nothing is written into what is judged, into what cannot be had again (the user's configuration, a
repository), or through a link that someone put into a launch or a work tree (law 6).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from aztrust.core.base.errors import AztrustError, CouldNotCheck, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.policy.model import POLICY_PATH
from aztrust.storage.config import config_dir, data_dir, shown
from aztrust.storage.durable import overwrite
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import KEYS, read_policy
from aztrust.storage.own_reports import is_own_report
from aztrust.storage.presence import is_directory, is_present, is_regular

_OWN = ("manifests", KEYS)
_REPORT_LIMIT = 64 * 1024 * 1024
_REPOSITORY = ("HEAD", "objects", "refs")


def check_output(
    path: Path,
    launches: Iterable[Path],
    *,
    option: str = "-o",
    inputs: Iterable[tuple[str, Path]] = (),
) -> None:
    """Refuse a file whose writing would change what is judged, or destroy what is kept.

    Args:
        path: the file that a person named for the result.
        launches: launch directories, and kits, that are judged.
        option: what named the file.
        inputs: the files that the command reads, and what named each.

    Directories are compared by device and inode, after all links: no other spelling of a path
    gets around it.

    Raises:
        UsageError: it is in `manifests/`, in `keys/` or in a package, in a launch whose packages
            are not known, in the user's own configuration or in a git repository; it is read by
            the command, exists and is not an earlier report, is not a regular file (an open
            stream and a terminal excepted), or a link in a launch or a work tree leads to it.
        CouldNotCheck: its directory does not exist, or it cannot be looked at.
    """
    check_place(path, launches, option=option, inputs=inputs)
    _check_earlier_report(path, option)


def check_place(
    path: Path,
    launches: Iterable[Path],
    *,
    option: str,
    inputs: Iterable[tuple[str, Path]] = (),
) -> None:
    """As `check_output`, for a file that has its own rule of what it replaces: a kit, a summary.

    Raises:
        UsageError, CouldNotCheck: as `check_output`, but for what an existing file contains.
    """
    target = Path(os.path.realpath(path))
    if not is_directory(target.parent) and not is_present(target):
        raise CouldNotCheck(
            f"cannot write {escape(str(path))}: its directory is not there",
            subject=escape(str(path)),
            mend="make the directory first, or name another file",
        )
    _check_kept(path, option)
    above = {_identity(directory) for directory in (target, *target.parents)}
    for launch in launches:
        if is_regular(launch):
            if _identity(launch) == _identity(target):
                raise _refused(
                    path, "is the kit itself, which is what is judged", "name another file", option
                )
            continue
        for name, what in _judged(launch):
            identity = _identity(launch / name)
            if identity is not None and identity in above:
                raise _refused(path, *what, option)
    for named, file in inputs:
        if _identity(file) == _identity(target) is not None and is_regular(file):
            raise _refused(
                path, f"is what this command reads ({named})", "name another file", option
            )
    _check_links(path, option)


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


def write_output(path: Path, data: bytes) -> None:
    """Put a result into a file in one step, or into the device or open pipe that is there.

    Raises:
        UsageError: something came there that must not be replaced.
        CouldNotCheck: it cannot be written, or its directory does not exist.
    """
    _check_kept(path, "-o")
    _check_links(path, "-o")
    _check_earlier_report(path, "-o")
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
    descriptor = open_to_append(path, "a summary")
    try:
        with open(descriptor, "ab") as file:
            file.write(data)
    except OSError as error:
        raise _unwritten(path, error) from None


def open_to_append(path: Path, what: str) -> int:
    """The descriptor of a file whose end is written to; it is made if it is not there.

    Args:
        path: the file.
        what: what is written, for the message.

    Raises:
        UsageError: it must not be written to.
        CouldNotCheck: it cannot be opened, or is not a regular file.
    """
    _check_kept(path, what)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o644)
    except OSError as error:
        raise _unwritten(path, error) from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISCHR(mode):
        os.close(descriptor)
        shown_path = escape(str(path))
        raise CouldNotCheck(f"{shown_path} is not a regular file", subject=shown_path)
    return descriptor


def _unwritten(path: Path, error: OSError) -> CouldNotCheck:
    shown_path = escape(str(path))
    return CouldNotCheck(
        f"cannot write {shown_path}: {error.strerror or error}", subject=shown_path
    )


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
    for own, what in _own_directories():
        kept = _identity(own)
        if kept is not None and kept in map(_identity, target.parents):
            where = f"is in {shown(own)}, which holds {what}"
            raise _refused(path, where, "name a file outside of this directory", option)
    if any(part.casefold() == ".git" for part in target.parts) or any(
        all((directory / name).exists() for name in _REPOSITORY) for directory in target.parents
    ):
        raise _refused(path, "is in a git repository's own files", mend, option)


def _check_links(path: Path, option: str) -> None:
    """Refuse what a link leads to that is not the user's own to have made."""
    link, kind = _planted_link(path), _kind(path)
    if link is None or (kind is not None and _is_stream(path, Path(os.path.realpath(path)), kind)):
        return
    what = f"leads through {shown(link)}, a link in a launch or a work tree"
    raise _refused(path, what, "name the file that the link leads to", option)


def _check_earlier_report(path: Path, option: str) -> None:
    """Refuse a file with contents that no report of aztrust has: it may be anything's only copy."""
    target = Path(os.path.realpath(path))
    if not is_regular(target):
        return
    data = read_bounded(target, _REPORT_LIMIT)
    # A file without a byte is not a report either: that it is there, and empty, may be what counts.
    if not is_own_report(data):
        what = "exists and is not an earlier report of aztrust"
        raise _refused(path, what, "remove it first, or name another file", option)


def _planted_link(path: Path) -> Path | None:
    """The first link on the way to a file that is itself in a launch or in a git work tree.

    Who sends a change for review can put a link there. A link elsewhere is the user's own.
    """
    here = Path("/")
    for part in Path.cwd().joinpath(path).parts[1:]:
        if part == "..":
            here = here.parent
            continue
        entry = here / part
        if entry.is_symlink():
            if any(
                os.path.lexists(above / mark)  # noqa: TID251 - a mark out of reach is not one
                for above in (here, *here.parents)
                for mark in (POLICY_PATH, ".git")
            ):
                return entry
            entry = Path(os.path.realpath(entry))
        here = entry
    return None


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


def _own_directories() -> Iterator[tuple[Path, str]]:
    """The user's directories that no result is written to, and what each holds."""
    for find, what in ((config_dir, "private keys and pinned anchors"), (data_dir, "ledgers")):
        try:
            yield find(), what
        except CouldNotCheck:
            continue


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
