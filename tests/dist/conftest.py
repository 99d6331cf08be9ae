"""The wheel as `make dist` makes it, and an environment that has it and nothing of this repository.

Both cost seconds, so they are made once for all processes of a test run.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shared import REPOSITORY
from tools import readme


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make a folder the first time that any process of this run asks for it."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder, done = base / name, base / f"{name}.done"
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return make


@pytest.fixture(scope="session")
def built(once) -> Path:
    """A folder with the wheel and the source archive."""
    pytest.importorskip("hatchling", reason="hatchling is not installed: make test")

    def fill(folder: Path) -> None:
        words = (sys.executable, str(REPOSITORY / "tools" / "dist.py"), "--output", str(folder))
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (folder / "said").write_text(done.stdout, "utf-8")

    return once("built", fill)


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(built: Path) -> Path:
    (found,) = built.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def installed(once, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel and its pinned dependencies."""
    # Before any test has changed it: pip's way to its index may lead through the home.
    environment = readme.environment(tmp_path_factory.mktemp("home"))

    def fill(folder: Path) -> None:
        pins = str(REPOSITORY / "requirements" / "run.txt")
        pip = (str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q")
        install = (*pip, "install", "--no-compile", "--only-binary=:all:")
        for words in (
            (sys.executable, "-m", "venv", str(folder)),
            (*install, "--require-hashes", "-r", pins),
            (*install, "--no-deps", "--no-index", str(wheel)),
        ):
            done = subprocess.run(
                words, cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr

    return once("installed", fill) / "bin"
