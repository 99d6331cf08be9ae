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

QUIET: Final = 0.5
"""Seconds without a change, after which what is written is taken to be whole."""

GRACE: Final = 10.0
"""Seconds that quiet is waited for at most."""


class Changes:
    """What changes below some places, while it is entered.

    Args:
        places: directories and files of this host; () where there is nothing to watch.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        self._watch = Watch(places) if places else None
        self._changed = False

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
        """Return once it is quiet after the next change, or after so many milliseconds.

        A change between two calls is not lost: the second call waits for quiet alone.
        """
        if self._watch is None:
            time.sleep(milliseconds / 1000)
            return
        end = time.monotonic() + milliseconds / 1000
        while not self.have_come() and (left := end - time.monotonic()) > 0:
            self._changed = self._watch.next(min(TICK, left)) is not None
        if self._changed:
            self._settle(self._watch)
        self._changed = False

    def have_come(self) -> bool:
        """Whether anything changed since the last wait ended."""
        if self._watch is not None and not self._changed:
            self._changed = bool(self._watch.rearm()) or self._watch.next(0) is not None
        return self._changed

    def _settle(self, watch: Watch) -> None:
        """Wait until nothing has changed for a moment: a file may be half written."""
        end = time.monotonic() + GRACE
        while time.monotonic() < end and (watch.next(QUIET) is not None or watch.rearm()):
            pass
