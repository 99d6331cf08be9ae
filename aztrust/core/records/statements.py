"""The structured statement of a record: one line to read aloud (AZ-36.1).

    hold issued for anomaly class no-finality-anomaly
    go/no-go decision = GO

A statement comes from a record and names what the record names, so that it maps to the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aztrust.core.records.kind import Preimages
from aztrust.core.records.records import VerifiedRecord

_Line = Callable[[Any, Preimages], str]


def statement_of(record: VerifiedRecord, *, release_package_id: str = "") -> str:
    """The statement of a record of a launch window; "" where its kind has none.

    Args:
        record: the record.
        release_package_id: the release of its window, which an abort does not name; "" where it
            is unknown.
    """
    return body_statement(
        record.kind, record.body, record.preimages, release_package_id=release_package_id
    )


def body_statement(
    kind: str, body: object, preimages: Preimages, *, release_package_id: str = ""
) -> str:
    """The statement of a record that may not be signed yet; as `statement_of`.

    Args:
        kind: one of `records.KINDS`.
        body: of that kind's model.
        preimages: as its kind checks them.
        release_package_id: as in `statement_of`.
    """
    if kind == "launch-abort":
        return f"abort issued for release_package_id {release_package_id or 'unknown'}"
    line = _LINES.get(kind)
    return line(body, preimages) if line is not None else ""


def checkpoint_line(checkpoint_class: str, verdict: str) -> str:
    """The statement of a verdict: `checkpoint freeze_confirmed = pass`."""
    return f"checkpoint {checkpoint_class} = {verdict}"


def _window(action: str) -> _Line:
    return lambda body, _: f"{action} for launch_window_id {body.launch_window_id}"


def _target(action: str) -> _Line:
    return lambda body, _: (
        f"{action} for chain_id {body.target_chain_id}, genesis_hash {body.target_genesis_hash}"
    )


def _hold(body: Any, preimages: Preimages) -> str:  # noqa: ANN401 - the body of any kind
    seen = preimages["hold_reason"].get("anomaly_class")
    return f"hold issued for anomaly class {seen}" if seen else _window("hold issued")(body, {})


def _proceed(body: Any, _: Preimages) -> str:  # noqa: ANN401 - as above
    hold = body.prior_hold_id
    return f"proceed after hold {hold}" if hold else _window("proceed recorded")(body, {})


_LINES: Final[Mapping[str, _Line]] = {
    "launch-window": _window("launch window opened"),
    "launch-defer": _window("defer issued"),
    "launch-hold": _hold,
    "launch-proceed": _proceed,
    "go-no-go-decision": lambda body, _: f"go/no-go decision = {body.decision}",
    "launch-authorization": _target("bootstrap authorized"),
    "bootstrap-start-instruction": _target("bootstrap start instructed"),
    "role-activation": lambda body, _: f"role {body.role} = {body.action}",
    "launch-live-status": lambda body, _: (
        f"live status in {body.phase_class}: finality {body.observed_finality_health_class}"
    ),
    "launch-observation": lambda body, _: (
        f"observation of epochs {body.observed_epoch_range.first} to"
        f" {body.observed_epoch_range.last} recorded"
    ),
    "launch-anomaly": lambda body, _: (
        f"anomaly of class {body.anomaly_class} recorded, guidance {body.guidance}"
    ),
    "anomaly-resolution": lambda body, _: f"anomaly {body.anomaly} = {body.outcome}",
    "restricted-posture-entry": lambda _, __: "restricted posture entered",
    "restricted-posture-exit": lambda _, __: "restricted posture exited",
    "normalization": _window("normal operation declared"),
    "amendment": lambda body, _: f"amendment of a {body.change} recorded for {body.incident}",
    "exception": lambda body, _: f"exception recorded in step {body.step}",
    "checklist-plan": _window("plan of the checklist fixed"),
    "checklist-answer": lambda body, _: f"checklist item {body.item} = {body.answer}",
    "checklist-sign-off": lambda body, _: f"sign-off of area {body.area} = {body.decision}",
    "checklist-closed": _window("checklist closed"),
    "correction": lambda body, _: f"correction recorded for record {body.corrects}",
}
