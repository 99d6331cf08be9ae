"""The repository's own launch: the rehearsal that `make verify` verifies."""

from __future__ import annotations

import re

import pytest

from tests.shared import REPOSITORY

POLICY = REPOSITORY / "manifests" / "launch.toml"


def anchor() -> str:
    """The rehearsal's anchor as the Makefile has it, out of band to manifests/."""
    if not POLICY.is_file():
        pytest.skip("no rehearsal launch here: manifests/launch.toml is missing")
    found = re.findall(r"^ANCHOR := (sha256:[0-9a-f]{64})$", makefile(), re.MULTILINE)
    assert len(found) == 1, "the Makefile has one line ANCHOR := sha256:<64 hex>"
    return found[0]


def makefile() -> str:
    return (REPOSITORY / "Makefile").read_text("utf-8")
