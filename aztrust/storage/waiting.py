"""Waiting for a change of some files, or for a time to pass."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aztrust.storage.fswatch import Watch

if TYPE_CHECKING:
    from types import TracebackType

TICK: Final = 0.25
"""Seconds until places that may have been deleted or made anew are watched again."""


class Changes:
    """What changes below some places, while it is entered.

    Args:
        places: directories and files of this host; () where there is nothing to watch.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        self._watch = Watch(places) if places else None

    def __enter__(self) -> Changes:
        """Start watching.

        Raises:
            CouldNotCheck: the system has no watches left.
        """
        if self._watch is not None:
            self._watch.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.__exit__(kind, error, trace)

    def wait(self, milliseconds: int) -> None:
        """Return after the next change, or after so many milliseconds.

        A change between two calls is not lost: the second call returns at once.
        """
        end = time.monotonic() + milliseconds / 1000
        while (left := end - time.monotonic()) > 0:
            if self._watch is None:
                time.sleep(left)
                return
            changed = self._watch.next(min(TICK, left)) is not None
            if self._watch.rearm() or changed:
                while self._watch.next(0) is not None:
                    pass
                return
