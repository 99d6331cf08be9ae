"""The launch that a command is used in, where no option names one."""

from __future__ import annotations

import os
from pathlib import Path

from aztrust.core.base.errors import UsageError
from aztrust.storage.launch import find_launch, is_kit, require_launch

VARIABLE = "AZTRUST_LAUNCH"


def launch_here(named: str | None = None) -> Path:
    """The launch directory or kit that is named, else that of $AZTRUST_LAUNCH, else the one around.

    Raises:
        NothingToVerify: there is none.
        UsageError: $AZTRUST_LAUNCH names a URL: the network is used where an option says so; or the
            name is empty.
    """
    by = "-C"
    if named is None:
        by, named = f"${VARIABLE}", os.environ.get(VARIABLE)
    if named is None:
        return find_launch(Path.cwd())
    if not named:
        raise UsageError(
            f"{by} is empty", subject=by, mend="is a variable not set? name a launch, or drop it"
        )
    if "://" in named:
        raise UsageError(
            f"${VARIABLE} names a URL, and only an option may",
            subject=VARIABLE,
            mend="name it with -C",
        )
    return Path(named).absolute() if is_kit(Path(named)) else require_launch(Path(named))
