"""Times on the board: the server writes them as they are at the reading, the script moves them on.

Both write the same: `board.js` has these three forms, and a test compares them.
"""

from __future__ import annotations

from typing import Final, Literal

from aztrust.report.board.markup import Html, tag
from aztrust.report.text import utc

Form = Literal["countdown", "left", "date"]
_DAY: Final = 86_400


def countdown(milliseconds: int) -> str:
    """Until an instant: `T-00:37:20`, after it `T+00:01:05`; with days from a day on.

    >>> countdown(2_240_000), countdown(-65_000), countdown(400_000_000), countdown(999)
    ('T-00:37:20', 'T+00:01:05', 'T-4d 15:06:40', 'T-00:00:00')
    """
    sign = "-" if milliseconds >= 0 else "+"
    return f"T{sign}{_clock(abs(milliseconds) // 1000)}"


def left(milliseconds: int) -> str:
    """Until an instant, `in 12:05`, and after it `12:05 ago`.

    >>> left(725_000), left(-725_000), left(3_600_000), left(172_800_000)
    ('in 12:05', '12:05 ago', 'in 1:00:00', 'in 2d 00:00:00')
    """
    seconds = abs(milliseconds) // 1000
    text = _clock(seconds) if seconds >= _DAY else _short(seconds)
    return f"in {text}" if milliseconds >= 0 else f"{text} ago"


def time(at_unix_ms: int, now_unix_ms: int, form: Form) -> Html:
    """An instant as a `time` element that the script moves on.

    Args:
        at_unix_ms: the instant.
        now_unix_ms: the time of the reading.
        form: `countdown` and `left` are distances, `date` is the instant itself in UTC.
    """
    whole = utc(at_unix_ms)
    if form == "date":
        return tag("time", whole)
    distance = at_unix_ms - now_unix_ms
    text = countdown(distance) if form == "countdown" else left(distance)
    return tag("time", text, data_at=at_unix_ms, data_form=form, title=whole)


def _clock(seconds: int) -> str:
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, 3600)
    text = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{days}d {text}" if days else text


def _short(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    if hours:
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{rest // 60}:{rest % 60:02d}"
