"""A final check says what it did in its launch window."""

from __future__ import annotations

import pytest

from tests.cli_launch import Clock, Desk, Template, answered, copied, ticking_clock
from tests.disk_launch import MINUTE

clock = pytest.fixture(autouse=True)(ticking_clock)
template = pytest.fixture(scope="module")(answered)
desk = pytest.fixture(copied)


def window_of(desk: Desk, *words: str) -> dict[str, object]:
    return dict(desk.json("final-check", "--yes", *words)[1]["window"])


def test_a_pass_enters_the_go_hold_point(desk: Desk):
    would = desk.run("final-check", "--dry-run", "--key", desk.launch.key_file("luca"))
    assert "window   would be AT_GO_HOLD_POINT, LW_PHASE_2_GO_HOLD_POINT" in would.out
    done = desk.run("final-check", "--yes")
    assert "window   AT_GO_HOLD_POINT, LW_PHASE_2_GO_HOLD_POINT" in done.out
    assert "step     final-checks-passed: The final checks passed" in done.out
    assert "confirmed one final time" not in done.out
    again = window_of(desk)
    assert (again["step"], again["lacks"]) == ("final-checks-again", [])


def test_one_that_does_not_pass_takes_the_pass_back(desk: Desk, clock: Clock):
    desk.run("attest", "incident-path", "fail", by="dan")
    desk.keep()
    first = window_of(desk)
    assert first["status"] == "IN_FINAL_CHECKS"
    assert first["step"] == "final-checks-not-passed"


def test_a_hold_keeps_the_window_where_it_is(desk: Desk):
    assert desk.run("window", "hold", "a peer is gone", "--yes").exit_code == 0
    done = desk.run("final-check", "--yes")
    assert done.exit_code == 0, done.err
    assert "this final check does not change it" in done.out
    assert "lacks    no-open-hold: " in done.out
    found = window_of(desk)
    assert (found["status"], found["step"]) == ("OPEN", None)


def test_the_pass_of_one_of_two_waits(tmp_path_factory, tmp_path, clock: Clock):
    def act(desk: Desk) -> None:
        for by in ("luca", "sonia"):
            desk.freeze(by=by)
        desk.keep()
        desk.answer_all()

    made = Template.of_two(tmp_path_factory.mktemp("two"), act)
    desk = made.copy(tmp_path, clock)
    found = window_of(desk)
    assert (found["step"], found["waits_for_signatures"]) == ("first-final-check", False)
    assert found["status"] == "IN_FINAL_CHECKS"
    code, second = desk.json("final-check", "--yes", by="sonia")
    assert (code, second["window"]["step"]) == (0, "final-checks-passed")
    assert second["window"]["status"] == "AT_GO_HOLD_POINT"


@pytest.mark.clause("AZ-30.1")
def test_after_the_instruction_it_confirms_the_scope_one_final_time(desk: Desk, clock: Clock):
    assert desk.run("final-check", "--yes").exit_code == 0
    opens = clock.now // 1000
    times = ("--opens", opens, "--closes", opens + 7200)
    done = desk.run("window", "go", "--reason", "all pass", *times, "--yes")
    assert done.exit_code == 0, done.err
    for name in ("go_hold_review_completed", "bootstrap_authorized"):
        done = desk.run("window", "checkpoint", name, "--yes")
        assert done.exit_code == 0, done.out + done.err
    clock.forward(MINUTE)
    done = desk.run("final-check", "--yes")
    assert "window   BOOTSTRAP_AUTHORIZED, " in done.out
    assert "scope    confirmed one final time" in done.out


def test_in_a_window_that_was_deferred_there_is_no_final_check(desk: Desk):
    assert desk.run("window", "defer", "--reason", "rain", "--yes").exit_code == 0
    before = desk.snapshot()
    done = desk.run("final-check", "--yes")
    assert done.exit_code == 10
    assert "luca deferred the window of this scope" in " ".join(done.err.split())
    assert "aztrust freeze" in done.advised
    assert desk.snapshot() == before
