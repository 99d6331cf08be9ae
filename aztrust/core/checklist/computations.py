"""The names of the computations that answer items, and how many items are computed."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.checklist.definitions import Checklist, Item

ATTESTED: Final = frozenset(
    {"drill-recorded", "rehearsal-recorded", "cutover-timed", "rollback-rehearsed"}
)
"""Those that rest on what a person signed about a drill; no count of computed items has them."""
NAMES: Final = ATTESTED | {
    *("window-primary", "window-backup", "window-blackouts"),
    *("change-freeze-starts", "change-freeze-ends", "change-freeze-allowed"),
    *("rollback-halt", "rollback-participation", "rollback-cadence", "rollback-errors"),
    *("rollback-reconciliation", "genesis-checksum", "packages-approved", "freeze-confirmed"),
    *("readiness-threshold", "final-checks-passed", "results-captured"),
    *("scoring-p0", "scoring-p1", "scoring-p2", "scorecard-compiled", "sign-offs-recorded"),
    *("quorum-met", "decision-recorded", "evidence-located", "evidence-hashed"),
    *("meeting-recorded", "attendees-complete", "checklist-signed", "packet-archived"),
    "decision-indexed",
}
"""What `computed` may name."""
COUNTED: Final = ("C", "D", "E", "G", "H", "I", "J")
"""The sections whose items are counted: those of the source that bytes, clock or ledger can answer.
"""


@frozen
class Share:
    """How many of the items in the counted sections are computed."""

    computed: int
    items: int

    @property
    def percent(self) -> int:
        """Whole percent, rounded down; 0 where there are no items."""
        return self.computed * 100 // self.items if self.items else 0


def is_computed(item: Item) -> bool:
    """Whether bytes, clock or ledger answer an item, without a human yes between."""
    return item.computed is not None and item.computed not in ATTESTED


def computed_share(checklist: Checklist) -> Share:
    """The computed items of the counted sections."""
    counted = [item for item in checklist.item if item.section in COUNTED]
    return Share(sum(map(is_computed, counted)), len(counted))
