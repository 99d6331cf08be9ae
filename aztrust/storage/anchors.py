"""The pinned anchors on disk: `anchors.json` in the user's configuration directory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.paths import escape
from aztrust.core.policy.pins import PINS_LIMIT, Pin, dump_pins, parse_pins
from aztrust.storage.config import config_dir, is_private_dir, require_private_dir
from aztrust.storage.durable import overwrite
from aztrust.storage.folders import read_bounded


def anchors_path(config: Path | None = None) -> Path:
    """The file that holds the pins."""
    return (config_dir() if config is None else config) / "anchors.json"


def read_pins(config: Path | None = None) -> tuple[Pin, ...]:
    """Every pin; none where the file does not exist.

    Raises:
        CouldNotCheck: the file is there and it, or its directory, cannot be relied on. A pin
            that is lost silently would make a false policy look like a new one.
    """
    path = anchors_path(config)
    if not is_private_dir(path.parent):
        return ()
    shown = escape(str(path))
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unusable(shown, f"cannot be read: {error.strerror or error}") from None
    if not stat.S_ISREG(mode):
        raise _unusable(shown, "is not a regular file")
    if mode & 0o022:
        raise CouldNotCheck(
            f"{shown} can be written by others than you",
            subject=shown,
            mend=f"look through it (aztrust anchor list), after: chmod 600 {shown}",
        )
    try:
        return parse_pins(read_bounded(path, PINS_LIMIT), what=shown)
    except Malformed as error:
        raise _unusable(shown, f"is damaged: {error.message}") from None


def write_pins(pins: Iterable[Pin], config: Path | None = None) -> Path:
    """Replace the pins in one step and return their file.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    path = anchors_path(config)
    data = dump_pins(pins)
    require_private_dir(path.parent)
    overwrite(path, data, mode=0o600)
    return path


def _unusable(shown: str, cause: str) -> CouldNotCheck:
    return CouldNotCheck(
        f"the pinned anchors in {shown} are unknown: it {cause}",
        subject=shown,
        mend="restore a copy; or move it away and pin each anchor again from its source",
    )
