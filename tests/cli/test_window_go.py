"""The go/hold point: records that several holders sign, each on an own machine."""

from __future__ import annotations

import pytest

from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.disk_launch import make_launch

clock = pytest.fixture(ticking_clock)


def of_two(act: str, roles: str = "launch-coordinator = 1, security-lead = 1") -> str:
    return f"[authority.{act}]\ndistinct_holders = 2\nroles = {{ {roles} }}\n"


TWO_SIGN = "".join(of_two(act) for act in ("proceed", "decide", "authorize", "instruct"))


@pytest.fixture
def desk(tmp_path, clock) -> Desk:
    """A launch at its go/hold point: proceed, decision, authorization, instruction take two."""
    desk = Desk(make_launch(tmp_path, policy=window_policy(TWO_SIGN)))
    desk.freeze()
    desk.answer_all()
    done = desk.run("final-check", "--yes")
    assert done.exit_code == 0, done.out + done.err
    return desk


def test_try(desk, clock):
    opens = clock.now // 1000

    def show(*words, by):
        done = desk.run(*words, by=by)
        print("$", *words, by)
        print(done.out, done.err, done.exit_code)

    show(
        "window",
        "go",
        "--reason",
        "all pass",
        "--opens",
        opens,
        "--closes",
        opens + 7200,
        "--yes",
        by="luca",
    )
    show("window", "go", "--yes", by="sonia")
    show("window", "checkpoint", "go_hold_review_completed", by="luca")
    show("window", "checkpoint", "bootstrap_authorized", by="luca")
    show("final-check", by="luca")
    show("window", "activate-role", "node", "--yes", by="luca")
    show("window", "status", by="luca")
    assert 0
