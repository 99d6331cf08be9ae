"""What a Prometheus answers about rules and alerts, made by hand, and bent one thing at a time.

rules_answer(group, at_ms)                              # all is loaded, and runs
rules_answer(group, at_ms, bent("AztrustBlind", duration=3))
alerts_answer(group)                                    # the watchdog fires
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aztrust.core.base.times import format_rfc3339
from aztrust.core.chain.alerts.alert import INTERVAL_MS, WATCHDOG, Alert, AlertGroup

Document = dict[str, Any]
Bend = Callable[[list[Document]], None]
"""Changes the groups of an answer."""


def rules_answer(group: AlertGroup, at_ms: int, *bends: Bend) -> bytes:
    """The answer to `/api/v1/rules`, evaluated two seconds before."""
    when = format_rfc3339((at_ms - 2_000) * 1_000_000)
    groups = [
        {
            "name": group.name,
            "file": "/etc/prometheus/aztrust.yml",
            "rules": [_rule(alert, when) for alert in group.alerts],
            "interval": INTERVAL_MS // 1000,
            "limit": 0,
            "evaluationTime": 0.0022,
            "lastEvaluation": when,
        }
    ]
    for bend in bends:
        bend(groups)
    return _answer({"groups": groups})


def alerts_answer(group: AlertGroup, *names: str, state: str = "firing") -> bytes:
    """The answer to `/api/v1/alerts`: these alerts, the watchdog alone where none is named."""
    wanted = names or (WATCHDOG,)
    found = [_alert(alert, state) for alert in group.alerts if alert.name in wanted]
    assert len(found) == len(wanted)
    return _answer({"alerts": found})


def other_group(name: str, *rules: Document, file: str = "/etc/prometheus/other.yml") -> Bend:
    """A further group, loaded from another file."""

    def bend(groups: list[Document]) -> None:
        groups.append({**groups[0], "name": name, "file": file, "rules": list(rules)})

    return bend


def bent(alert: str, **values: Any) -> Bend:
    """One rule with other values; `...` removes the key."""

    def bend(groups: list[Document]) -> None:
        (rule,) = (one for one in groups[0]["rules"] if one["name"] == alert)
        for key, value in values.items():
            if value is ...:
                del rule[key]
            else:
                rule[key] = value

    return bend


def of_group(**values: Any) -> Bend:
    """Other values of the group itself; `...` removes the key."""

    def bend(groups: list[Document]) -> None:
        for key, value in values.items():
            if value is ...:
                del groups[0][key]
            else:
                groups[0][key] = value

    return bend


def without(alert: str) -> Bend:
    """One rule less."""

    def bend(groups: list[Document]) -> None:
        groups[0]["rules"] = [one for one in groups[0]["rules"] if one["name"] != alert]

    return bend


def _rule(alert: Alert, when: str) -> Document:
    return {
        "state": "firing" if alert.name == WATCHDOG else "inactive",
        "name": alert.name,
        "query": alert.expr,
        "duration": alert.lasting_ms / 1000,
        "keepFiringFor": 0,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "alerts": [],
        "health": "ok",
        "evaluationTime": 0.0001,
        "lastEvaluation": when,
        "type": "alerting",
    }


def _alert(alert: Alert, state: str) -> Document:
    return {
        "labels": {**alert.labels, "alertname": alert.name},
        "annotations": dict(alert.annotations),
        "state": state,
        "activeAt": "2026-01-01T00:00:00Z",
        "value": "1e+00",
    }


def _answer(data: Document) -> bytes:
    return json.dumps({"status": "success", "data": data}).encode()
