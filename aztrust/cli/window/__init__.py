"""`aztrust window`: the launch window from freeze to normal operation.

`status` shows it and what comes next, `reading` what happened and what was planned, `people` who
does what; `hold` has hold and proceed, `go` the decision and the whole way to the start, `start`
the authorization, the instruction and each role; `checkpoint` its verdicts; `observe` and `anomaly`
what was seen, `live_status` a snapshot; `posture` what follows the start, until normal
operation; `remarks` what changes nothing; `ends` defers and aborts, and `replan` changes a
package before the start.
"""

from __future__ import annotations

from aztrust.cli.window import (
    anomaly,
    checkpoint,
    ends,
    go,
    hold,
    live_status,
    observe,
    people,
    posture,
    reading,
    remarks,
    replan,
    start,
    status,
)
from aztrust.cli.window.base import window

__all__ = [
    "anomaly",
    "checkpoint",
    "ends",
    "go",
    "hold",
    "live_status",
    "observe",
    "people",
    "posture",
    "reading",
    "remarks",
    "replan",
    "start",
    "status",
    "window",
]
