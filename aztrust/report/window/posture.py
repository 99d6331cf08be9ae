"""The rules of the restricted posture and the open abort triggers, for `window status`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aztrust.core.base.findings import CheckResult
from aztrust.core.judge.posture_rows import PREFIX
from aztrust.core.judge.window_triggers import OpenTrigger
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled


def posture_lines(rows: Sequence[CheckResult]) -> list[str]:
    """Each rule with its status; what is missing has what mends it."""
    lines: list[str] = []
    for row in rows:
        name, status = row.id.removeprefix(PREFIX), row.status.value.replace("_", " ")
        detail = f": {row.detail}" if row.detail else ""
        lines += labelled("" if lines else "posture", visible(f"{name}  {status}{detail}"))
        for finding in row.findings:
            lines += advice_lines("", finding.mend) if finding.mend else []
    return lines


def trigger_lines(triggers: Sequence[OpenTrigger]) -> list[str]:
    """Each trigger that is open, and what it was found by."""
    lines: list[str] = []
    for trigger in triggers:
        label = "" if lines else "triggers"
        lines += labelled(label, visible(f"{trigger.trigger}: {trigger.what}"))
    return lines


def posture_document(rows: Sequence[CheckResult]) -> list[dict[str, Any]]:
    """The rules as JSON values."""
    return [
        {
            "rule": row.id.removeprefix(PREFIX),
            "status": row.status.value,
            "detail": visible(row.detail),
            "evidence": list(row.evidence),
            "mend": next((finding.mend for finding in row.findings), None),
        }
        for row in rows
    ]


def triggers_document(triggers: Sequence[OpenTrigger]) -> list[dict[str, Any]]:
    """The triggers as JSON values."""
    return [
        {"trigger": each.trigger, "what": visible(each.what), "record_id": each.record_id}
        for each in triggers
    ]
