"""Where a user's own files are: keys, anchors, ledgers, fetched kits; never in a launch."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.storage.durable import make_directory
from aztrust.storage.presence import is_present


def config_dir() -> Path:
    """`$XDG_CONFIG_HOME/aztrust`, or `~/.config/aztrust` where that is unset, empty or relative.

    The same on macOS, so that one page of instructions is right for everyone. It need not exist.

    Raises:
        CouldNotCheck: this user has no home directory.
    """
    base = os.environ.get("XDG_CONFIG_HOME", "")
    # The XDG base directory specification: a relative path is invalid and ignored.
    if os.path.isabs(base):
        return Path(base) / "aztrust"
    try:
        return Path.home() / ".config" / "aztrust"
    except RuntimeError:
        raise CouldNotCheck(
            "this user has no home directory, so there is no place for keys and pinned anchors",
            mend="set HOME, or XDG_CONFIG_HOME to an absolute path",
        ) from None


def cache_dir() -> Path:
    """`$XDG_CACHE_HOME/aztrust`, or `~/.cache/aztrust`: what can be fetched again.

    Raises:
        CouldNotCheck: this user has no home directory.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(base):
        return Path(base) / "aztrust"
    try:
        return Path.home() / ".cache" / "aztrust"
    except RuntimeError:
        raise CouldNotCheck(
            "this user has no home directory, so there is no place for what is fetched",
            mend="set HOME, or XDG_CACHE_HOME to an absolute path",
        ) from None


def data_dir() -> Path:
    """`$XDG_DATA_HOME/aztrust`, or `~/.local/share/aztrust`: what a user's commands keep, ledgers.

    Raises:
        CouldNotCheck: this user has no home directory.
    """
    base = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(base):
        return Path(base) / "aztrust"
    try:
        return Path.home() / ".local" / "share" / "aztrust"
    except RuntimeError:
        raise CouldNotCheck(
            "this user has no home directory, so there is no place for ledgers",
            mend="set HOME, or XDG_DATA_HOME to an absolute path",
        ) from None


def make_private_dir(directory: Path) -> None:
    """Create a directory that only its owner may enter, and those above it that are missing.

    One that exists is left as it is, but for aztrust's own: the configuration directory and what
    is below it become 0700. A directory that a person names, or a link leads to, is theirs.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    # The mode is each new directory's: `mkdir(parents=True)` gives it to the last one only.
    make_directory(directory, mode=0o700)
    for place in _own(directory):
        # Where the mode cannot be changed, `is_private_dir` still refuses what others can write.
        with suppress(OSError):
            status = os.lstat(place)
            own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
            # Where others could write, a person has to look first at what is in it.
            if own and status.st_mode & 0o077 and not status.st_mode & 0o022:
                os.chmod(place, 0o700)


def _own(directory: Path) -> Iterator[Path]:
    """The configuration directory and those below it, down to `directory`; none elsewhere."""
    try:
        config = config_dir()
        below = directory.absolute().relative_to(config)
    except (CouldNotCheck, ValueError):
        return
    yield config
    for part in below.parts:
        config /= part
        yield config


def require_private_dir(directory: Path) -> None:
    """Create a directory whose contents decide trust, or check the one that is there.

    Raises:
        CouldNotCheck: as `make_private_dir` and `is_private_dir`.
    """
    make_private_dir(directory)
    is_private_dir(directory)


def is_private_dir(directory: Path) -> bool:
    """Whether a directory whose contents decide trust is there; False where it is absent.

    It belongs to this user (or root) and no one else may write to it. The same holds for every
    directory above it, where one with the sticky bit (/tmp) and, for root, another user's home
    are accepted. A group that only the owner is in counts as the owner.

    Raises:
        CouldNotCheck: someone else could replace what is in it, or it cannot be looked at.
    """
    if not is_present(directory):
        return False
    shown_path = escape(str(directory))
    try:
        real = Path(os.path.realpath(directory, strict=True))
        places = [(real, os.stat(real))]
        above = dict.fromkeys((*directory.absolute().parents, *real.parents))
        places += [(place, os.stat(place)) for place in above]
    except OSError as error:
        raise CouldNotCheck(
            f"cannot look at {shown_path}: {error.strerror or error}",
            subject=shown_path,
            mend="make it a directory of your own, or move it away",
        ) from None
    if not stat.S_ISDIR(places[0][1].st_mode):
        raise CouldNotCheck(
            f"{shown_path} is not a directory", subject=shown_path, mend="move it away"
        )
    for place, status in places:
        fault = _fault(status, own=place is real)
        if fault:
            raise CouldNotCheck(
                f"{shown(place)} {fault}, and {shown(directory)} decides what aztrust trusts",
                subject=shown(place),
                mend=f"{_mend(status, place)}; or set {_variable(directory)} to a directory that"
                " only you can write",
            )
    return True


def _variable(directory: Path) -> str:
    """The variable that moves a directory of aztrust's own."""
    try:
        is_data = directory == data_dir() or data_dir() in directory.parents
    except CouldNotCheck:
        is_data = False
    return "XDG_DATA_HOME" if is_data else "XDG_CONFIG_HOME"


def _fault(status: os.stat_result, *, own: bool) -> str:
    user = os.geteuid()
    if status.st_uid not in (0, user) and (own or user != 0):
        return "belongs to another user"
    if status.st_mode & stat.S_ISVTX and not own:
        return ""
    if status.st_mode & stat.S_IWOTH:
        return "can be written by everyone"
    if status.st_mode & stat.S_IWGRP and not _is_own_group(status):
        return "can be written by a group"
    return ""


def _mend(status: os.stat_result, place: Path) -> str:
    if status.st_uid in (0, os.geteuid()):
        return f"look through it, after: chmod go-w {shown(place)}"
    return "use the configuration of the user who runs aztrust (sudo -H sets HOME)"


def _is_own_group(status: os.stat_result) -> bool:
    """Whether the group is its owner's alone, as distributions with umask 002 make them."""
    import grp
    import pwd

    try:
        owner = pwd.getpwuid(status.st_uid)
        members = grp.getgrgid(status.st_gid).gr_mem
    except KeyError:
        return False
    return owner.pw_gid == status.st_gid and set(members) <= {owner.pw_name}


def shown(path: Path) -> str:
    """A path as a person writes it: `~` for the home directory, control characters escaped."""
    text = str(path)
    home = os.environ.get("HOME", "").rstrip("/")
    if home and text.startswith(f"{home}/"):
        text = f"~{text[len(home) :]}"
    return escape(text)
