"""Kit files: telling one, and reading one once."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.kit.archive import (
    EARLIER_ORDER,
    KIT_LIMIT,
    SCRIPT,
    Kit,
    looks_like_kit,
    parse_kit,
)
from aztrust.storage.presence import is_regular

_NAME_A_FILE = "name the kit file as it was downloaded, or a launch directory"


def holds_kit(path: Path) -> bool:
    """Whether a file means to be a kit, by its first bytes or its name; links are followed."""
    if not is_regular(path):
        return False
    return path.suffix == ".aztrust" or looks_like_kit(_read(path, 16))


def read_kit(path: Path) -> Kit:
    """The contents of a kit file, read once; a link that a person names is followed.

    Raises:
        Malformed: `kit-malformed`: it is something else, or was changed.
        CouldNotCheck: it is missing, unreadable, or not a regular file.
    """
    return parse_kit(_read(path, KIT_LIMIT + 1), what=escape(str(path)))


def read_current_kit(path: Path) -> Kit:
    """The same, of the form that this version reads.

    Raises:
        Malformed: as `read_kit`.
        CouldNotCheck: as `read_kit`; or the kit has its ledger in an earlier form.
    """
    kit = read_kit(path)
    if EARLIER_ORDER in kit.files:
        name = escape(str(path))
        raise CouldNotCheck(
            f"{name} has its ledger in an earlier form ({EARLIER_ORDER})",
            subject=name,
            mend=f"get the current kit, or convert this one: aztrust ledger migrate {name}"
            " NEW.aztrust",
        )
    return kit


def check_script() -> bytes | None:
    """The POSIX script that travels in kits, as it was installed; None where it was left out."""
    from pkgutil import get_data

    try:
        # Also where the package has no folder: in the single executable.
        return get_data("aztrust.storage", SCRIPT)
    except FileNotFoundError:
        return None


def _read(path: Path, count: int) -> bytes:
    try:
        # Without O_NONBLOCK, a FIFO in its place would hold the command for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unreadable(path, "not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(count)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    finally:
        os.close(descriptor)


def _unreadable(path: Path, cause: str) -> CouldNotCheck:
    shown = escape(str(path))
    return CouldNotCheck(f"cannot read {shown}: {cause}", subject=shown, mend=_NAME_A_FILE)
