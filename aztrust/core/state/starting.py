"""What the records say about starting a network: authorized, instructed, begun, normal, or over."""

from __future__ import annotations

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.records.window import WindowStatus
from aztrust.core.state.context import Context

RUNS: frozenset[WindowStatus] = frozenset(
    {"NETWORK_STARTED", "EARLY_EPOCHS_ACTIVE", "RESTRICTED_POSTURE_ACTIVE"}
)
"""The network has started and is not in normal operation yet."""


@frozen
class Starting:
    """One launch window, as a host asks about it.

    Args:
        status: of the window.
        order: the roles in the order of the instruction in force; () without one.
        activated: the roles that were activated.
        missing: the conditions of the first activation that do not hold now.
        unapproved: (role, record id) of each anomaly that no approval of a restart names; the role
            is "" where the anomaly names none.
    """

    status: WindowStatus
    order: tuple[str, ...] = ()
    activated: tuple[str, ...] = ()
    missing: tuple[Finding, ...] = ()
    unapproved: tuple[tuple[str, str], ...] = ()

    @property
    def runs(self) -> bool:
        """Whether the network has started, and is not in normal operation yet."""
        return self.status in RUNS

    @property
    def is_normal(self) -> bool:
        """Whether the network is in normal operation."""
        return self.status == "NORMALIZED"


def read_starting(context: Context) -> Starting | None:
    """The window of the scope that is here; None where there is none."""
    del context
    return None
