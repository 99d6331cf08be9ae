"""What a step of the launch window is made of: its phases, statuses, signers, and one row."""

from __future__ import annotations

from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.policy.window_tables import Act
from aztrust.core.records.window import WindowStatus
from aztrust.core.state.window.facts import StoredFact
from aztrust.core.state.window.precondition import Precondition

PHASES: Final = (
    "LW_PHASE_0_FREEZE_CONFIRMED",
    "LW_PHASE_1_FINAL_CHECKS",
    "LW_PHASE_2_GO_HOLD_POINT",
    "LW_PHASE_3_BOOTSTRAP_AUTH",
    "LW_PHASE_4_NETWORK_START",
    "LW_PHASE_5_FIRST_BLOCKS",
    "LW_PHASE_6_FIRST_EPOCHS",
    "LW_PHASE_7_RESTRICTED_POSTURE",
    "LW_PHASE_8_NORMALIZATION",
)
"""The nine of AZ-4.1, by number."""

BEFORE_START: Final[tuple[WindowStatus, ...]] = (
    "OPEN",
    "IN_FINAL_CHECKS",
    "AT_GO_HOLD_POINT",
    "BOOTSTRAP_AUTHORIZED",
)
STARTED: Final[tuple[WindowStatus, ...]] = (
    "NETWORK_STARTED",
    "EARLY_EPOCHS_ACTIVE",
    "RESTRICTED_POSTURE_ACTIVE",
)
RUNNING: Final[tuple[WindowStatus, ...]] = (*BEFORE_START, *STARTED)
"""Every status that is not an end: NORMALIZED, DEFERRED and ABORTED are."""

PLACE: Final[dict[WindowStatus, int]] = {
    status: place for place, status in enumerate((*RUNNING, "NORMALIZED", "DEFERRED", "ABORTED"))
}
"""Each status by its number in the order of a launch."""

SignedBy = Act | Literal["verdict", "a-verdict", "anyone"]
"""Whose signatures a step takes: an act of `[authority]`; the rule of `[verdicts]`, or one of its
signers; one holder of the policy.
"""

Trigger = Literal[
    "freeze",
    "final-check",
    "final-check-passed",
    "final-check-not-passed",
    "scope-invalidated",
    "hold",
    "proceed-after-hold",
    "proceed",
    "go-hold-reviewed",
    "go-hold-not-reviewed",
    "decide-go",
    "decide-no-go",
    "authorize",
    "bootstrap-authorized",
    "instruct",
    "activate-first",
    "activate-next",
    "activate-last",
    "restart",
    "first-blocks-healthy",
    "first-epoch-finalized",
    "observe",
    "observe-objection",
    "enter-posture",
    "posture-entered",
    "exit-ready",
    "exit-not-ready",
    "exit-posture",
    "normalize",
    "amend",
    "anomaly",
    "resolve-anomaly",
    "blocker",
    "close-blocker",
    "defer",
    "abort",
]
"""What may happen in a window. One record or verdict can be several: the first final check that
passes is `final-check`, then `final-check-passed`.
"""


@frozen
class Row:
    """One step.

    Args:
        id: its name; several rows may have one trigger, and the first that is possible is taken.
        trigger: what happens.
        act: whose signatures it takes.
        possible_in: the statuses that it can follow.
        needs: what must hold besides; the first one that does not is shown first.
        says: the step in one sentence.
        clauses: what it is from.
        sets: facts that are there after it.
        clears: facts that are not there after it.
        enters: the status after it, "" where it stays.
        phase: the number of the phase after it, -1 where it stays.
        waits: whether an act that has its signatures waits for the conditions; otherwise it has no
            effect where they are not met at its place in the ledger.
    """

    id: str
    trigger: Trigger
    act: SignedBy
    possible_in: tuple[WindowStatus, ...]
    needs: tuple[Precondition, ...]
    says: str
    clauses: tuple[str, ...]
    sets: tuple[StoredFact, ...] = ()
    clears: tuple[StoredFact, ...] = ()
    enters: WindowStatus | Literal[""] = ""
    phase: int = -1
    waits: bool = False
