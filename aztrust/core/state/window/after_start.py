"""The steps of a launch window after the network started, until normal operation."""

from __future__ import annotations

from typing import Final

from aztrust.core.records.window import WindowStatus
from aztrust.core.state.window.preconditions import (
    all_roles_active,
    exit_ready,
    exit_recorded,
    first_epoch_finalized,
    is_next_role,
    names_present_records,
    no_critical_blocker,
    no_open_anomaly,
    no_open_hold,
    observed,
    posture_entry_recorded,
    posture_interval_over,
    previous_step_observed,
)
from aztrust.core.state.window.row import STARTED, Row

_HOLD: Final = no_open_hold.PRECONDITION
# No scope is invalid here: with an invalid one the network does not start, and broken truth that is
# found after the start is an open anomaly (law 10).
_CLEAR: Final = (
    no_critical_blocker.PRECONDITION,
    no_open_anomaly.PRECONDITION,
    _HOLD,
)
_NAMES: Final = names_present_records.PRECONDITION
_OBSERVED: Final = observed.PRECONDITION
_NETWORK: Final[tuple[WindowStatus, ...]] = ("NETWORK_STARTED",)
_EPOCHS: Final[tuple[WindowStatus, ...]] = ("EARLY_EPOCHS_ACTIVE",)
_POSTURE: Final[tuple[WindowStatus, ...]] = ("RESTRICTED_POSTURE_ACTIVE",)


AFTER_START: Final[tuple[Row, ...]] = (
    Row(
        "activate-next",
        "activate-next",
        "activate",
        _NETWORK,
        (*_CLEAR, _NAMES, is_next_role.PRECONDITION, previous_step_observed.PRECONDITION),
        "The next role is activated.",
        ("AZ-9.2", "AZ-9.3"),
    ),
    Row(
        "activate-last",
        "activate-last",
        "activate",
        _NETWORK,
        (*_CLEAR, _NAMES, is_next_role.PRECONDITION, previous_step_observed.PRECONDITION),
        "The last role is activated: the first blocks are watched.",
        ("AZ-9.2", "AZ-10.1"),
        sets=("all-roles-active",),
        phase=5,
    ),
    Row(
        "restart",
        "restart",
        "activate",
        STARTED,
        (_NAMES,),
        "A restart of a role after an anomaly is approved.",
        ("AZ-34",),
    ),
    Row(
        "first-blocks-healthy",
        "first-blocks-healthy",
        "verdict",
        _NETWORK,
        (*_CLEAR, all_roles_active.PRECONDITION),
        "The first blocks are healthy.",
        ("AZ-10.1", "AZ-31.1"),
        enters="EARLY_EPOCHS_ACTIVE",
        phase=6,
    ),
    Row(
        "first-epoch-finalized",
        "first-epoch-finalized",
        "verdict",
        _EPOCHS,
        _CLEAR,
        "The first epoch is finalized.",
        ("AZ-32.1", "AZ-32.2"),
        sets=("first-epoch-finalized",),
    ),
    Row(
        "observe",
        "observe",
        "observe",
        STARTED,
        (),
        "A launch observation is recorded.",
        ("AZ-11.3",),
        sets=("observed",),
    ),
    Row(
        "observe-objection",
        "observe-objection",
        "anyone",
        STARTED,
        (),
        "A launch observation objects: an earlier one no longer counts.",
        ("AZ-11.2",),
        clears=("observed", "exit-ready"),
    ),
    Row(
        "enter-posture",
        "enter-posture",
        "enter-posture",
        _EPOCHS,
        (*_CLEAR, first_epoch_finalized.PRECONDITION, _OBSERVED),
        "The restricted posture is declared.",
        ("AZ-33.1", "AZ-33.2"),
        sets=("posture-entry",),
    ),
    Row(
        "posture-entered",
        "posture-entered",
        "verdict",
        _EPOCHS,
        (*_CLEAR, posture_entry_recorded.PRECONDITION, _OBSERVED),
        "The restricted posture is entered.",
        ("AZ-33.3",),
        enters="RESTRICTED_POSTURE_ACTIVE",
        phase=7,
    ),
    Row(
        "exit-ready",
        "exit-ready",
        "verdict",
        _POSTURE,
        (*_CLEAR, posture_interval_over.PRECONDITION, _OBSERVED),
        "The exit from the restricted posture is ready.",
        ("AZ-35.1",),
        sets=("exit-ready",),
    ),
    Row(
        "exit-not-ready",
        "exit-not-ready",
        "a-verdict",
        _POSTURE,
        (),
        "A checkpoint that does not pass takes the readiness of the exit back.",
        ("AZ-35.1",),
        clears=("exit-ready", "exit-recorded"),
        phase=7,
    ),
    Row(
        "exit-posture",
        "exit-posture",
        "exit-posture",
        _POSTURE,
        (*_CLEAR, exit_ready.PRECONDITION),
        "The exit from the restricted posture is approved.",
        ("AZ-22.2", "AZ-35.2"),
        sets=("exit-recorded",),
        phase=8,
    ),
    Row(
        "normalize",
        "normalize",
        "normalize",
        _POSTURE,
        (*_CLEAR, exit_recorded.PRECONDITION, _NAMES, _OBSERVED),
        "The network is in normal operation.",
        ("AZ-13.2", "AZ-13.3"),
        enters="NORMALIZED",
        phase=8,
    ),
    Row(
        "amend",
        "amend",
        "amend",
        _POSTURE,
        (),
        "A reviewed change of the restricted posture; the scope stays.",
        ("AZ-12.2", "AZ-34"),
    ),
)
"""In the order in which a launch takes them."""
