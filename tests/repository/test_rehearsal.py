"""The repository is itself a launch directory that anyone can clone and verify."""

from __future__ import annotations

import hashlib
import re
import subprocess

import pytest

from tests.command import PROGRAM, environment
from tests.rehearsal import POLICY, anchor
from tests.shared import REPOSITORY
from tools.readme import fresh_clone


def test_makefile_and_readme_know_the_anchor():
    known = anchor()
    digest = f"sha256:{hashlib.sha256(POLICY.read_bytes()).hexdigest()}"
    assert known == digest, f"the policy changed; put ANCHOR := {digest} into the Makefile"
    readme = re.sub(r"\s+", "", (REPOSITORY / "README.md").read_text("utf-8"))
    assert digest.removeprefix("sha256:") in readme, f"README.md names the anchor {digest}"


@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077], ids="{:03o}".format)
def test_a_clone_passes_under_any_umask(tmp_path, umask):
    known = anchor()
    clone = fresh_clone(REPOSITORY, tmp_path, umask=umask)
    done = subprocess.run(
        (*PROGRAM, "-C", clone, "verify", "--anchor", known),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
