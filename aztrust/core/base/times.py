"""Instants written by others: RFC 3339 text and Unix seconds, exact to the nanosecond.

No clock is read here. Years 1 to 9999, proleptic Gregorian, as RFC 3339 has it; a leap second
(`:60`) names no Unix instant and is refused.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final

from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.schema import Field

NANOSECONDS = 1_000_000_000
HEAD_AGE_MS: Final = 3_600_000
"""How old the newest head of a ledger may be where nothing asks for a younger one."""
AHEAD_MS: Final = 120_000
"""How far the clocks of two honest machines may be apart: a time further ahead is refused."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LAST_SECOND = (date(9999, 12, 31).toordinal() - _EPOCH_DAY) * 86400 + 86399
_FIRST_SECOND = (date(1, 1, 1).toordinal() - _EPOCH_DAY) * 86400
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")


def parse_rfc3339(text: str) -> int | None:
    """Nanoseconds since 1970-01-01T00:00:00Z; None for anything that RFC 3339 does not define."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    offset_hours, offset_minutes = int(match[9] or 0), int(match[10] or 0)
    if hour > 23 or minute > 59 or second > 59 or offset_hours > 23 or offset_minutes > 59:
        return None
    offset = (offset_hours * 60 + offset_minutes) * (-1 if match[8] == "-" else 1)
    seconds = days * 86400 + hour * 3600 + (minute - offset) * 60 + second
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        return None
    return seconds * NANOSECONDS + int((match[7] or "").ljust(9, "0"))


def parse_unix_seconds(text: str) -> int | None:
    """Nanoseconds for a plain decimal number of Unix seconds up to the year 9999, else None."""
    if not _SECONDS.fullmatch(text) or int(text) > _LAST_SECOND:
        return None
    return int(text) * NANOSECONDS


def format_rfc3339(nanoseconds: int) -> str:
    """`2026-06-01T14:00:00Z`, with as many fraction digits as are not zero.

    Raises:
        ValueError: an instant outside the years 1 to 9999.
    """
    seconds, fraction = divmod(nanoseconds, NANOSECONDS)
    days, rest = divmod(seconds, 86400)
    day = date.fromordinal(days + _EPOCH_DAY)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return (
        f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
        f"T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}{digits}Z"
    )


def format_minute(unix_ms: int) -> str:
    """`2026-06-01 12:00 UTC`, for a person; any number that a record may hold.

    >>> format_minute(1_780_315_200_000), format_minute(2**53 - 1)
    ('2026-06-01 12:00 UTC', '9007199254740991 ms after 1970')
    """
    if not _FIRST_SECOND <= unix_ms // 1000 <= _LAST_SECOND:
        return f"{unix_ms} ms after 1970"
    return format_rfc3339(unix_ms // 60_000 * 60 * NANOSECONDS)[:16].replace("T", " ") + " UTC"


_UNITS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


_PATTERN: Final = r"^[1-9][0-9]{0,5}[smhd]$"


_WRITTEN: Final = re.compile(_PATTERN)


Duration = Annotated[str, Field(pattern=_PATTERN)]
"""A span in a format of ours."""


def parse_duration(text: str, option: str = "") -> int:
    """The span in milliseconds.

    >>> parse_duration("15m")
    900000

    Args:
        text: such as `15m`.
        option: what it was given with, for the error; "" for no option.

    Raises:
        UsageError: anything but a whole number, not zero, and one of s, m, h, d.
    """
    if not _WRITTEN.fullmatch(text):
        raise UsageError(
            f"{f'{option}: ' if option else ''}{escape(text)[:40]!r} is not a span of time",
            subject=option,
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
