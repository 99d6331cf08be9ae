"""Copies of the repository, in which mutants are made."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def tracked() -> list[str]:
    """The files of the repository, the new ones too, by their relative names."""
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    names = sorted({os.fsdecode(name) for name in listed.stdout.split(b"\0") if name})
    return [name for name in names if os.path.lexists(REPOSITORY / name)]


def digests(names: Iterable[str]) -> dict[str, str]:
    """The digest of each file that can change a result: the package, the tests and their data."""
    return {
        name: hashlib.sha256((REPOSITORY / name).read_bytes()).hexdigest()
        for name in names
        if name.startswith(("aztrust/", "tests/", "fixtures/")) and (REPOSITORY / name).is_file()
    }


def copy(names: Iterable[str], target: Path) -> None:
    """The repository's files, dated back, so that no compiled mutant passes for the original."""
    shutil.rmtree(target, ignore_errors=True)
    for name in names:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, place, follow_symlinks=False)
        if not place.is_symlink():
            date_back(place)


def date_back(path: Path) -> None:
    """Give a file the time of all files of a copy; a compiled module is used while it has that."""
    os.utime(path, (1_500_000_000, 1_500_000_000))


def environment() -> dict[str, str]:
    """This environment, in which a copy finds the data that is next to the repository."""
    shared = os.environ.get("AZTRUST_SHARED", str(REPOSITORY.parent / "shared"))
    return {**os.environ, "AZTRUST_SHARED": shared}
