"""No final check is signed once the policy has ended, whatever the freeze was made under."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_launch import DAY, Clock, Desk, ticking_clock, window_policy
from tests.disk_launch import make_launch

clock = pytest.fixture(autouse=True)(ticking_clock)

END = "2026-06-03T12:00:00Z"
"""Two days after `NOW`; a desk's clock begins one day after it."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A launch that was frozen and answered for in time."""
    policy = window_policy().replace("[launch]\n", f"[launch]\nexpires = {END}\n", 1)
    desk = Desk(make_launch(tmp_path, policy=policy))
    desk.freeze()
    desk.answer_all()
    return desk


@pytest.mark.clause("AZ-2.2")
def test_no_final_check_is_signed_under_an_expired_policy(desk: Desk, clock: Clock):
    clock.forward(DAY)
    before = desk.snapshot()
    done = desk.run("final-check", "--yes")
    assert (done.exit_code, "policy-expired" in done.err) == (10, True), done.out + done.err
    assert "launch.toml" in done.err
    assert desk.snapshot() == before


def test_a_final_check_before_the_policy_ends(desk: Desk):
    done = desk.run("final-check", "--yes")
    assert done.exit_code == 0, done.out + done.err
    assert any("final_checks_completed" in path.name for path in desk.files("verdicts"))


def test_to_look_only_is_allowed_and_shows_that_it_has_ended(desk: Desk, clock: Clock):
    clock.forward(DAY)
    before = desk.snapshot()
    done = desk.run("final-check", "--dry-run")
    assert done.exit_code != 0
    assert "policy-expired" in done.out
    assert desk.snapshot() == before
