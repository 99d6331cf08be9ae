"""One launch, led to the restricted posture, and its archive as a directory; made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_launch import Clock, Desk, Template, another_machine, ticking_clock
from tests.command import run
from tests.disk_launch import Launch
from tests.ledgers import TABLE

clock = pytest.fixture(ticking_clock)


@pytest.fixture(scope="package")
def template(tmp_path_factory) -> Template:
    return Template.started(tmp_path_factory.mktemp("archived"), TABLE, to="posture")


@pytest.fixture
def desk(template: Template, tmp_path, clock: Clock) -> Desk:
    return template.copy(tmp_path, clock)


@pytest.fixture(scope="package")
def bag(template: Template, tmp_path_factory) -> Path:
    """The archive of that launch, a directory; tests that change it copy it."""
    out = tmp_path_factory.mktemp("bag") / "archive"
    with another_machine(out.parent):
        launch = Launch(template.path / "launch")
        words = ("archive", out, "--ledger", template.path / "launch.ledger")
        done = run("-C", launch.path, *words)
    assert done.exit_code == 0, done.out + done.err
    return out
