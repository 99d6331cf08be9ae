"""Files that stay open after they were hashed, so that what is used is what was read.

A path can lead elsewhere a moment later. A descriptor cannot: it is the file whose bytes were
hashed, and its stat shows whether anything was written to it since.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import frozen
from aztrust.storage.config import shown
from aztrust.storage.reading import what_moved

if TYPE_CHECKING:
    from types import TracebackType

    from aztrust.storage.hostfiles import Hold

_STANDARD = 2


@frozen
class HeldFile:
    """One file that was hashed and is still open.

    Attributes:
        path: as it was given or found.
        resolved: where its links led when it was read.
        descriptor: open for reading alone, and not inherited.
        status: its stat from before it was hashed.
    """

    path: Path
    resolved: Path
    descriptor: int
    status: os.stat_result

    def require_still(self) -> None:
        """Refuse a file that was written to since it was hashed, or whose path leads elsewhere.

        Raises:
            CouldNotCheck: `changed-while-reading`.
        """
        try:
            # By its name: equal means the same file there, unchanged since before it was hashed.
            moved = what_moved(self.status, os.stat(self.path))
        except OSError:
            moved = "it was removed"
        if moved:
            name = shown(self.path)
            raise CouldNotCheck(
                f"{name} is not started: {moved} after it was checked",
                subject=name,
                code="changed-while-reading",
                mend="find out what writes there, and run the command again",
            )


class HeldFiles:
    """The files of one run that are held open, by how their paths are shown; closed at its end."""

    def __init__(self) -> None:
        self._held: dict[str, HeldFile] = {}

    def holder(self, path: Path) -> Hold:
        """What keeps the descriptor of the file at a path, once it was hashed."""

        def hold(descriptor: int, status: os.stat_result) -> None:
            # Above the standard streams: a program that finds one of those open would use it.
            copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _STANDARD + 1)
            known = self._held.get(shown(path))
            resolved = Path(os.path.realpath(path))
            self._held[shown(path)] = HeldFile(path, resolved, copy, status)
            if known is not None:
                os.close(known.descriptor)

        return hold

    def take(self, name: str) -> HeldFile | None:
        """The file that a report shows by this name; None where it was not read."""
        return self._held.get(name)

    def __enter__(self) -> HeldFiles:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close them all."""
        while self._held:
            os.close(self._held.popitem()[1].descriptor)
