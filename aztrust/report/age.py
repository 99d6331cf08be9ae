"""How old something is, for a person."""

from __future__ import annotations


def age(milliseconds: int) -> str:
    """`4 min old`, in the largest unit that is at least 2; `from the future` below -2 minutes.

    >>> age(90_000), age(7_300_000), age(0), age(-500_000)
    ('90 s old', '2 h old', '0 s old', 'from the future')
    """
    seconds = milliseconds // 1000
    if seconds < -120:
        return "from the future"
    seconds = max(seconds, 0)
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} old"
    return f"{seconds} s old"
