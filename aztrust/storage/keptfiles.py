"""Contents of files that were read before, for one who reads a launch again and again.

kept = KeptFiles()
kept.begin()                          # each reading of the launch
kept.read("launch/manifests/records/a.json", limit)

A file is not opened again while its device, inode, size and both times are what they were: also
who sets the time of a file back changes the time of its inode. A file that changed a moment ago is
read again, because a clock that ticks slowly shows no second change. For what no time shows, such
as a map of the file that is written to, everything is read again at an interval.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.storage.folders import read_bounded

RECENT_NS: Final = 2_000_000_000
"""A file that changed less long ago is read again: some file systems count in two seconds."""
WHOLE: Final = 10.0
"""Seconds after which everything is read again."""

_Stamp = tuple[int, int, int, int, int, int]


@frozen
class _Kept:
    stamp: _Stamp
    limit: int
    data: bytes


class KeptFiles:
    """The contents of one launch directory as they were last read.

    Args:
        clock_ns: the time in nanoseconds since the epoch, as files have it.
        monotonic: seconds that only go forward.
    """

    def __init__(
        self,
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock_ns = clock_ns
        self._monotonic = monotonic
        self._files: dict[str, _Kept] = {}
        self._seen: dict[str, _Kept] = {}
        self._whole = monotonic()

    def begin(self) -> None:
        """Begin another reading: what the one before did not ask for is forgotten."""
        self._files, self._seen = self._seen, {}
        now = self._monotonic()
        if not 0 <= now - self._whole < WHOLE:
            self._files, self._whole = {}, now

    def read(self, path: str, limit: int) -> bytes:
        """A regular file's bytes, as `read_bounded` gives them.

        Args:
            path: the file.
            limit: at most one byte more is read.

        Raises:
            CouldNotCheck: it is missing, unreadable, or not a regular file.
        """
        before = _stamp(path)
        kept = self._files.get(path)
        if kept is None or kept.stamp != before or kept.limit != limit:
            data = read_bounded(Path(path), limit)
            # Only what is the same file before and after was read whole.
            if before is None or _stamp(path) != before or self._is_recent(before):
                return data
            kept = _Kept(before, limit, data)
        self._seen[path] = kept
        return kept.data

    def _is_recent(self, stamp: _Stamp) -> bool:
        # A time in the future is one of another clock, and shows nothing either.
        return max(stamp[3:5]) > self._clock_ns() - RECENT_NS


def _stamp(path: str) -> _Stamp | None:
    """What changes when a file does; None where there is none, or something else."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return (
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_mode,
    )
