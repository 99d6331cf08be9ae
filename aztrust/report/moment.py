"""An instant for a person: in UTC, where they are, and how long ago or ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aztrust.core.base.times import format_minute

Local = Callable[[int], datetime | None]
"""Unix milliseconds to the same instant in the reader's zone; None where no calendar reaches."""


def relative(milliseconds: int) -> str:
    """`4 min ago`, `in 12 min`, in the largest unit that is at least 2; `now` within 2 seconds.

    >>> relative(90_000), relative(-7_300_000), relative(0), relative(3 * 86_400_000)
    ('90 s ago', 'in 2 h', 'now', '3 days ago')
    """
    seconds = abs(milliseconds) // 1000
    if seconds < 2:
        return "now"
    text = f"{seconds} s"
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            text = f"{seconds // length} {unit}"
            break
    return f"{text} ago" if milliseconds > 0 else f"in {text}"


def moment(unix_ms: int, now_unix_ms: int, local: Local) -> str:
    """`12:00 UTC (14:00 CEST, 4 min ago)`, with the date where it is not today's.

    Args:
        unix_ms: the instant.
        now_unix_ms: the present.
        local: the reader's zone; what is the same as UTC there is left out.
    """
    ago = relative(now_unix_ms - unix_ms)
    here, now_here = local(unix_ms), local(now_unix_ms)
    if here is None or now_here is None:
        return f"{format_minute(unix_ms)} ({ago})"
    instant, now = here.astimezone(UTC), now_here.astimezone(UTC)
    text = f"{_clock(instant, now)} UTC"
    if here.utcoffset() == timedelta(0):
        return f"{text} ({ago})"
    return f"{text} ({_clock(here, instant)} {here:%Z}, {ago})"


def _clock(instant: datetime, day: datetime) -> str:
    same_day = instant.date() == day.date()
    return f"{instant:%H:%M}" if same_day else f"{instant:%Y-%m-%d %H:%M}"
