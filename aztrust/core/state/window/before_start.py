"""The steps of a launch window until the network starts."""

from __future__ import annotations

from typing import Final

from aztrust.core.records.window import WindowStatus
from aztrust.core.state.window.preconditions import (
    authorized,
    final_checks_passed,
    final_checks_recent,
    go_decision,
    go_hold_reviewed,
    instructed,
    is_next_role,
    names_present_records,
    no_adverse_decision,
    no_critical_blocker,
    no_open_anomaly,
    no_open_hold,
    proceed_recorded,
    scope_reconfirmed,
    scope_valid,
    start_window_open,
)
from aztrust.core.state.window.preconditions import frozen as freeze_confirmed
from aztrust.core.state.window.row import BEFORE_START, Row

_HOLD: Final = no_open_hold.PRECONDITION
_VALID: Final = scope_valid.PRECONDITION
_NO_TRIGGER: Final = (
    _VALID,
    no_critical_blocker.PRECONDITION,
    no_open_anomaly.PRECONDITION,
)
_CLEAR: Final = (*_NO_TRIGGER, _HOLD)
_NO_GO: Final = no_adverse_decision.PRECONDITION
_PASSED: Final = final_checks_passed.PRECONDITION
_RECENT: Final = final_checks_recent.PRECONDITION
_NAMES: Final = names_present_records.PRECONDITION
_OPEN: Final[tuple[WindowStatus, ...]] = ("OPEN",)
_CHECKS: Final[tuple[WindowStatus, ...]] = ("IN_FINAL_CHECKS",)
_POINT: Final[tuple[WindowStatus, ...]] = ("AT_GO_HOLD_POINT",)
_AUTHORIZED: Final[tuple[WindowStatus, ...]] = ("BOOTSTRAP_AUTHORIZED",)


UNTIL_START: Final[tuple[Row, ...]] = (
    Row(
        "freeze",
        "freeze",
        "verdict",
        _OPEN,
        (_VALID,),
        "The freeze of the window's scope is confirmed.",
        ("AZ-5.2",),
        sets=("frozen",),
        phase=0,
    ),
    Row(
        "first-final-check",
        "final-check",
        "a-verdict",
        _OPEN,
        (_VALID, freeze_confirmed.PRECONDITION, _HOLD),
        "The first final check of the window is signed, whatever it concludes.",
        ("AZ-4.2", "AZ-5.3"),
        enters="IN_FINAL_CHECKS",
        phase=1,
        waits=True,
    ),
    Row(
        "final-checks-passed",
        "final-check-passed",
        "verdict",
        _CHECKS,
        _CLEAR,
        "The final checks passed; a conditional result does not do.",
        ("AZ-6.2", "AZ-7.1"),
        sets=("final-checks-passed",),
        enters="AT_GO_HOLD_POINT",
        phase=2,
        waits=True,
    ),
    Row(
        "final-checks-again",
        "final-check-passed",
        "verdict",
        _POINT,
        _CLEAR,
        "The final checks passed again.",
        ("AZ-6.2",),
        sets=("final-checks-passed",),
        waits=True,
    ),
    Row(
        "scope-reconfirmed",
        "final-check-passed",
        "verdict",
        _AUTHORIZED,
        (*_CLEAR, instructed.PRECONDITION),
        "A final check after the instruction confirms the scope one final time.",
        ("AZ-30.1",),
        sets=("final-checks-passed", "scope-reconfirmed"),
        waits=False,
    ),
    Row(
        "final-checks-authorized",
        "final-check-passed",
        "verdict",
        _AUTHORIZED,
        _CLEAR,
        "The final checks passed again, before the instruction.",
        ("AZ-6.2",),
        sets=("final-checks-passed",),
        waits=True,
    ),
    Row(
        "final-checks-not-passed",
        "final-check-not-passed",
        "a-verdict",
        BEFORE_START,
        (),
        "A final check that does not pass takes the earlier pass back.",
        ("AZ-2.2", "AZ-6.3"),
        clears=("final-checks-passed", "scope-reconfirmed"),
    ),
    Row(
        "proceed",
        "proceed",
        "proceed",
        _POINT,
        (*_CLEAR, _NO_GO, _PASSED, _RECENT),
        "The signers say PROCEED_TO_BOOTSTRAP_AUTH.",
        ("AZ-7.2",),
        sets=("proceed",),
        waits=True,
    ),
    Row(
        "go-hold-reviewed",
        "go-hold-reviewed",
        "verdict",
        _POINT,
        (*_CLEAR, _NO_GO, proceed_recorded.PRECONDITION, _PASSED, _RECENT),
        "The review of the go/hold point is completed.",
        ("AZ-7.2", "AZ-17.2"),
        sets=("go-hold-reviewed",),
        phase=3,
        waits=True,
    ),
    Row(
        "go-hold-not-reviewed",
        "go-hold-not-reviewed",
        "a-verdict",
        _POINT,
        (),
        "A review that does not pass takes the proceed back.",
        ("AZ-7.2",),
        clears=("proceed", "go-hold-reviewed"),
    ),
    Row(
        "decide-go",
        "decide-go",
        "decide",
        _POINT,
        (*_CLEAR, _NO_GO, go_hold_reviewed.PRECONDITION, _PASSED, _RECENT),
        "The decision is GO.",
        ("AZ-8.2",),
        sets=("go",),
        waits=True,
    ),
    Row(
        "decide-no-go",
        "decide-no-go",
        "decide",
        BEFORE_START,
        (),
        "The decision is NO_GO or DEFER; a defer or an abort follows.",
        ("AZ-8.2", "AZ-28"),
        sets=("no-go",),
        clears=("go",),
    ),
    Row(
        "authorize",
        "authorize",
        "authorize",
        _POINT,
        (*_CLEAR, _NO_GO, go_decision.PRECONDITION, _NAMES, _PASSED, _RECENT),
        "The launch is authorized.",
        ("AZ-8.2", "AZ-8.3"),
        sets=("authorized",),
        waits=True,
    ),
    Row(
        "bootstrap-authorized",
        "bootstrap-authorized",
        "verdict",
        _POINT,
        (*_CLEAR, _NO_GO, authorized.PRECONDITION, _PASSED, _RECENT),
        "The checkpoint bootstrap_authorized passed.",
        ("AZ-8.2", "AZ-8.4"),
        enters="BOOTSTRAP_AUTHORIZED",
        phase=3,
        waits=True,
    ),
    Row(
        "instruct",
        "instruct",
        "instruct",
        _AUTHORIZED,
        (*_CLEAR, _NO_GO, _NAMES),
        "The bootstrap instruction is given, and countersigned by the role leads.",
        ("AZ-8.3", "AZ-20.2", "AZ-30.1"),
        sets=("instructed",),
        clears=("scope-reconfirmed",),
        waits=True,
    ),
    Row(
        "activate-first",
        "activate-first",
        "activate",
        _AUTHORIZED,
        (
            *_CLEAR,
            _NO_GO,
            instructed.PRECONDITION,
            _NAMES,
            is_next_role.PRECONDITION,
            scope_reconfirmed.PRECONDITION,
            _RECENT,
            start_window_open.PRECONDITION,
        ),
        "The first role is activated: the network starts.",
        ("AZ-9.1", "AZ-30.1"),
        enters="NETWORK_STARTED",
        phase=4,
    ),
)
"""In the order in which acts of one sitting take effect."""
