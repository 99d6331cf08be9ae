"""`aztrust window`: the launch window from freeze to normal operation.

`status` shows it and what comes next, `reading` what happened and what was planned; `ends` defers
and aborts.
"""

from __future__ import annotations

from aztrust.cli.window import ends, reading, status
from aztrust.cli.window.base import window

__all__ = ["ends", "reading", "status", "window"]
