"""How many processors there are to use; apart from the pool, whose imports are not free."""

from __future__ import annotations

import os


def default_jobs() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
