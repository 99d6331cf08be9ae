"""Asking a Prometheus which rules it has loaded: two GET requests, bounded as a probe is."""

from __future__ import annotations

import time
from typing import Final

from aztrust.core.chain.alerts.answers import ALERTS_PATH, RULES_PATH
from aztrust.core.state.evidence import PrometheusReading
from aztrust.storage.probe import ProbeRequest, fetch_once

ANSWER_LIMIT: Final = 4 * 1024**2
"""The most that one answer may be, in bytes: a Prometheus may have rules of other teams, too."""
_OK: Final = 200


def read_prometheus(url: str, timeout_ms: int) -> PrometheusReading:
    """Both answers, or why they are not there. Raises nothing.

    Args:
        url: of the Prometheus. Its paths follow it.
        timeout_ms: for both answers together.
    """
    end = time.monotonic() + timeout_ms / 1000
    bodies: list[bytes] = []
    fault = ""
    for path in (RULES_PATH, ALERTS_PATH):
        # At least a millisecond: a socket that may not wait at all fails in another way.
        left = max(1, round((end - time.monotonic()) * 1000))
        request = ProbeRequest(url.rstrip("/") + path, left, limit=ANSWER_LIMIT)
        reading, body = fetch_once(request)
        fault = reading.fault
        if not fault and reading.status != _OK:
            fault = f"its status is {reading.status}, and must be {_OK}"
        if fault:
            fault = f"{path}: {fault}"
            break
        bodies.append(body)
    rules, alerts = [*bodies, b"", b""][:2]
    return PrometheusReading(url, time.time_ns() // 1_000_000, rules, alerts, fault)
