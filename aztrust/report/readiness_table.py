"""The roll-call of operators as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Final

from aztrust.core.base.rates import format_percent, share_of
from aztrust.core.judge.readiness_reading import ReadinessReading
from aztrust.report.escape import visible
from aztrust.report.text import utc

CSV_HEAD: Final = (
    "operator",
    "status",
    "power",
    "share_percent",
    "roles",
    "platforms",
    "confirmed_at_utc",
    "reason",
    "found",
    "found_is",
    "aztrust_version",
    "revoked",
)


def readiness_csv(reading: ReadinessReading) -> bytes:
    """The roll-call as a table for a spreadsheet (RFC 4180), an operator a line."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(CSV_HEAD)
    total = reading.readiness.powers.total
    for row in reading.readiness.rows:
        at = row.confirmed_at_unix_ms
        cells = (
            row.operator,
            row.status,
            str(row.power) if total else "",
            format_percent(share_of(row.power, total))[:-1] if total else "",
            " ".join(f"{role}={status}" for role, status in row.roles),
            " ".join(row.platforms),
            utc(at) if at is not None else "",
            row.reason,
            row.found,
            reading.named.get(row.found, ""),
            row.version,
            row.revoked,
        )
        table.writerow(map(_plain, cells))
    return text.getvalue().encode()


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    shown = visible(cell)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown
