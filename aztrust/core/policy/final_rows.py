"""The twelve rows of the final checks: which there are, who owns each, what the policy says of it.

They are the ten rows of AZ-23.1 and the ten checks of AZ-6.2, of which eight are the same question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.base.durations import parse_duration
from aztrust.core.base.value import frozen
from aztrust.core.policy import Policy, Probe
from aztrust.core.policy.authority import verdict_rule

__all__ = ["ANSWERED_ROWS", "MACHINE_ROWS", "ROWS", "Probe", "RowRule", "row_rule"]

MACHINE_ROWS: Final = (
    "release-integrity",
    "genesis-integrity",
    "package-compatibility",
    "binary-integrity",
    "chain-id",
)
"""Computed from this run's own recomputation."""

ANSWERED_ROWS: Final[Mapping[str, str]] = {
    "operator-preflight": "ops-lead",
    "operator-readiness": "ops-lead",
    "role-readiness": "launch-coordinator",
    "monitoring-live": "ops-lead",
    "incident-path": "incident-commander",
    "blocker-review": "launch-coordinator",
    "advisory-review": "security-lead",
}
"""Answered by people or by the monitoring: row to the role that owns it unless a policy says so."""

ROWS: Final = (*MACHINE_ROWS, *ANSWERED_ROWS)
"""In the order in which a matrix has them."""

DEFAULT_MAX_AGE: Final = "1h"


@frozen
class RowRule:
    """What holds for one row.

    Args:
        role: who owns it.
        max_age_ms: how long an answer counts.
        not_applicable: why it need not be answered, "" where it must be.
        probe: what the monitoring is asked, None where people answer.
    """

    role: str
    max_age_ms: int
    not_applicable: str = ""
    probe: Probe | None = None


def row_rule(policy: Policy, row: str) -> RowRule:
    """The rule of a row under a policy; the machine's rows belong to whoever signs verdicts."""
    table = policy.checks.get(row)
    if row in MACHINE_ROWS:
        rule = verdict_rule(policy)
        role = min(rule.roles) if rule is not None else ""
    else:
        role = ANSWERED_ROWS[row]
    if table is None:
        return RowRule(role, parse_duration(DEFAULT_MAX_AGE))
    return RowRule(
        role=table.role or role,
        max_age_ms=parse_duration(table.max_age),
        not_applicable=table.not_applicable or "",
        probe=table.probe,
    )
