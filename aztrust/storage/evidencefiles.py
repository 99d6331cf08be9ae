"""The files that are shown as evidence: below a root, never through a link, each read once.

A root is a directory that this machine's user names. A path below it is opened part by part from
the root's descriptor, so that no link and no `..` leads elsewhere (law 6). A document of others may
name a link in the root: `linked_below` says first where it leads.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from aztrust.core.base.digest import Digests
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape, path_flaw
from aztrust.core.base.value import frozen
from aztrust.storage.hash_stream import RawDigest, digest_streamed
from aztrust.storage.reading import check_size, os_name, read_regular

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@frozen
class ReadFile:
    """A file below a root, as it was read in this run."""

    path: str
    size: int
    digests: Digests


class NoSuchEvidence(CouldNotCheck):
    """The system says that there is no such file."""


def path_below(root: Path, file: Path) -> str:
    """The path of a file below a root, as a record has it: `/` between its parts.

    Links above the root are followed, as those in the file's own folder are; whether the result is
    below the root is asked of what they lead to.

    Raises:
        Refused: it is not below the root.
        CouldNotCheck: the root or the file's folder is not there.
    """
    try:
        base = os.path.realpath(root, strict=True)
    except OSError as error:
        raise _unusable(str(root), f"the root cannot be entered: {error.strerror}") from None
    try:
        folder = os.path.realpath(file.parent, strict=True)
    except OSError as error:
        raise _unusable(str(file), f"its folder cannot be entered: {error.strerror}") from None
    name = file.name
    if name in ("", "..") or os.path.commonpath([base, folder]) != base:
        raise Refused(
            f"{escape(str(file))} is not below the root {escape(base)}",
            subject=escape(str(file)),
            mend="put it below the root, or name the folder that it is in: --root NAME=DIR",
        )
    relative = os.path.relpath(os.path.join(folder, name), base)
    if flaw := path_flaw(relative):
        raise Refused(
            f"the path {flaw}", subject=escape(str(file)), mend="give the file another name"
        )
    return relative


def linked_below(root: Path, path: str) -> str:
    """Where a path below a root leads: the same file's path without a link, for `read_below`.

    Args:
        root: a directory.
        path: relative, `/` between its parts; not trusted.

    Raises:
        Refused: the path is absolute, has `..` or a sign that no path has, or a link on the way
            leads out of the root.
        NoSuchEvidence: it, or a folder on the way, is not there.
        CouldNotCheck: it cannot be looked at.
    """
    if flaw := path_flaw(path):
        raise _leaves(path, flaw)
    try:
        inside = os.path.realpath(root, strict=True)
        found = os.path.realpath(os.path.join(inside, path), strict=True)
    except (FileNotFoundError, NotADirectoryError):
        raise NoSuchEvidence("there is no such file", subject=escape(path)) from None
    except OSError as error:
        raise _unusable(path, f"it cannot be read: {error.strerror}") from None
    if os.path.commonpath([inside, found]) != inside:
        raise _leaves(path, "a link on the way leads out")
    return os.path.relpath(found, inside)


def read_below(root: Path, path: str) -> ReadFile:
    """One file below a root, with both digests of one read.

    Args:
        root: a directory; links in its own path are followed.
        path: relative, as a record has it; not trusted.

    Raises:
        NoSuchEvidence: it, or a folder on the way, is not there.
        CouldNotCheck: the path leads elsewhere, or the file is none, changes, or cannot be read.
    """
    if flaw := path_flaw(path):
        raise _unusable(path, f"the path {flaw}")
    *folders, name = path.split("/")
    with ExitStack() as open_ones:
        try:
            here = os.open(os.path.realpath(root, strict=True), _DIRECTORY)
            open_ones.callback(os.close, here)
        except OSError as error:
            raise _unusable(path, f"the root cannot be entered: {error.strerror}") from None
        try:
            for folder in folders:
                _refuse_link(here, folder, path)
                here = os.open(os_name(folder), _DIRECTORY, dir_fd=here)
                open_ones.callback(os.close, here)
            mode = _refuse_link(here, name, path)
        except FileNotFoundError:
            raise NoSuchEvidence("there is no such file", subject=escape(path)) from None
        except OSError as error:
            raise _unusable(path, f"it cannot be read: {error.strerror}") from None
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "a special file"
            raise _unusable(path, f"it is {what}, not a regular file")
        try:
            status, raw = read_regular(here, name, None, _digests)
            check_size(raw, status)
        except CouldNotCheck as error:
            raise _unusable(path, error.message) from None
    found = Digests("sha256:" + raw.sha256.hex(), "blake3:" + raw.blake3.hex())
    return ReadFile(path, raw.size, found)


def read_places(
    roots: Mapping[str, Path], places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], ReadFile | CouldNotCheck]:
    """What is at each place: a root's name and a path. An unknown root is a reason, too."""
    found: dict[tuple[str, str], ReadFile | CouldNotCheck] = {}
    for root, path in dict.fromkeys(places):
        directory = roots.get(root)
        if directory is None:
            cause = f"where the root {escape(root)} is on this machine is not known"
            found[root, path] = _unusable(path, cause)
            continue
        try:
            found[root, path] = read_below(directory, path)
        except CouldNotCheck as error:
            found[root, path] = error
    return found


def _digests(descriptor: int, status: os.stat_result) -> RawDigest:
    return digest_streamed(descriptor, status.st_size)


def _refuse_link(directory: int, name: str, path: str) -> int:
    mode = os.stat(os_name(name), dir_fd=directory, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        raise _unusable(path, f"{escape(name)} is a link, and evidence is the file itself")
    return mode


def _leaves(path: str, why: str) -> Refused:
    return Refused(
        f"{escape(path)[:200]} is not a path below the root: {why}",
        subject=escape(path)[:200],
        mend="name a file below the root, or another root",
    )


def _unusable(path: str, cause: str) -> CouldNotCheck:
    return CouldNotCheck(
        cause,
        subject=escape(path),
        mend="name a regular file below the root, and run again once nothing writes to it",
    )
