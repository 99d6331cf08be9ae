"""Following a launch: read again when its files change, and at an interval, because answers age.

Events only say where to look; what they mean is decided by reading everything again (law 1).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Protocol, TypeVar

from aztrust.core.base.value import frozen

T = TypeVar("T")


class Changes(Protocol):
    """Reports of changed files, as `storage.fswatch.Watch` gives them."""

    def next(self, seconds: float) -> str | None:
        """The next change, waiting so long for one; None where there was none."""

    def rearm(self) -> tuple[str, ...]:
        """Watch what exists now; the places that came, went or were replaced."""


@frozen
class FollowPace:
    """Times in seconds: between two readings without a change; of quiet before one that follows a
    change, and how long that is waited for at most; and until places that may have been made anew
    are watched again.
    """

    interval: float = 60.0
    quiet: float = 0.5
    tick: float = 0.25
    grace: float = 60.0


def follow(
    changes: Changes,
    read: Callable[[], T],
    key: Callable[[T], Hashable],
    pace: FollowPace,
    clock: Callable[[], float],
) -> Iterator[T]:
    """Readings that differ from the one before; the first one always. Never ends by itself.

    Args:
        changes: what reports changes.
        read: reads the launch; what it raises ends this.
        key: what must differ for a reading to be given.
        pace: how often, how soon.
        clock: seconds that only go forward.
    """
    last: Hashable = None
    first = True
    while True:
        reading = read()
        now = key(reading)
        if first or now != last:
            yield reading
        first, last = False, now
        _wait(changes, pace, clock)


def _wait(changes: Changes, pace: FollowPace, clock: Callable[[], float]) -> None:
    """Until something changed and has been quiet since, or the interval is over."""
    due = clock() + pace.interval
    while clock() < due:
        changed = changes.next(min(pace.tick, max(due - clock(), 0)))
        if changed is None and not changes.rearm():
            continue
        end = min(due, clock() + pace.grace)
        while clock() < end and changes.next(pace.quiet) is not None:
            changes.rearm()
        return
