"""The real Prometheus of this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needed import absent
from tests.prometheus.running import Prometheus


@pytest.fixture(scope="session")
def promtool() -> str:
    """The program that checks and tries rule files; it comes with Prometheus."""
    found = shutil.which("promtool")
    if found is None:
        absent("prometheus", "apt-get install prometheus")
    return found


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Prometheus]:
    """One that is not started yet; it ends with the test."""
    program = shutil.which("prometheus")
    if program is None:
        absent("prometheus", "apt-get install prometheus")
    with Prometheus(program, tmp_path / "prometheus") as made:
        yield made
