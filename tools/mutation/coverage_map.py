"""Which tests run a line: the tests run once with coverage, and say so."""

from __future__ import annotations

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from coverage import CoverageData

from tools.mutation.mutants import Mutant
from tools.mutation.tree import PYTEST, environment


class CoverageMap:
    """Which tests run a line, the nearest first.

    Args:
        tests: by module and line, the tests.
        failed: the tests that fail without any change, and are left out.
    """

    def __init__(self, tests: dict[str, dict[int, set[str]]], failed: Iterable[str] = ()) -> None:
        self._tests = tests
        self.failed = sorted(failed)
        self._size: dict[str, int] = defaultdict(int)
        for lines in tests.values():
            for names in lines.values():
                for name in names:
                    self._size[name] += 1

    @classmethod
    def read(cls, work: Path) -> Self:
        """What `measure` wrote.

        Args:
            work: the same as there.
        """
        log = (work / "pytest.log").read_text("utf-8")
        failed = set(re.findall(r"^(?:FAILED|ERROR) (tests/.*?)(?: - .*)?$", log, re.MULTILINE))
        data = CoverageData(str(work / "coverage"))
        data.read()
        tests = {}
        for file in data.measured_files():
            tests[file] = {
                line: {context.rpartition("|")[0] for context in contexts} - {"", *failed}
                for line, contexts in data.contexts_by_lineno(file).items()
            }
        return cls(tests, failed)

    def of(self, mutant: Mutant, first: int = 0) -> list[str]:
        """The tests of a mutant's lines; of the whole module, where they run at import.

        Args:
            mutant: what they are to notice.
            first: how many of the nearest come first. After them each file of tests has its turn,
                because the nearest are often alike.
        """
        lines = self._tests.get(mutant.path, {})
        begin, end = mutant.lines
        found: set[str] = set()
        for line, names in lines.items():
            if begin <= line <= end or not end:
                found |= names
        inside: dict[str, int] = defaultdict(int)
        for names in lines.values():
            for name in names & found:
                inside[name] += 1
        # A test that runs little else is near.
        near = sorted(found, key=lambda name: (-inside[name] / self._size[name], name))
        turn: Counter[str] = Counter()
        later = []
        for place, name in enumerate(near[first:]):
            file = name.partition("::")[0]
            later.append((turn[file], place, name))
            turn[file] += 1
        return [*near[:first], *(name for _, _, name in sorted(later))]


def measure(tests: Sequence[str], root: Path, work: Path, jobs: int, *, append: bool) -> None:
    """Run the tests of a copy once with coverage, and write down which test runs which line.

    Args:
        tests: files of tests, in the copy.
        root: the copy.
        work: where the data goes, and the log.
        jobs: how many tests run at once.
        append: whether to keep what was written before.
    """
    settings = work / "coveragerc"
    settings.write_text(
        "[run]\nbranch = false\nrelative_files = true\n"
        f"source = aztrust/core\n    aztrust/storage\ndata_file = {work / 'coverage'}\n"
    )
    words = ["--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="]
    words += ["-rfE", "-n", str(jobs), "--dist", "worksteal"]
    if append:
        words.append("--cov-append")
    with (work / "pytest.log").open("a" if append else "w") as output:
        subprocess.run(
            (*PYTEST, *words, *tests),
            cwd=root,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
