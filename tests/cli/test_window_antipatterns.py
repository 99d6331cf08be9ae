"""The ten anti-patterns of AZ-40, by name: each is refused, or reported, at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_launch import Clock, Desk, Template, answered, copied, ticking_clock
from tests.disk_launch import MINUTE

clock = pytest.fixture(autouse=True)(ticking_clock)

HOUR = 60 * MINUTE


template = pytest.fixture(scope="module")(answered)
desk = pytest.fixture(copied)


@pytest.fixture
def checked(desk: Desk) -> Desk:
    """The same at its go/hold point."""
    done(desk, "final-check", "--yes")
    return desk


def done(desk: Desk, *words: object) -> str:
    found = desk.run(*words)
    assert found.exit_code == 0, f"{words}\n{found.out}{found.err}"
    return found.out


def refused(desk: Desk, *words: object, by: str | None = None) -> str:
    """What the refusal of a command says; it writes nothing."""
    before = desk.snapshot()
    found = desk.run(*words, by=by)
    assert found.exit_code == 10, f"{words}\n{found.out}{found.err}"
    assert desk.snapshot() == before
    return " ".join(found.err.split())


def start(desk: Desk, clock: Clock, order: str) -> None:
    """Everything up to the first role that starts."""
    opens = clock.now // 1000
    times = ("--opens", opens, "--closes", opens + 7200, "--order", order)
    done(desk, "window", "go", "--reason", "all pass", *times, "--yes")
    for name in ("go_hold_review_completed", "bootstrap_authorized"):
        done(desk, "window", "checkpoint", name, "--yes")
    clock.forward(MINUTE)
    done(desk, "final-check", "--yes")
    done(desk, "window", "activate-role", order.partition(",")[0], "--yes")


@pytest.mark.clause("AZ-40")
def test_a_launch_window_as_informal_coordination_only(checked: Desk):
    """What was agreed in a call and not signed is nothing: no role starts on it."""
    said = refused(checked, "window", "activate-role", "node", "--yes")
    assert "the bootstrap instruction is not in force" in said
    assert checked.run("show", "go/no-go decision = GO").exit_code == 3


@pytest.mark.clause("AZ-40")
def test_no_final_recomputation_because_it_was_checked_yesterday(checked: Desk, clock: Clock):
    clock.forward(24 * HOUR)
    said = refused(checked, "window", "proceed", "--reason", "all passed yesterday", "--yes")
    assert "final-checks-recent" in said


@pytest.mark.clause("AZ-40")
def test_binaries_or_genesis_files_changed_after_the_freeze(checked: Desk):
    path = checked.launch.file("release", "bin/atlasd")
    before = path.read_bytes()
    path.write_bytes(b"#!/bin/sh\necho atlasd 1.0.1\n")
    said = refused(checked, "seal", "release", "--yes", "--replace", by="rita")
    assert "freeze-other-scope" in said
    path.write_bytes(before)
    genesis = checked.launch.file("genesis", "genesis.json")
    genesis.write_bytes(genesis.read_bytes().replace(b"14:00", b"15:00"))
    said = refused(checked, "seal", "genesis", "--yes", "--replace", by="gabi")
    assert "freeze-other-scope" in said


@pytest.mark.clause("AZ-40")
def test_all_roles_activated_at_once_without_an_observation(checked: Desk, clock: Clock):
    start(checked, clock, "node,proposer,observer")
    seen = ("--observed", "all nodes see one another")
    said = refused(checked, "window", "activate-role", "observer", *seen, "--yes")
    assert "is-next-role" in said
    said = refused(checked, "window", "activate-role", "proposer", "--yes")
    assert "previous-step-observed" in said
    done(checked, "window", "activate-role", "proposer", *seen, "--yes")


@pytest.mark.clause("AZ-40")
def test_an_ambiguous_hold_state(checked: Desk, clock: Clock):
    """A hold has an end and a next update, and while it is open nothing goes on."""
    refused(checked, "window", "hold", "a peer is gone", "--for", "30d", "--yes")
    shown = done(checked, "window", "hold", "a peer is gone", "--for", "1h", "--yes")
    assert "2026-06-02" in shown
    assert "no-open-hold" in refused(checked, "window", "proceed", "--reason", "fine", "--yes")
    clock.forward(2 * HOUR)
    assert "no-open-hold" in refused(checked, "window", "proceed", "--reason", "over", "--yes")


@pytest.mark.clause("AZ-40")
def test_probably_fine_instead_of_checkpoint_criteria(checked: Desk, clock: Clock, tmp_path: Path):
    start(checked, clock, "node")
    words = ("window", "checkpoint", "first_blocks_healthy", "--yes")
    found = checked.run(*words)
    assert found.exit_code != 0
    assert "nothing shows what was observed" in " ".join(found.out.split())
    blocks = tmp_path / "blocks.txt"
    blocks.write_text("1 to 120, no gaps\n", "utf-8")
    done(checked, *words, "--evidence", blocks)


@pytest.mark.clause("AZ-40")
def test_going_on_after_a_critical_mismatch_because_many_are_online(checked: Desk, clock: Clock):
    start(checked, clock, "node,proposer")
    path = checked.launch.file("release", "bin/atlasd")
    path.write_bytes(b"other")
    words = ("window", "activate-role", "proposer", "--observed", "40 of 40 are online", "--yes")
    said = refused(checked, *words)
    assert "the launch does not verify" in said


@pytest.mark.clause("AZ-40")
def test_a_silent_end_of_the_restricted_posture(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, clock: Clock
):
    """Its least time is over, and still nothing ends it but the record of its end."""
    entered = Template.started(tmp_path_factory.mktemp("entered"))
    desk = entered.copy(tmp_path, clock)
    clock.forward(25 * HOUR)
    said = refused(desk, "window", "normalize", "--reason", "it is calm", "--yes")
    assert "the exit from the restricted posture is not in force" in said
    assert desk.window(clock.now).status == "RESTRICTED_POSTURE_ACTIVE"


@pytest.mark.clause("AZ-40")
def test_the_outage_of_one_operator_as_a_reason_to_abort(desk: Desk):
    """Too few that are ready hold a launch; they end no scope."""
    assert desk.run("attest", "operator-readiness", "fail", by="dan").exit_code == 0
    desk.keep()
    code, document = desk.json("final-check", "--yes")
    assert (code, document["guidance"]) == (11, "HOLD")
    assert desk.run("attest", "operator-readiness", "pass", by="dan").exit_code == 0
    desk.keep()
    done(desk, "final-check", "--yes")
    assert "scope-invalidated" not in desk.verify()[2]


@pytest.mark.clause("AZ-40")
def test_the_lineage_of_a_decision_is_lost(checked: Desk, clock: Clock):
    start(checked, clock, "node")
    (decision,) = [p for p in checked.files() if ".go-no-go-decision." in p.name]
    decision.unlink()
    for path in checked.files("reports"):
        assert path.read_bytes()
    shown = checked.json("verify")[1]
    notices = {n["code"] for n in shown["notices"]}
    assert "record-only-in-ledger" in notices, notices
    assert "go/no-go decision = GO" in checked.run("window", "log").out
