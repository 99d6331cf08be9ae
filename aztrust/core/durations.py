"""Spans of time as people write them: `90s`, `15m`, `2h`, `3d`."""

from __future__ import annotations

import re
from typing import Annotated, Final

from aztrust.core.errors import UsageError
from aztrust.core.paths import escape
from aztrust.core.schema import Field

_UNITS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PATTERN: Final = r"^[1-9][0-9]{0,5}[smhd]$"
_WRITTEN: Final = re.compile(_PATTERN)

Duration = Annotated[str, Field(pattern=_PATTERN)]
"""A span in a format of ours."""


def parse_duration(text: str) -> int:
    """The span in milliseconds.

    >>> parse_duration("15m")
    900000

    Raises:
        UsageError: anything but a whole number, not zero, and one of s, m, h, d.
    """
    if not _WRITTEN.fullmatch(text):
        raise UsageError(
            f"{escape(text)[:40]!r} is no span of time",
            mend="write a whole number and a unit, for instance 90s, 15m, 2h or 3d",
        )
    return int(text[:-1]) * _UNITS[text[-1]]


def format_duration(milliseconds: int) -> str:
    """The span in the largest unit of which there are at least two, rounded down.

    >>> format_duration(900_000), format_duration(90_000), format_duration(7_300_000)
    ('15m', '90s', '2h')
    """
    for unit in ("d", "h", "m"):
        if milliseconds >= 2 * _UNITS[unit]:
            return f"{milliseconds // _UNITS[unit]}{unit}"
    return f"{milliseconds // 1000}s"
