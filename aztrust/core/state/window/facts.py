"""The facts that a launch window's state consists of, each with its name.

A fact is there or is not. Most are set by a step and stay until a step clears them. Some depend on
the time, and some on the record that asks for a step. The transition table uses nothing else, so
that the same table can be explored by a program that knows no record (docs/window.md).
"""

from __future__ import annotations

from typing import Final, Literal

StoredFact = Literal[
    "frozen",
    "final-checks-passed",
    "proceed",
    "go-hold-reviewed",
    "go",
    "no-go",
    "authorized",
    "instructed",
    "scope-reconfirmed",
    "all-roles-active",
    "first-epoch-finalized",
    "observed",
    "posture-entry",
    "exit-ready",
    "exit-recorded",
    "hold-open",
    "blocker-open",
    "anomaly-open",
    "scope-invalidated",
]
TimedFact = Literal["final-checks-recent", "start-window-open", "posture-interval-over"]
EventFact = Literal[
    "names-present-records",
    "is-next-role",
    "previous-step-observed",
    "criterion-named",
    "checklist-decided",
]
Fact = StoredFact | TimedFact | EventFact

STORED: Final[dict[StoredFact, str]] = {
    "frozen": "the freeze of this window is confirmed",
    "final-checks-passed": "the last final check passed, readiness included",
    "proceed": "the signers say PROCEED_TO_BOOTSTRAP_AUTH",
    "go-hold-reviewed": "the checkpoint go_hold_review_completed passed",
    "go": "the decision is GO",
    "no-go": "a decision is NO_GO or DEFER",
    "authorized": "the launch authorization is in force",
    "instructed": "the bootstrap instruction is in force: the order is understood",
    "scope-reconfirmed": "a final check passed after the instruction",
    "all-roles-active": "every role of the order is activated",
    "first-epoch-finalized": "the checkpoint first_epoch_finalized passed",
    "observed": "a launch observation without an objection is recorded",
    "posture-entry": "the restricted posture entry is in force",
    "exit-ready": "the checkpoint restricted_posture_exit_ready passed",
    "exit-recorded": "the restricted posture exit is in force",
    "hold-open": "a hold is open",
    "blocker-open": "a critical blocker is open",
    "anomaly-open": "an anomaly that stops the launch is open",
    "scope-invalidated": "the scope was ended by broken truth",
}
TIMED: Final[dict[TimedFact, str]] = {
    "final-checks-recent": "the last final check that passed is younger than max_final_check_age",
    "start-window-open": "the time is within the start window of the instruction",
    "posture-interval-over": "the least time of the restricted posture is over",
}
OF_THE_RECORD: Final[dict[EventFact, str]] = {
    "names-present-records": "the record names the records that are in force",
    "is-next-role": "the role is the next one of the order",
    "previous-step-observed": "the record says what was seen of the step before",
    "criterion-named": "the record names a measure and its criterion",
    "checklist-decided": "the record rests on the checklist of the policy, if it has one",
}
