"""The anomalies of a launch window: which are open, and what the class of each asks for."""

from __future__ import annotations

from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.policy.anomalies import AnomalyRule, anomaly_rule
from aztrust.core.records.kind import Severity
from aztrust.core.records.observation import LaunchAnomaly
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.window.events import stops_launch
from aztrust.core.state.window.state import WindowState

AnomalyStatus = Literal["open", "closed", "kept", "without effect"]
"""`kept` is one that does not stop the launch; `without effect` was not possible when it came."""

_RANKS: Final[dict[Severity, int]] = {"minor": 0, "major": 1, "critical": 2}


@frozen
class WindowAnomaly:
    """One anomaly: its record, what became of it, and the rule of its class."""

    record: VerifiedRecord
    body: LaunchAnomaly
    status: AnomalyStatus
    rule: AnomalyRule


def window_anomalies(context: Context, state: WindowState) -> tuple[WindowAnomaly, ...]:
    """The anomalies of a window, each once, the oldest first. Raises as `require_policy`."""
    policy = require_policy(context)
    every: dict[str, VerifiedRecord] = {}
    for record in context.records.effective.verified:
        about = record.launch_window_id in ("", state.launch_window_id)
        of_scope = record.scope_hash == state.scope_hash
        if isinstance(record.body, LaunchAnomaly) and of_scope and about:
            every.setdefault(record.record_id, record)
    found = []
    for record in sorted(every.values(), key=lambda r: (r.claimed_unix_ms, r.record_id)):
        body = record.body
        if isinstance(body, LaunchAnomaly):
            rule = anomaly_rule(policy, body.anomaly_class)
            found.append(WindowAnomaly(record, body, _status(state, record, body), rule))
    return tuple(found)


def _status(state: WindowState, record: VerifiedRecord, body: LaunchAnomaly) -> AnomalyStatus:
    if not stops_launch(body):
        return "kept"
    if any(a.record_id == record.record_id for a in state.anomalies):
        return "open"
    known = any(a.record_id == record.record_id for a in state.every_anomaly)
    return "closed" if known else "without effect"


def escalates(state: WindowState, severity: Severity | None) -> bool:
    """Whether an incident of a severity is escalated at once: the entry of the restricted posture
    says from which one on. One without a severity is, then (AZ-12.2, AZ-34).
    """
    entry = state.records.get("enter-posture")
    if entry is None or state.status != "RESTRICTED_POSTURE_ACTIVE":
        return False
    least: Severity = entry.preimages["incident_sensitivity_policy"]["escalate_from"]
    return severity is None or _RANKS[severity] >= _RANKS[least]
