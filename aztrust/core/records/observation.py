"""Records of what a holder saw on a host or in the network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, Name
from aztrust.core.base.schema import Field
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.records.contents import Contents, bound_in, scope_in
from aztrust.core.records.kind import (
    KindText,
    Reason,
    RecordKind,
    Remark,
    Severity,
    UnixMs,
    about_scope,
    act_roles,
    signers_of,
)
from aztrust.core.records.readiness import EvidenceFile
from aztrust.core.records.window import WindowPhase

Epoch = Annotated[int, Field(ge=0, le=2**53 - 1)]


_CLAUSE: Final = r"^[A-Z]{2,4}-[A-Za-z0-9.]{1,40}$"
Clause = Annotated[str, Field(pattern=_CLAUSE)]
"""A clause of the sources, as `AZ-27.1`."""


def is_clause(text: str) -> bool:
    """Whether a text has the form of a clause."""
    return re.fullmatch(_CLAUSE, text) is not None


class LaunchAnomaly(Model):
    """Something unexpected was seen, and what it suggests for the window (AZ-27)."""

    anomaly_class: AnomalyClass
    detail: Reason
    guidance: Literal["CONTINUE", "HOLD", "DEFER", "ABORT"]
    observed_at_unix_ms: UnixMs
    policy_digest: Sha256
    scope_hash: Sha256
    launch_window_id: Sha256 | None = None
    severity: Severity | None = None
    incident: Reason | None = None
    role: Name | None = None
    clause: Clause | None = None
    responses: Annotated[tuple[Sha256, ...], Field(strict=False, max_length=1000)] | None = None


class AnomalyResolution(Model):
    """An anomaly is resolved, or is accepted as it is; `anomaly` is its record id."""

    anomaly: Sha256
    evidence: Items[EvidenceFile]
    outcome: Literal["resolved", "accepted"]
    policy_digest: Sha256
    reason: Reason
    resolved_at_unix_ms: UnixMs
    scope_hash: Sha256


class LaunchLiveStatus(Model):
    """The LaunchLiveStatusRecord, with exactly the fields of AZ-21.2.

    A root is absent where there is nothing that it would be over.
    """

    live_status_id: Sha256
    launch_window_id: Sha256
    phase_class: WindowPhase
    observed_finality_health_class: Literal["healthy", "degraded", "none", "unknown"]
    observed_validator_participation_root: Sha256 | None = None
    anomaly_root: Sha256 | None = None
    local_operator_status_root: Sha256 | None = None
    timestamp_unix_ms: UnixMs


class LiveStatusMetadata(Model):
    """What a live status belongs to; the record has no hash for this, the signature covers it."""

    policy_digest: Sha256
    scope_hash: Sha256
    note: Remark


class EpochRange(Model):
    """Epochs from the first to the last, both included."""

    first: Epoch
    last: Epoch


Answer = Literal["ok", "not-ok", "unknown"]


class ObservationAnswers(Model):
    """The seven of AZ-11.2, each `ok` where what was seen is as it should be."""

    finalized_roots: Answer
    finality_cadence: Answer
    determinism: Answer
    committees: Answer
    finality_gaps: Answer
    scope_match: Answer
    governance: Answer


class LaunchObservation(Model):
    """What was observed of some epochs of a network that has started."""

    answers: ObservationAnswers
    evidence: Items[EvidenceFile]
    launch_window_id: Sha256
    note: Remark
    observed_at_unix_ms: UnixMs
    observed_epoch_range: EpochRange
    policy_digest: Sha256
    scope_hash: Sha256


def unknown_answers(answers: ObservationAnswers) -> tuple[str, ...]:
    """The questions that were not looked at, in the order of AZ-11.2: none of them is an `ok`."""
    return tuple(name for name, answer in vars(answers).items() if answer == "unknown")


def reversed_epochs(observed: EpochRange) -> Iterator[str]:
    """The fault of a range that ends before it begins."""
    if observed.last < observed.first:
        yield "its observed_epoch_range ends before it begins"


def _observation_faults(body: LaunchObservation, _: Mapping[str, Any]) -> Iterator[str]:
    yield from reversed_epochs(body.observed_epoch_range)


LIVE_STATUS_CONTENTS: Final = Contents(
    own_id="live_status_id",
    preimages={"metadata": LiveStatusMetadata},
    roots=("observed_validator_participation", "anomaly", "local_operator_status"),
)
OBSERVATION_CONTENTS: Final = Contents(faults=_observation_faults)
RESOLUTION_CONTENTS: Final = Contents()


_EVIDENCE: Final = "as of `check-attestation`"

LAUNCH_ANOMALY: Final = RecordKind(
    name="launch-anomaly",
    model=LaunchAnomaly,
    time_field="observed_at_unix_ms",
    subject=about_scope,
    is_negative=lambda _: True,
    text=KindText(
        about="Something was seen that was not expected. It invalidates nothing.",
        subject="`scope`, the scope hash",
        negative="always",
        fields={
            "anomaly_class": "one of the twelve of AZ-27.1, in lower case with hyphens:"
            " `artifact-mismatch` …",
            "detail": "1 to 1000 characters",
            "guidance": "`CONTINUE`, `HOLD`, `DEFER` or `ABORT`",
            "observed_at_unix_ms": "",
            "policy_digest": "",
            "scope_hash": "",
            "launch_window_id": "optional: the launch window that was open",
            "severity": "optional: `critical`, `major` or `minor`",
            "incident": "optional: the incident that it belongs to, 1 to 1000 characters",
            "role": "optional: the role of the network that it concerns",
            "clause": "optional: the clause that a signal of the observer is about: `AZ-29.1`",
            "responses": "optional: digests of the responses of nodes that show it, up to 1000",
        },
    ),
)
ANOMALY_RESOLUTION: Final = RecordKind(
    name="anomaly-resolution",
    model=AnomalyResolution,
    time_field="resolved_at_unix_ms",
    subject=lambda body, _: ("record", body.anomaly),
    may_sign=act_roles("resolve-anomaly"),
    depends_on=lambda body: frozenset({body.anomaly}),
    check=RESOLUTION_CONTENTS.check,
    final_part="none",
    summary=lambda body: f"of anomaly {body.anomaly[7:15]}",
    text=KindText(
        about="An anomaly is resolved, or accepted as it is.",
        subject="`record`, the anomaly",
        signer=signers_of("resolve-anomaly"),
        fields={
            "anomaly": "the record id of the anomaly",
            "evidence": _EVIDENCE,
            "outcome": "`resolved` or `accepted`",
            "policy_digest": "",
            "reason": "",
            "resolved_at_unix_ms": "",
            "scope_hash": "",
        },
    ),
)
LAUNCH_LIVE_STATUS: Final = RecordKind(
    name="launch-live-status",
    model=LaunchLiveStatus,
    time_field="timestamp_unix_ms",
    subject=scope_in("metadata"),
    bound_to=bound_in("metadata"),
    check=LIVE_STATUS_CONTENTS.check,
    preimages=LIVE_STATUS_CONTENTS.preimages,
    roots=LIVE_STATUS_CONTENTS.roots,
    final_part="none",
    summary=lambda body: f"in {body.phase_class}",
    text=KindText(
        about="The LaunchLiveStatusRecord of AZ-21.2, with exactly its fields. `preimages.metadata`"
        " has `policy_digest`, `scope_hash` and `note`; the signature covers it. What a root is"
        " over is a list of ids, sorted, in `preimages.observed_validator_participation`,"
        " `preimages.anomaly`, `preimages.local_operator_status`; an empty list and its root are"
        " absent.",
        subject="`scope`, the scope hash",
        fields={
            "live_status_id": "`sha256:` of the canonical record without this field",
            "launch_window_id": "",
            "phase_class": "one of the nine phases of AZ-4.1, without `LW_PHASE_` and the number:"
            " `FIRST_BLOCKS` …",
            "observed_finality_health_class": "`healthy`, `degraded`, `none` or `unknown`",
            "observed_validator_participation_root": "optional: the RFC 9162 root over"
            " `preimages.observed_validator_participation`",
            "anomaly_root": "optional: the RFC 9162 root over `preimages.anomaly`, record ids of"
            " anomalies",
            "local_operator_status_root": "optional: the RFC 9162 root over"
            " `preimages.local_operator_status`",
            "timestamp_unix_ms": "",
        },
    ),
)
LAUNCH_OBSERVATION: Final = RecordKind(
    name="launch-observation",
    model=LaunchObservation,
    time_field="observed_at_unix_ms",
    subject=about_scope,
    is_negative=lambda body: "not-ok" in vars(body.answers).values(),
    check=OBSERVATION_CONTENTS.check,
    final_part="none",
    summary=lambda body: (
        f"of epochs {body.observed_epoch_range.first} to {body.observed_epoch_range.last}"
    ),
    text=KindText(
        about="What was observed of some epochs of a network that has started (AZ-11).",
        subject="`scope`, the scope hash",
        negative="when an answer is `not-ok`",
        fields={
            "answers": "to each of the seven of AZ-11.2 `ok`, `not-ok` or `unknown`:"
            ' `{"finalized_roots", "finality_cadence", "determinism", "committees",'
            ' "finality_gaps", "scope_match", "governance"}`',
            "evidence": _EVIDENCE,
            "launch_window_id": "",
            "note": "up to 1000 characters",
            "observed_at_unix_ms": "",
            "observed_epoch_range": '`{"first", "last"}`',
            "policy_digest": "",
            "scope_hash": "",
        },
    ),
)
KINDS: Final = (LAUNCH_ANOMALY, ANOMALY_RESOLUTION, LAUNCH_LIVE_STATUS, LAUNCH_OBSERVATION)
