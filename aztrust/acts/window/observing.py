"""What people saw of a network, as it is recorded: observations, anomalies and how they close."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal

from aztrust.acts.act import checked_text, evidence_files
from aztrust.acts.window.basis import Basis
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.policy.anomalies import AnomalyClass, anomaly_rule
from aztrust.core.records.kind import Severity
from aztrust.core.records.observation import (
    OBSERVATION_CONTENTS,
    RESOLUTION_CONTENTS,
    AnomalyResolution,
    EpochRange,
    LaunchAnomaly,
    LaunchObservation,
    ObservationAnswers,
)
from aztrust.core.records.records import Unsigned
from aztrust.core.state.window.events import trigger_of_body
from aztrust.core.state.window.rehearsal import able

Guidance = Literal["CONTINUE", "HOLD", "DEFER", "ABORT"]

_EPOCHS: Final = re.compile(r"(\d{1,16})(?:-(\d{1,16}))?")


def epochs_of(text: str) -> EpochRange:
    """The epochs of `A-B`, or of `A` alone.

    Raises:
        UsageError: it is neither, or it ends before it begins.
    """
    found = _EPOCHS.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if last < first or last >= 2**53:
        raise UsageError(
            f"{escape(text)[:80]} is not a range of epochs",
            subject="--epochs",
            mend="from the first to the last, such as --epochs 0-3",
        )
    return EpochRange(first=first, last=last)


def observation(
    basis: Basis,
    epochs: EpochRange,
    answers: Mapping[str, str],
    *,
    evidence: Iterable[Path] = (),
    note: str = "",
) -> Unsigned:
    """What was observed of some epochs.

    Args:
        epochs: which.
        answers: each of the seven of AZ-11.2 to `ok`, `not-ok` or `unknown`.

    Raises:
        UsageError: the note is too long.
        CouldNotCheck: an evidence file cannot be read.
    """
    fields = {
        **basis.bound,
        "answers": ObservationAnswers.model_validate(dict(answers)),
        "evidence": evidence_files(evidence),
        "launch_window_id": basis.attempt.launch_window_id,
        "note": checked_text(note, "--note", empty=True),
        "observed_at_unix_ms": basis.now_unix_ms,
        "observed_epoch_range": epochs,
    }
    made = OBSERVATION_CONTENTS.make(LaunchObservation, fields)
    return Unsigned("launch-observation", *made)


def require_observer(basis: Basis, record: Unsigned, holder: str) -> None:
    """Refuse an observation that would let the launch go on, by a holder who cannot let it.

    Raises:
        Refused: `signer-not-in-role`.
    """
    if trigger_of_body(record.kind, record.body) != "observe":
        return
    allowed = able(basis.act.policy, "observe")
    if holder not in allowed:
        raise Refused(
            f"{holder} may object, and has no role that signs an observation without an objection",
            subject=holder,
            code="signer-not-in-role",
            mend=f"one of these signs it: {', '.join(allowed) or 'no holder'}",
        )


@frozen
class ShownBy:
    """What a signal of the observer says about an anomaly.

    Args:
        clause: what the signal is about.
        responses: digests of the responses that show it, sorted.
    """

    clause: str
    responses: tuple[str, ...]


def anomaly(
    basis: Basis,
    anomaly_class: AnomalyClass,
    incident: str,
    *,
    detail: str = "",
    severity: Severity | None = None,
    role: str | None = None,
    guidance: Guidance | None = None,
    shown: ShownBy | None = None,
) -> Unsigned:
    """Something unexpected was seen; the guidance is that of its class where none is given.

    Args:
        shown: what the observer showed, where it did.

    Raises:
        UsageError: a text is empty or too long.
    """
    rule = anomaly_rule(basis.act.policy, anomaly_class)
    body = LaunchAnomaly(
        **basis.bound,
        anomaly_class=anomaly_class,
        detail=checked_text(detail or incident, "--detail"),
        guidance=guidance or rule.guidance,
        incident=checked_text(incident, "--incident"),
        launch_window_id=basis.attempt.launch_window_id,
        observed_at_unix_ms=basis.now_unix_ms,
        role=role,
        severity=severity,
        clause=shown.clause if shown is not None else None,
        responses=(shown.responses or None) if shown is not None else None,
    )
    return Unsigned("launch-anomaly", body)


def resolution(
    basis: Basis,
    anomaly_id: str,
    reason: str,
    *,
    outcome: Literal["resolved", "accepted"] = "resolved",
    evidence: Iterable[Path] = (),
) -> Unsigned:
    """An anomaly is closed.

    Args:
        anomaly_id: its record id.

    Raises:
        UsageError: the reason is empty or too long.
        CouldNotCheck: an evidence file cannot be read.
    """
    fields = {
        **basis.bound,
        "anomaly": anomaly_id,
        "evidence": evidence_files(evidence),
        "outcome": outcome,
        "reason": checked_text(reason, "--reason"),
        "resolved_at_unix_ms": basis.now_unix_ms,
    }
    made = RESOLUTION_CONTENTS.make(AnomalyResolution, fields)
    return Unsigned("anomaly-resolution", *made)
