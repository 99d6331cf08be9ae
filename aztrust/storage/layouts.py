"""By which layouts a host's files are looked for: the user's `layouts.toml`, then the built-in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.paths import escape
from aztrust.core.host.layouts import LAYOUTS, LAYOUTS_CODE, Layout, parse_layouts
from aztrust.core.policy.tomldoc import LIMIT
from aztrust.storage.access import note
from aztrust.storage.config import config_dir, is_private_dir
from aztrust.storage.folders import read_bounded


def layouts_path(config: Path | None = None) -> Path:
    """The file that holds the user's own layouts."""
    return (config_dir() if config is None else config) / "layouts.toml"


def all_layouts(config: Path | None = None) -> tuple[Layout, ...]:
    """The user's own layouts, then the built-in ones; a missing file names none.

    Raises:
        CouldNotCheck: the file is there and cannot be relied on (`layouts-malformed`), or its
            directory. Passed over
            in silence, it would let preflight check files that this host does not use.
    """
    path = layouts_path(config)
    if not is_private_dir(path.parent):
        return LAYOUTS
    shown = escape(str(path))
    note(path, "opened")
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return LAYOUTS
    except OSError as error:
        raise _unusable(shown, f"it cannot be read: {error.strerror or error}") from None
    if not stat.S_ISREG(mode):
        raise _unusable(shown, "it is not a regular file")
    if mode & 0o022:
        # Anyone who can write there chooses which files preflight checks.
        raise _unusable(shown, "it can be written by others than you", mend=f"chmod 600 {shown}")
    try:
        return (*parse_layouts(read_bounded(path, LIMIT), what=shown), *LAYOUTS)
    except Malformed as error:
        details = error.details if len(error.details) > 1 else ()
        raise _unusable(shown, error.message, details=details) from None


def _unusable(
    shown: str,
    cause: str,
    *,
    mend: str = "correct the file, or move it away",
    details: tuple[str, ...] = (),
) -> CouldNotCheck:
    return CouldNotCheck(
        f"the layouts in {shown} cannot be used: {cause}",
        subject=shown,
        mend=mend,
        code=LAYOUTS_CODE,
        details=details,
    )
