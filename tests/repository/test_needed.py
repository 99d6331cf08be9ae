"""What CI tries for real is there in CI: without it nothing is skipped, and nothing begins."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.needed import VARIABLE, absent
from tests.shared import REPOSITORY

NEEDED = ("chromium", "prometheus", "go")
WORDS = ("bash", "dirname", "mktemp", "rm", "mkdir", "python3", "env", "cat", "grep")


def test_a_program_that_is_absent_skips_a_test_and_fails_it_where_it_is_needed(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="azlive is not on this machine: make it"):
        absent("azlive", "make it")
    monkeypatch.setenv(VARIABLE, "prometheus azlive")
    with pytest.raises(pytest.fail.Exception, match="azlive is not on this machine: make it"):
        absent("azlive", "make it")
    monkeypatch.setenv(VARIABLE, "prometheus azlive-other")
    with pytest.raises(pytest.skip.Exception):
        absent("azlive", "make it")


@pytest.mark.parametrize("lacks", NEEDED)
def test_the_gate_is_red_without_a_program_that_it_needs(tmp_path, lacks):
    path = tmp_path / "bin"
    path.mkdir()
    for word in WORDS:
        (path / word).symlink_to(shutil.which(word) or pytest.fail(f"no {word}"))
    for word in set(NEEDED) - {lacks}:
        (path / word).write_text("#!/bin/sh\n")
        (path / word).chmod(0o755)
    # The first step of a gate that begins.
    (path / "make").write_text("#!/bin/sh\necho the steps begin\nexit 7\n")
    (path / "make").chmod(0o755)
    gate = ("bash", REPOSITORY / ".ci" / "run")
    env = {"PATH": str(path), "HOME": os.environ["HOME"]}
    done = subprocess.run(gate, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"absent: {lacks}" in done.stdout
    assert not any(f"absent: {word}" in done.stdout for word in set(NEEDED) - {lacks})
    assert "the steps begin" not in done.stdout
    (path / lacks).write_text("#!/bin/sh\n")
    (path / lacks).chmod(0o755)
    done = subprocess.run(gate, env=env, capture_output=True, text=True)
    assert "the steps begin" in done.stdout
