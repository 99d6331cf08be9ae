"""How long a test waits for an event that must come.

One number for all tests, so that no test chooses one that only an idle machine meets.
"""

from __future__ import annotations

import errno
import os
import select
from typing import Final

PATIENCE: Final = 600.0
"""Seconds after which something hangs. It bounds a hang; no test that passes waits it out."""


def readable(descriptor: int, size: int = 65_536) -> bytes:
    """What can be read from a pipe or a terminal as soon as there is something; empty at its end.

    Raises:
        AssertionError: nothing comes.
    """
    ready, _, _ = select.select([descriptor], [], [], PATIENCE)
    assert ready, f"nothing came within {PATIENCE:g} s"
    try:
        return os.read(descriptor, size)
    except OSError as error:
        # Linux answers so where a terminal's other side is closed.
        if error.errno != errno.EIO:
            raise
        return b""
