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
        UsageError: $AZTRUST_LAUNCH names a URL: the network is used where an option says so.
    """
    named = named or os.environ.get(VARIABLE)
    if not named:
        return find_launch(Path.cwd())
    if "://" in named:
        raise UsageError(
            f"${VARIABLE} names a URL, and only an option may",
            subject=VARIABLE,
            mend="name it with -C",
        )
    return Path(named).absolute() if is_kit(Path(named)) else require_launch(Path(named))
