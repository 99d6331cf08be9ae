"""Whether the tests notice a mutant."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tools.mutation.coverage_map import CoverageMap
from tools.mutation.mutants import Mutant
from tools.mutation.table import Table
from tools.mutation.tree import PYTEST, date_back, environment

NOTICED, SURVIVED, TIMED_OUT, UNJUDGED = "noticed", "survived", "timed out", "unjudged"


@dataclass(frozen=True)
class Result:
    """What became of a mutant.

    Args:
        outcome: noticed, survived, timed out, or unjudged where pytest itself failed.
        ran: how many tests it met.
        left: how many tests run its lines and were left out, being further away.
    """

    outcome: str
    ran: int
    left: int = 0
    detail: str = ""


class Judge:
    """Runs the tests of one mutant after the other, in one copy of the repository each worker."""

    def __init__(self, table: Table, coverage: CoverageMap, roots: Sequence[Path]) -> None:
        self._table = table
        self._coverage = coverage
        self._free: SimpleQueue[Path] = SimpleQueue()
        for root in roots:
            self._free.put(root)

    def judge(self, mutant: Mutant) -> Result:
        """Run the tests of a mutant, until one fails."""
        root = self._free.get()
        try:
            return self._judged(mutant, root)
        finally:
            self._free.put(root)

    def _judged(self, mutant: Mutant, root: Path) -> Result:
        also = self._table.also(mutant, root)
        near, more = self._table.first_tests, self._table.most_tests
        tests = self._coverage.of(mutant, near)
        first, rest, left = tests[:near], tests[near:more], len(tests[more:])
        path = root / mutant.path
        original = path.read_bytes()
        path.write_bytes(mutant.applied())
        try:
            outcome, detail = SURVIVED, ""
            for batch in (first, rest, also):
                if batch and outcome == SURVIVED:
                    outcome, detail = self._run(batch, root)
        finally:
            path.write_bytes(original)
            date_back(path)
        return Result(outcome, len(first) + len(rest) + len(also), left, detail)

    def _run(self, tests: Sequence[str], root: Path) -> tuple[str, str]:
        listed = root.with_suffix(".tests")
        listed.write_text("".join(f"{test}\n" for test in tests))
        code, output = self._pytest(root, f"@{listed}")
        if code == 4:
            # The change renamed a test that takes its name from the code.
            files = sorted({test.partition("::")[0] for test in tests})
            code, output = self._pytest(root, *files)
        if code is None:
            return TIMED_OUT, ""
        failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
        detail = failed[0] if failed else output[-200:]
        return {0: (SURVIVED, ""), 1: (NOTICED, detail), 2: (NOTICED, detail)}.get(
            code, (UNJUDGED, f"pytest ended with {code}: {output[-300:]}")
        )

    def _pytest(self, root: Path, *words: str) -> tuple[int | None, str]:
        options = ("-x", "-p", "no:xdist", "-p", "no:cov", "--no-header", "--tb=no", "-rfE")
        left_out = [f"--deselect={test}" for test in self._coverage.failed]
        process = subprocess.Popen(
            (*PYTEST, *options, *left_out, *words),
            cwd=root,
            env={**environment(), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=self._table.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None, ""
        return process.returncode, output
