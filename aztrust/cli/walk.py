"""What several acts in one run share: a passphrase for each key, their results, one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aztrust.cli.terminal import print_lines


class Walk:
    """Several acts in one run, each by the command that does it alone.

    Attributes:
        passphrases: name of a key to the passphrase that was typed for it.
        messages: of the commits that each act alone would have suggested.
        document: the result of the last act, {} before there is one.
        shown_from: the label of the first line of a result that is shown, "" for the whole result.
        silent: whether results are kept and not shown.
    """

    def __init__(self) -> None:
        self.passphrases: dict[str, bytes] = {}
        self.messages: list[str] = []
        self.document: Mapping[str, Any] = {}
        self.shown_from = ""
        self.silent = False

    def take(self, document: Mapping[str, Any], lines: Sequence[str], *, as_text: bool) -> None:
        """Keep a result; show it to a person.

        Args:
            document: the result.
            lines: the same for a person.
            as_text: whether the run's own result is text; else it is shown on stderr.
        """
        self.document = document
        if self.silent:
            return
        first = 0
        if self.shown_from:
            begins = (n for n, line in enumerate(lines) if line.startswith(self.shown_from))
            first = next(begins, 0)
        print_lines(lines[first:], err=not as_text)
