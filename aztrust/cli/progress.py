"""A line that shows a waiting person the progress of a reading; stderr, terminals only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aztrust.cli.session import Session
from aztrust.cli.terminal import is_dumb, is_terminal
from aztrust.report.size import size
from aztrust.storage.progress import Progress

_INTERVAL = 0.1  # seconds between two drawings
_PATIENCE = 0.5  # nothing is drawn for a shorter reading


@contextmanager
def progress_line(session: Session) -> Iterator[Callable[[Progress], None] | None]:
    """A callback that draws on one line, erased at the end; None without a terminal that can."""
    if session.quiet or is_dumb() or not is_terminal(sys.stderr):
        yield None
        return
    line = _Line(time.monotonic())
    try:
        yield line.show
    finally:
        line.erase()


class _Line:
    def __init__(self, start: float) -> None:
        self._start = start
        self._next = start + _PATIENCE
        self._drawn = False

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _INTERVAL
        self._drawn = True
        print(f"\r\x1b[K{describe(progress, now - self._start)}", end="", file=sys.stderr)  # noqa: T201
        sys.stderr.flush()

    def erase(self) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # noqa: T201


def describe(progress: Progress, seconds: float) -> str:
    """`reading  120 of 500 files   1.2 GB   480.0 MB/s   12 s left`.

    Args:
        progress: the counts.
        seconds: since the reading began; positive.
    """
    rate = progress.bytes_done / seconds if seconds > 0 else 0.0
    total = f"of {progress.files_total}" if progress.walked else "so far"
    parts = [f"{progress.files_done} {total} files", size(progress.bytes_done)]
    if rate >= 1:
        parts.append(f"{size(int(rate))}/s")
        left = progress.bytes_total - progress.bytes_done
        if progress.walked and left > 0:
            parts.append(f"{_duration(left / rate)} left")
    return f"reading  {'   '.join(parts)}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{whole // 60} min {whole % 60:02d} s"
