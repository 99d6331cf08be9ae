"""The steps that stop, resume or end a launch window."""

from __future__ import annotations

from typing import Final

from aztrust.core.state.window.preconditions import (
    criterion_named,
    names_present_records,
    no_critical_blocker,
    no_open_anomaly,
    scope_valid,
)
from aztrust.core.state.window.row import BEFORE_START, RUNNING, STARTED, Row

_VALID: Final = scope_valid.PRECONDITION
_NO_TRIGGER: Final = (
    _VALID,
    no_critical_blocker.PRECONDITION,
    no_open_anomaly.PRECONDITION,
)
_NAMES: Final = names_present_records.PRECONDITION


AT_ANY_TIME: Final[tuple[Row, ...]] = (
    Row(
        "scope-invalidated",
        "scope-invalidated",
        "a-verdict",
        BEFORE_START,
        (),
        "A final check found broken truth: only a defer or an abort is left.",
        ("AZ-28",),
        sets=("scope-invalidated",),
        clears=("final-checks-passed", "scope-reconfirmed"),
    ),
    Row(
        "broken-after-start",
        "scope-invalidated",
        "a-verdict",
        STARTED,
        (),
        "A final check finds broken truth in a network that runs: it stops what comes next.",
        ("AZ-28", "AZ-29.1"),
        sets=("anomaly-open",),
        clears=("final-checks-passed", "scope-reconfirmed"),
    ),
    Row(
        "hold",
        "hold",
        "hold",
        RUNNING,
        (),
        "A pause with a boundary.",
        ("AZ-7.3", "AZ-7.4", "AZ-18.3"),
        sets=("hold-open",),
    ),
    Row(
        "proceed-after-hold",
        "proceed-after-hold",
        "proceed",
        RUNNING,
        (*_NO_TRIGGER, _NAMES),
        "A hold ends by a proceed that names it.",
        ("AZ-19.3",),
        clears=("hold-open",),
    ),
    Row(
        "anomaly",
        "anomaly",
        "anyone",
        RUNNING,
        (),
        "An anomaly that stops the launch is opened.",
        ("AZ-27", "AZ-29.1"),
        sets=("anomaly-open",),
    ),
    Row(
        "resolve-anomaly",
        "resolve-anomaly",
        "resolve-anomaly",
        RUNNING,
        (_NAMES,),
        "An anomaly is closed by those who may.",
        ("AZ-13.2", "AZ-38.1"),
        clears=("anomaly-open",),
    ),
    Row(
        "blocker",
        "blocker",
        "anyone",
        RUNNING,
        (),
        "A critical blocker is opened.",
        ("AZ-8.2",),
        sets=("blocker-open",),
    ),
    Row(
        "close-blocker",
        "close-blocker",
        "anyone",
        RUNNING,
        (),
        "A critical blocker is closed by those who may.",
        ("AZ-8.2",),
        clears=("blocker-open",),
    ),
    Row(
        "defer",
        "defer",
        "defer",
        BEFORE_START,
        (),
        "The window ends; the scope may be tried again.",
        ("AZ-2.3", "AZ-28"),
        enters="DEFERRED",
    ),
    Row(
        "abort",
        "abort",
        "abort",
        (*BEFORE_START, "DEFERRED"),
        (),
        "The window ends, and its scope with it; also after a defer.",
        ("AZ-2.3", "AZ-28"),
        enters="ABORTED",
    ),
    Row(
        "abort-started",
        "abort",
        "abort-started",
        STARTED,
        (criterion_named.PRECONDITION,),
        "A started network is given up, by a criterion that the record names.",
        ("AZ-28",),
        enters="ABORTED",
    ),
)
"""What stops comes before what resumes."""
