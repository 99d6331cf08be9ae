"""The questions of the final checks that people, or the monitoring, answer (AZ-6.2).

What a machine recomputes is asked by the other checks; `core.judge.final_matrix` lays both into
the rows.
"""

from __future__ import annotations

from aztrust.core.checks.check import Check
from aztrust.core.checks.final import (
    advisory_review,
    blocker_review,
    incident_path,
    lesson,
    monitoring_live,
    operator_preflight,
    operator_readiness,
    role_readiness,
)

FINAL_CHECKS: tuple[Check, ...] = (
    operator_preflight.CHECK,
    operator_readiness.CHECK,
    role_readiness.CHECK,
    monitoring_live.CHECK,
    incident_path.CHECK,
    blocker_review.CHECK,
    advisory_review.CHECK,
    lesson.CHECK,
)
