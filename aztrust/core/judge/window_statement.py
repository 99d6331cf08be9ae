"""The structured statement of a record or verdict, one line to read aloud (AZ-36.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import LaunchWindow
from aztrust.core.state.window.state import Signed


def statement_of(record: Signed, window: VerifiedRecord | None = None) -> str:
    """The statement.

    Args:
        record: what was signed.
        window: the record that opened the window, which knows the packages; None where it is not
            here.
    """
    if isinstance(record, HeldVerdict):
        checkpoint = record.statement.checkpoint
        return f"checkpoint {checkpoint.checkpoint_class} = {checkpoint.verdict}"
    if record.kind == "launch-abort":
        opened = window.body if window is not None else None
        package = "unknown"
        if isinstance(opened, LaunchWindow):
            package = opened.authorized_release_package_id
        return f"abort issued for release_package_id {package}"
    written = _STATEMENTS.get(record.kind)
    return written(record.body, record.preimages) if written else f"{record.title} recorded"


def _hold(_: Any, preimages: Mapping[str, Any]) -> str:  # noqa: ANN401
    named = preimages["hold_reason"].get("anomaly_class") or "none"
    return f"hold issued for anomaly class {named}"


def _proceed(body: Any, _: Mapping[str, Any]) -> str:  # noqa: ANN401
    if body.prior_hold_id is not None:
        return f"proceed issued after hold {body.prior_hold_id}"
    return f"proceed issued for launch_window_id {body.launch_window_id}"


def _authorized(body: Any, _: Mapping[str, Any]) -> str:  # noqa: ANN401
    target = f"chain_id {body.target_chain_id}, genesis_hash {body.target_genesis_hash}"
    return f"bootstrap authorized for {target}"


def _activated(body: Any, _: Mapping[str, Any]) -> str:  # noqa: ANN401
    done = "activated" if body.action == "activate" else "restarted"
    return f"role {body.role} {done}"


_STATEMENTS: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], str]]] = {
    "launch-window": lambda body, _: f"launch window opened for chain_id {body.target_chain_id}",
    "launch-hold": _hold,
    "launch-proceed": _proceed,
    "go-no-go-decision": lambda body, _: f"go/no-go decision = {body.decision}",
    "launch-authorization": _authorized,
    "bootstrap-start-instruction": lambda body, _: (
        f"bootstrap instruction issued for chain_id {body.target_chain_id}"
    ),
    "role-activation": _activated,
    "launch-anomaly": lambda body, _: f"anomaly opened for anomaly class {body.anomaly_class}",
    "anomaly-resolution": lambda body, _: f"anomaly {body.anomaly} {body.outcome}",
    "restricted-posture-entry": lambda _, __: "restricted posture declared",
    "restricted-posture-exit": lambda _, __: "restricted posture exit approved",
    "normalization": lambda _, __: "normal operation declared",
    "launch-defer": lambda body, _: f"defer issued for launch_window_id {body.launch_window_id}",
}
