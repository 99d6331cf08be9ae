"""`aztrust window`: the launch window from freeze to normal operation.

`status` shows it; `ends` defers and aborts.
"""

from __future__ import annotations

from aztrust.cli.window import ends, status
from aztrust.cli.window.base import window

__all__ = ["ends", "status", "window"]
