"""Where a user's own files are: keys, pinned anchors, fetched kits; never in a launch directory."""

from __future__ import annotations

import os
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape


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


def make_private_dir(directory: Path) -> None:
    """Create a directory that only its owner may enter; one that exists is left as it is.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot make the directory {escape(str(directory))}: {error.strerror or error}",
            subject=escape(str(directory)),
            mend="check the permissions of the directory above it",
        ) from None


def shown(path: Path) -> str:
    """A path as a person writes it: `~` for the home directory, control characters escaped."""
    text = str(path)
    home = os.environ.get("HOME", "").rstrip("/")
    if home and text.startswith(f"{home}/"):
        text = f"~{text[len(home) :]}"
    return escape(text)
