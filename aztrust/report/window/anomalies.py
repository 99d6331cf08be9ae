"""The anomalies of a launch window as text and as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aztrust.core.base.times import format_minute
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.core.judge.window_anomalies import WindowAnomaly
    from aztrust.core.state.launch_state import Attempt


def anomaly_lines(found: Sequence[WindowAnomaly]) -> list[str]:
    """Each with its status, what was seen, and what its class asks for where it is open."""
    if not found:
        return labelled("anomalies", "none is recorded in this window")
    lines: list[str] = []
    for each in found:
        body, record = each.body, each.record
        short, when = record.record_id[7:15], format_minute(record.claimed_unix_ms)
        lines += labelled(each.status, visible(f"{short}  {body.anomaly_class}, {body.guidance}"))
        lines += labelled("", visible(f"by {record.holder} {when}"))
        lines += labelled("detail", visible(body.detail))
        if body.incident:
            lines += labelled("incident", visible(body.incident))
        if each.status == "open":
            lines += labelled("runbook", visible(each.rule.runbook))
            lines += labelled("call", visible(each.rule.escalation))
            lines += labelled("keep", visible(each.rule.evidence))
    return lines


def anomalies_document(
    found: Sequence[WindowAnomaly], attempt: Attempt, command: str
) -> Mapping[str, object]:
    """The same for a program."""
    return {
        "schema": "aztrust/window-anomalies",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        "scope_hash": attempt.scope_hash,
        "launch_window_id": attempt.launch_window_id,
        "anomalies": [
            {
                "record_id": each.record.record_id,
                "holder": each.record.holder,
                "status": each.status,
                "anomaly_class": each.body.anomaly_class,
                "guidance": each.body.guidance,
                "severity": each.body.severity,
                "incident": each.body.incident,
                "role": each.body.role,
                "detail": each.body.detail,
                "observed_at_unix_ms": each.body.observed_at_unix_ms,
                "runbook": each.rule.runbook,
                "escalation": each.rule.escalation,
                "keep": each.rule.evidence,
            }
            for each in found
        ],
    }
