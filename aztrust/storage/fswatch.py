"""Reports of the file system that something below a few places has changed.

The kernel's events (inotify, FSEvents; through the watchdog library) only say where to look: what
an event means is decided by reading everything again (law 1). A place that is deleted takes its
watch along, and one that is created again has none. `rearm` therefore compares, whenever it is
called, which directories exist with those that are watched, and whether their watches still live:
a directory that is created again may well get the number of the old one.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape

if TYPE_CHECKING:
    from types import TracebackType

    from watchdog.observers.api import ObservedWatch

# Opening and reading change nothing, and recomputing does a lot of both.
_CHANGES: Final = frozenset({"attrib", "closed", "created", "deleted", "modified", "moved"})
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
_Identity = tuple[int, int]


class Watch:
    """Changes below some directories and to some files, while it is entered.

    Args:
        places: directories, watched with all below them; files, by the directory they are in.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        self._places = tuple(places)
        self._reported: SimpleQueue[str] = SimpleQueue()
        self._held: dict[Path, tuple[_Identity, ObservedWatch]] = {}
        self._observer: Any = None

    def __enter__(self) -> Watch:
        """Start watching.

        Raises:
            CouldNotCheck: the system has no watches left, or watches nothing.
        """
        from watchdog.observers import Observer

        # A watch that ends with its directory is expected; without a handler it goes to stderr.
        logging.getLogger("watchdog").addHandler(logging.NullHandler())
        self._observer = Observer()
        try:
            self._observer.start()
            self.rearm()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching."""
        self._stop()

    def rearm(self) -> tuple[str, ...]:
        """Watch what exists now; the places that came, went or were replaced.

        Raises:
            CouldNotCheck: the system has no watches left.
        """
        changed = []
        living = {emitter.watch for emitter in self._observer.emitters if emitter.is_alive()}
        for place in self._places:
            now = _identity(place)
            held = self._held.get(place)
            if held is None and now is None:
                continue
            if held is not None and held[0] == now and held[1] in living:
                continue
            changed.append(str(place))
            if held is not None:
                del self._held[place]
                # Its emitter may have ended by itself, together with the directory.
                with suppress(KeyError, OSError, RuntimeError):
                    self._observer.unschedule(held[1])
            if now is not None:
                try:
                    self._held[place] = (now, self._schedule(place))
                except FileNotFoundError:
                    continue  # gone again since it was looked at
        return tuple(changed)

    def missing(self) -> tuple[str, ...]:
        """The places that are not there."""
        return tuple(str(place) for place in self._places if _identity(place) is None)

    def next(self, seconds: float) -> str | None:
        """The path of the next change, waiting so long for one; None where there was none."""
        try:
            return self._reported.get(timeout=max(seconds, 0))
        except Empty:
            return None

    def _schedule(self, place: Path) -> ObservedWatch:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler

        reported = self._reported

        class Reporter(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                if event.event_type in _CHANGES:
                    reported.put(os.fsdecode(event.src_path))

        try:
            scheduled: ObservedWatch = self._observer.schedule(
                Reporter(), str(place), recursive=place.is_dir()
            )
        except OSError as error:
            if error.errno in _GONE:
                raise FileNotFoundError from None
            shown = escape(str(place))
            raise CouldNotCheck(
                f"cannot watch {shown}: {error.strerror or error}",
                subject=shown,
                mend="raise fs.inotify.max_user_watches and max_user_instances, or verify at an"
                " interval instead: cron and aztrust verify",
            ) from None
        return scheduled

    def _stop(self) -> None:
        observer, self._observer = self._observer, None
        self._held.clear()
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join()


def _identity(place: Path) -> _Identity | None:
    try:
        status = os.stat(place, follow_symlinks=False)
    except OSError:
        return None
    return status.st_dev, status.st_ino
