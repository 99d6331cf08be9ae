"""No regular expression of aztrust is quadratic over a text that others write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

# Some seventy expressions, each over megabytes: forty seconds of CPU time.
pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("hostile_text.py")


def tried(*given: str) -> subprocess.CompletedProcess:
    words = (sys.executable, str(PROGRAM), *given)
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_every_expression_ends_in_time_over_hostile_texts():
    done = tried()
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"{lines[-1:]} did not end: {done.stderr[-500:]}"
    word, count = lines[-1].split()
    assert (word, int(count) > 50) == ("done", True)


def test_the_trial_finds_a_quadratic_expression():
    assert tried('"d":"[A-Za-z0-9_-]{20,}"[^{}]*"kty":').returncode < 0
    assert tried(" +x").returncode < 0
    assert tried('"d":"[A-Za-z0-9_-]{20}').returncode == 0
