"""Whether it is rather the observer's own clock that is wrong, and not those of all others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from aztrust.core.chain.judge.thresholds import CLOCK_MS

OBSERVER: Final = "observer"
"""The subject of a signal about the machine that observes."""


def own_clock(offsets: Collection[int], of: int) -> int | None:
    """How far all others are ahead of the observer, where they agree with one another.

    Args:
        offsets: of each clock that is known, in milliseconds; positive is ahead.
        of: how many there are, the unknown ones included.

    Returns:
        The middle one; None where one alone is known, most are not, one is right, or they differ.
    """
    known = sorted(offsets)
    if len(known) < 2 or 2 * len(known) <= of:
        return None
    if known[-1] - known[0] > CLOCK_MS or not (known[0] > CLOCK_MS or known[-1] < -CLOCK_MS):
        return None
    return known[len(known) // 2]


def own_clock_text(who: str, offset_ms: int) -> str:
    """The text for a person."""
    return (
        f"this machine's clock may be wrong: {who} agree with one another and differ from it by"
        f" {offset_ms / 1000:+.0f} s; compare it: timedatectl"
    )
