"""The few metrics of a node that facts hold, from the text format of Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_STARTED: Final = "process_start_time_seconds"
_NUMBER: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?(?:e\+?[0-9]{1,2})?")
_LATEST_MS: Final = 253_402_300_799_999
_MAX_VALUE: Final = 40


def started_ms(body: bytes) -> int | None:
    """When the process started, in ms since 1970; None where the metrics do not have it."""
    written = _value(body, _STARTED)
    if written is None or not _NUMBER.fullmatch(written):
        return None
    found = int(Decimal(written) * 1000)
    return found if found <= _LATEST_MS else None


def values(body: bytes, wanted: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(name, value as written) of the series asked for; a series that is absent has no pair.

    Args:
        body: the metrics.
        wanted: a series by name, with its labels as the node writes them, or without for the
            first series of a metric.
    """
    found = ((name, _value(body, series)) for name, series in sorted(wanted.items()))
    return tuple((name, value) for name, value in found if value is not None)


def _value(body: bytes, series: str) -> str | None:
    name = series.encode()
    # A series with labels ends where it ends; one without may have any.
    labels = rb"" if name.endswith(b"}") else rb"(?:\{[^\n]*\})?"
    match = re.search(
        rb"(?m)^" + re.escape(name) + labels + rb"[ \t]+([^\s]{1,%d})(?:[ \t]|\r?$)" % _MAX_VALUE,
        body,
    )
    return match[1].decode("ascii", "replace") if match else None
