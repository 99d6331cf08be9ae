"""The twelve rows of the final checks, and which of them people answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
