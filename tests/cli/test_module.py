"""`python -m aztrust` in a hostile working directory gives no answer; with -P it does (law 11)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.shared import REPOSITORY

# What `-m` itself imports, and what we do.
HOSTILE = (
    "warnings",
    "contextlib",
    "pydantic_core",
    "click",
    "jiter",
    "blake3",
    "tomli",
    "aztrust",
)


def start(directory, *words, **environment):
    return subprocess.run(
        (sys.executable, *words),
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("flags", "environment"),
    [(("-P",), {}), ((), {"PYTHONSAFEPATH": "1"})],
)
def test_files_in_the_working_directory_are_not_imported(tmp_path, flags, environment):
    for name in HOSTILE:
        (tmp_path / f"{name}.py").write_text("print('PWNED')\n", "utf-8")
    (tmp_path / "importlib").mkdir()
    (tmp_path / "importlib/__init__.py").write_text("print('PWNED')\n", "utf-8")
    done = start(tmp_path, *flags, "-m", "aztrust", "verify", **environment)
    assert "PWNED" not in done.stdout + done.stderr
    assert done.returncode == 3


def test_without_safe_path_it_does_not_start(tmp_path):
    done = start(tmp_path, "-m", "aztrust", "--version", PYTHONSAFEPATH="")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "python -P -m aztrust" in done.stderr
    assert "the program aztrust" in done.stderr
