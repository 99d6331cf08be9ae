"""The table of a mutation run: modules, sample, seed, tests, and the explained survivors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal, Self

from tools.mutation.mutants import Mutant, mutants, sample

PATH = Path(__file__).with_name("table.toml")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a mutant survives.

    Args:
        kind: `equivalent` where no input can tell it from the original, `words` where only the
            text of a message changes, `open` where a test is missing.
        why: one or two sentences.
    """

    kind: Literal["equivalent", "words", "open"]
    why: str

    @property
    def is_judged(self) -> bool:
        """Whether it counts against the score."""
        return self.kind == "open"


class Table:
    """`table.toml`, read.

    Args:
        document: the parsed file.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.seed: int = document["seed"]
        self.floor: float = document["floor"]
        self.first_tests: int = document["first_tests"]
        self.most_tests: int = document["most_tests"]
        self.timeout: float = document["timeout"]

    @classmethod
    def read(cls) -> Self:
        """The table of this repository."""
        return cls(tomllib.loads(PATH.read_text("utf-8")))

    def sampled(self, root: Path) -> list[Mutant]:
        """The sample of the mutants of a tree: the same for the same tree and seed."""
        chosen: list[Mutant] = []
        for group in self._document["modules"]:
            found = (m for glob in group["globs"] for m in _below(root, glob))
            chosen += sample(found, group["sample"], self.seed)
        return chosen

    def tests(self, root: Path) -> list[str]:
        """The files of tests from which those of a line are chosen."""
        folders = self._document["tests"]["folders"]
        found = (path for f in folders for path in (root / "tests" / f).glob("test_*.py"))
        return sorted(path.relative_to(root).as_posix() for path in found)

    def also(self, mutant: Mutant, root: Path) -> list[str]:
        """The files of tests that meet a mutant whatever the coverage says."""
        path = Path(mutant.path)
        return [
            test.relative_to(root).as_posix()
            for row in self._document["tests"].get("also", [])
            if any(path in _paths(root, glob) for glob in row["globs"])
            for name in row["files"]
            for test in sorted(root.glob(name))
        ]

    def is_also(self, name: str) -> bool:
        """Whether a file of tests is one of those."""
        rows = self._document["tests"].get("also", [])
        return any(fnmatch(name, pattern) for row in rows for pattern in row["files"])

    def explanation(self, mutant: Mutant) -> Explanation | None:
        """What the table says of a survivor, which it names by its function and its change."""
        for entry in self._document.get("survivor", []):
            named = (entry["function"], entry["statement"], entry["before"], entry["after"])
            if named == (mutant.function, mutant.statement, mutant.before, mutant.after):
                return Explanation(entry["kind"], entry["why"])
        return None


def _paths(root: Path, glob: str) -> list[Path]:
    return sorted(path.relative_to(root) for path in (root / "aztrust").glob(glob))


def _below(root: Path, glob: str) -> Iterator[Mutant]:
    paths = _paths(root, glob)
    if not paths:
        raise SystemExit(f"{PATH.name}: no module fits {glob}: mend the pattern")
    for path in paths:
        yield from mutants(path.as_posix(), (root / path).read_bytes())
