"""The access log: one JSON object on each line, in ASCII, every text in it bounded.

A client chooses the path and some header fields. What it chose is cut, escaped as in every report
and then written as JSON, so that it can neither begin a line nor act on a terminal.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.storage.output import open_to_append

TEXT_LIMIT: Final = 200
"""Characters of a text that a client chose."""


@frozen
class Access:
    """One request and its answer; `records` are the ids that it handed in."""

    at_unix_ms: int
    client: str
    method: str
    path: str
    status: int
    size: int
    milliseconds: int
    records: tuple[str, ...] = ()
    agent: str = ""

    def line(self) -> bytes:
        """The line of the log."""
        value = {
            "at_unix_ms": self.at_unix_ms,
            "client": bounded(self.client),
            "method": bounded(self.method),
            "path": bounded(self.path),
            "status": self.status,
            "bytes": self.size,
            "milliseconds": self.milliseconds,
            "records": list(self.records),
            "agent": bounded(self.agent),
        }
        return json.dumps(value, ensure_ascii=True).encode("ascii") + b"\n"


def bounded(text: str) -> str:
    """A client's text for a log: cut, and escaped."""
    more = "..." if len(text) > TEXT_LIMIT else ""
    return escape(text[:TEXT_LIMIT]) + more


class AccessLog:
    """Where the lines go.

    Args:
        path: a file that is appended to; `-` for standard error; None for nowhere.
        failed: called for each line that could not be written: a full disk ends no service.

    Raises:
        CouldNotCheck: the file cannot be opened.
    """

    def __init__(self, path: Path | None, failed: Callable[[], None]) -> None:
        self._path = path
        self._failed = failed
        self._descriptor = self._open()

    def write(self, access: Access) -> None:
        """Append one line, in one write."""
        if self._descriptor is None:
            return
        line = access.line()
        try:
            if os.write(self._descriptor, line) != len(line):
                self._failed()
        except OSError:
            self._failed()

    def reopen(self) -> None:
        """Open the file again by its name: the old one was moved away.

        Raises:
            CouldNotCheck: it cannot be opened; the old one stays in use.
        """
        if self._path is None or str(self._path) == "-":
            return
        old, self._descriptor = self._descriptor, self._open()
        if old is not None:
            os.close(old)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None and self._descriptor != _standard_error():
            os.close(self._descriptor)
        self._descriptor = None

    def _open(self) -> int | None:
        if self._path is None:
            return None
        return (
            _standard_error()
            if str(self._path) == "-"
            else open_to_append(self._path, "an access log")
        )


def _standard_error() -> int:
    try:
        return sys.stderr.fileno()
    except (OSError, ValueError, AttributeError):
        return 2
