"""The computations by the names that definitions have for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.judge.checklist import drills, files, meeting, rollback, verified, windows
from aztrust.core.judge.checklist.outcome import Computation

COMPUTATIONS: Final[Mapping[str, Computation]] = {
    "window-primary": windows.primary,
    "window-backup": windows.backup,
    "window-blackouts": windows.blackouts,
    "change-freeze-starts": windows.freeze_starts,
    "change-freeze-ends": windows.freeze_ends,
    "change-freeze-allowed": windows.freeze_allowed,
    "rollback-halt": rollback.criterion("halt"),
    "rollback-participation": rollback.criterion("participation"),
    "rollback-cadence": rollback.criterion("cadence"),
    "rollback-errors": rollback.criterion("errors"),
    "rollback-reconciliation": rollback.criterion("reconciliation"),
    "genesis-checksum": verified.genesis_checksum,
    "packages-approved": verified.packages_approved,
    "freeze-confirmed": verified.freeze_confirmed,
    "readiness-threshold": verified.readiness,
    "final-checks-passed": verified.final_checks,
    "drill-recorded": drills.recorded,
    "rehearsal-recorded": drills.recorded,
    "cutover-timed": drills.recorded,
    "rollback-rehearsed": drills.recorded,
    "results-captured": drills.captured,
    "scoring-p0": meeting.score_of("P0"),
    "scoring-p1": meeting.score_of("P1"),
    "scoring-p2": meeting.score_of("P2"),
    "scorecard-compiled": meeting.scorecard,
    "sign-offs-recorded": meeting.sign_offs,
    "quorum-met": meeting.quorum,
    "decision-recorded": meeting.decision_recorded,
    "evidence-located": files.located,
    "evidence-hashed": files.hashed,
    "meeting-recorded": meeting.meeting,
    "attendees-complete": meeting.attendees,
    "checklist-signed": meeting.signed,
    "packet-archived": files.archived,
    "decision-indexed": meeting.indexed,
}
