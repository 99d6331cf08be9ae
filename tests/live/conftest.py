"""The node that the networks of these tests run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.needed import absent
from tests.shared import REPOSITORY


@pytest.fixture(scope="session")
def azlive() -> Path:
    """The program, as `make .tools/azlive.done` builds it."""
    program = REPOSITORY / ".tools" / "azlive"
    if not program.is_file():
        absent("azlive", "make .tools/azlive.done (needs Go)")
    return program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a network has its homes."""
    made = tmp_path / "network"
    made.mkdir()
    return made
