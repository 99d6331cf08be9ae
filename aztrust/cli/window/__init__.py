"""`aztrust window`: the launch window from freeze to normal operation.

`status` shows it and what comes next, `reading` what happened and what was planned, `people` who
does what; `hold` has hold and proceed, `go` the decision and the whole way to the start, `start`
the authorization, the instruction and each role; `checkpoint` its verdicts; `ends` defers and
aborts; `replan` changes a package before the start.
"""

from __future__ import annotations

from aztrust.cli.window import checkpoint, ends, go, hold, people, reading, replan, start, status
from aztrust.cli.window.base import window

__all__ = [
    "checkpoint",
    "ends",
    "go",
    "hold",
    "people",
    "reading",
    "replan",
    "start",
    "status",
    "window",
]
