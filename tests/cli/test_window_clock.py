"""A clock that runs backwards opens nothing again in a launch window."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_launch import Clock, Desk, Template, ticking_clock
from tests.disk_launch import MINUTE

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template.at_go_hold(tmp_path_factory.mktemp("point"))


@pytest.fixture
def instructed(template: Template, tmp_path: Path, clock: Clock) -> Desk:
    """Instructed to start within the next ten minutes, its scope confirmed."""
    desk = template.copy(tmp_path, clock)
    opens = clock.now // 1000
    desk.done("window", "go", "--reason", "T", "--opens", opens, "--closes", opens + 600)
    for name in ("go_hold_review_completed", "bootstrap_authorized"):
        desk.done("window", "checkpoint", name)
    desk.done("final-check")
    return desk


def test_a_start_window_that_is_past_is_past_on_every_clock(instructed: Desk, clock: Clock):
    then = clock.now
    clock.forward(30 * MINUTE)
    instructed.done("final-check")
    # A machine whose clock is half an hour behind what was signed since.
    clock.now = then
    before = instructed.snapshot()
    done = instructed.run("window", "activate-role", "node", "--yes")
    assert done.exit_code == 10
    assert "start-window-open" in done.err
    assert instructed.snapshot() == before


def test_a_clock_that_is_behind_alone_is_not_in_the_way(instructed: Desk, clock: Clock):
    clock.now -= 2000
    instructed.done("window", "activate-role", "node")
    assert instructed.window(clock.now).status == "NETWORK_STARTED"


def test_a_hold_does_not_end_because_a_clock_ran_ahead(instructed: Desk, clock: Clock):
    instructed.done("window", "hold", "a peer is gone", "--for", "10m")
    clock.forward(60 * MINUTE)
    done = instructed.run("window", "activate-role", "node", "--yes")
    assert (done.exit_code, "no-open-hold" in done.err) == (10, True)
