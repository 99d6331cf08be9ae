"""The command line, run inside the test's process: fast, and debuggable."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner

from aztrust.cli.main import main
from aztrust.cli.terminal import USUAL_HEIGHT
from tests.shared import REPOSITORY
from tools.documents.check import check_document

PROGRAM = (sys.executable, "-P", "-m", "aztrust")
"""The words that run it as a process of its own, in `environment()`."""


@dataclass(frozen=True)
class Done:
    """How a run ended."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What `--format json` printed; it keeps to its schema."""
        document = json.loads(self.out)
        check_document(document)
        return document

    @property
    def lines(self) -> list[str]:
        """What stdout shows, without the verdict that is repeated beyond a screen."""
        lines = self.out.splitlines()
        return lines[:-1] if len(lines) > USUAL_HEIGHT and lines[-1] == lines[0] else lines

    @property
    def advised(self) -> str:
        """What is shown, in one line, each command as it is typed in the launch directory."""
        shown = "\n".join((*self.lines, self.err))
        text = " ".join(shown.replace(" \\\n", " ").split())
        text = re.sub(r"(?<=aztrust )-C \S+ ", "", text)
        return re.sub(r" --(anchor|ledger) (/\S+|(sha256:)?[0-9a-f]{64})", "", text)


def environment(**changes: str) -> dict[str, str]:
    """This environment, in which a process finds the aztrust of this repository."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), **changes}


def run(*words: object, answer: str | None = None) -> Done:
    """`aztrust WORDS`; no one is at the terminal."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Done(result.exit_code, result.stdout, result.stderr)
