"""The one command of each step of a launch window, as it is typed.

The script of a window, `window next` and the tasks name the same commands. A word in capitals is a
value that the reader alone knows (`core.base.advice`).
"""

from __future__ import annotations

from typing import Final

from aztrust.core.base.advice import name_of
from aztrust.core.state.window.deciding import decide_command
from aztrust.core.state.window.state import WindowState, hold_ids

_CHECK: Final = "aztrust final-check"
_COMMANDS: Final[dict[str, str]] = {
    "freeze": "aztrust freeze",
    "go": "aztrust window go --reason T --opens TIME --closes TIME",
    "first-final-check": _CHECK,
    "final-checks-passed": _CHECK,
    "final-checks-again": _CHECK,
    "final-checks-authorized": _CHECK,
    "scope-reconfirmed": _CHECK,
    "proceed": "aztrust window proceed --reason T",
    "go-hold-reviewed": "aztrust window checkpoint go_hold_review_completed",
    "decide-no-go": "aztrust window decide no-go --reason T",
    "authorize": "aztrust window authorize",
    "bootstrap-authorized": "aztrust window checkpoint bootstrap_authorized",
    "instruct": "aztrust window instruct --opens TIME --closes TIME",
    "activate-first": "aztrust window activate-role ROLE",
    "activate-next": "aztrust window activate-role ROLE --observed T",
    "activate-last": "aztrust window activate-role ROLE --observed T",
    "restart": "aztrust window activate-role ROLE --restart --anomaly ID",
    "first-blocks-healthy": "aztrust window checkpoint first_blocks_healthy --evidence FILE",
    "first-epoch-finalized": "aztrust window checkpoint first_epoch_finalized --evidence FILE",
    "observe": "aztrust window observe --epochs EPOCHS --evidence FILE",
    "enter-posture": "aztrust window posture enter --epochs EPOCHS",
    "posture-entered": "aztrust window checkpoint restricted_posture_entered",
    "exit-ready": "aztrust window checkpoint restricted_posture_exit_ready",
    "exit-posture": "aztrust window posture exit --reason T",
    "normalize": "aztrust window normalize --reason T",
    "amend": "aztrust window amend --incident T --reason T --change binary",
    "note": "aztrust window note T",
    "snapshot": "aztrust window posture attest snapshots pass --evidence FILE",
    "hold": "aztrust window hold T",
    "proceed-after-hold": "aztrust window proceed ID --reason T",
    "anomaly": "aztrust help window anomaly",
    "resolve-anomaly": "aztrust window anomaly --close ID --reason T",
    "blocker": "aztrust blocker open T --severity critical",
    "close-blocker": "aztrust blocker close ID --reason T",
    "defer": "aztrust window defer --reason T",
    "abort": "aztrust window abort --trigger other --reason T",
    "abort-started": "aztrust window abort --trigger other --reason T --measure halt"
    " --criterion T --old-state T",
}
GO: Final = "go"
"""Instead of a row: proceed, decision, authorization and instruction in one sitting."""
IN_ONE_SITTING: Final = ("proceed", "decide-go", "authorize", "instruct")
"""The rows that it proposes, in the order in which they take effect."""


def command_of(row_id: str, state: WindowState | None = None, *, by_checklist: bool = False) -> str:
    """The command of a step, "" where the command line has none.

    Args:
        row_id: of a row of the transition table; `GO`, `note` or `snapshot`.
        state: of the window, for the values that it knows: the next role, the hold that is open.
        by_checklist: whether the policy names a checklist; the state knows it, too. Then the
            decision is an act of its own, and nothing is decided in one sitting.
    """
    by_checklist = by_checklist or (state is not None and state.by_checklist)
    typed = _COMMANDS.get(row_id, "")
    if row_id == "decide-go":
        typed = decide_command(by_checklist=by_checklist)
    elif row_id == GO and by_checklist:
        typed = ""
    if state is not None and state.next_role:
        typed = typed.replace("ROLE", state.next_role)
    if state is not None and state.anomalies and row_id == "resolve-anomaly":
        typed = typed.replace("ID", state.anomalies[0].record_id[7:23])
    if state is not None and state.holds and row_id == "proceed-after-hold":
        typed = typed.replace("ID", hold_ids(state)[0][7:23])
    return typed if name_of(typed) else ""


def countersign_command(record_id: str) -> str:
    """The command that adds a signature to an act."""
    typed = f"aztrust countersign {record_id[7:23]}"
    return typed if name_of(typed) else ""
