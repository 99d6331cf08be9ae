"""A changed package before the start: what it costs, and what one command does about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aztrust.acts.window import replan as act
from tests.cli_launch import DAY, Clock, Desk, Template, ticking_clock, window_policy
from tests.disk_launch import GENESIS, MINUTE, NOW, make_launch

clock = pytest.fixture(autouse=True)(ticking_clock)

HOUR = 60 * MINUTE
GENESIS_TIME = NOW + DAY + 2 * HOUR
FIXED = GENESIS["genesis.json"].replace(b'"initial_height": "1"', b'"initial_height": "2"')
REASON = ("--reason", "one gen_tx was missing")
BOTH = "[authority.defer]\ndistinct_holders = 1\nroles = { genesis-custodian = 1 }\n"


def made(tmp_path: Path, clock: Clock, more: str = "") -> Desk:
    """A launch that is frozen three hours before its genesis_time."""
    desk = Desk(make_launch(tmp_path, policy=window_policy(more)))
    clock.now = GENESIS_TIME - 3 * HOUR
    desk.freeze()
    return desk


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    """The same, where gabi may both defer and seal the genesis."""
    return made(tmp_path, clock, BOTH)


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    path = tmp_path / "fixed.json"
    path.write_bytes(FIXED)
    return path


@pytest.mark.clause("AZ-25.2", "AZ-2.4")
def test_one_command_defers_and_seals_and_the_old_package_is_kept(desk: Desk, fixed: Path):
    before = desk.launch.file("genesis", "genesis.json").read_bytes()
    was = desk.launch.package_id("genesis")
    code, shown = desk.json("window", "replan", "--genesis", fixed, *REASON, "--yes", by="gabi")
    assert code == 0, shown
    assert desk.launch.file("genesis", "genesis.json").read_bytes() == FIXED
    assert (desk.launch.path / shown["kept"] / "genesis.json").read_bytes() == before
    assert shown["package_id_before"] == was
    assert shown["package_id_after"] == desk.launch.package_id("genesis") != was
    assert [s["package_class"] for s in shown["sealed"]] == ["genesis"]
    assert shown["deferral"] is not None
    for by in ("gabi", "cosmin"):
        assert desk.run("approve", "genesis", "--yes", by=by).exit_code == 0
    assert desk.run("freeze", "--yes").exit_code == 0
    assert desk.verify() == (0, "CONTINUE", set())


@pytest.mark.clause("AZ-25.2")
def test_a_dry_run_shows_what_dies_and_what_stays_and_writes_nothing(desk: Desk, fixed: Path):
    desk.answer_all()
    assert desk.run("final-check", "--yes").exit_code == 0
    before = desk.snapshot()
    code, shown = desk.json("window", "replan", "--genesis", fixed, *REASON, "--dry-run", by="gabi")
    assert code == 0, shown
    assert desk.snapshot() == before
    dies = {item["what"].partition(" 1")[0]: item["holders"] for item in shown["dies"]}
    assert dies["the freeze"] == ["luca"]
    assert dies["the approvals of the genesis"] == ["cosmin", "gabi"]
    assert any("final check" in what for what in (item["what"] for item in shown["dies"]))
    stays = {item["what"]: item["holders"] for item in shown["stays"]}
    assert stays == {"the approvals of the release, 3 of 3": ["cosmin", "rita", "sonia"]}
    # A deferral, a seal, two approvals, a freeze.
    assert shown["signatures"] == 5
    needs = [(n["what"], n["holders"]) for n in shown["needs"]]
    assert needs[0] == ("defer the window", ["gabi"])
    assert needs[1] == ("seal the genesis", ["gabi"])
    assert needs[-1] == ("freeze", ["luca"])
    left = {d["what"]: round(d["left_ms"] / MINUTE) for d in shown["deadlines"]}
    assert left == {"the change cutoff": 60, "genesis_time": 180}
    text = desk.run("window", "replan", "--genesis", fixed, *REASON, "--dry-run", by="gabi").out
    assert "5 signatures until the next freeze" in text
    assert "min left: the change cutoff" in text


@pytest.mark.clause("AZ-25.2")
def test_past_the_cutoff_it_is_refused_and_the_way_is_a_deferral(
    desk: Desk, fixed: Path, clock: Clock
):
    clock.now = GENESIS_TIME - 2 * HOUR + MINUTE
    before = desk.snapshot()
    done = desk.run("window", "replan", "--genesis", fixed, *REASON, "--yes", by="gabi")
    assert done.exit_code == 10
    assert "change cutoff 2026-06-02 12:00 UTC is past" in " ".join(done.err.split())
    assert "gabi: aztrust window defer --reason T" in done.advised
    assert desk.snapshot() == before


@pytest.mark.clause("AZ-25.2")
def test_killed_between_deferral_and_seal_the_same_command_completes_it(
    desk: Desk, fixed: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    words = ("window", "replan", "--genesis", fixed, *REASON, "--yes")
    with monkeypatch.context() as patch:
        patch.setattr(act, "commit_seal", killed)
        desk.run(*words, by="gabi")
    assert desk.launch.file("genesis", "genesis.json").read_bytes() == FIXED
    ended = [p.name for p in desk.files() if "defer" in p.name]
    assert len(ended) == 1
    code, shown = desk.json(*words, by="gabi")
    assert code == 0, shown
    assert [p.name for p in desk.files() if "defer" in p.name] == ended
    assert shown["deferral"] is None
    assert [s["package_id"] for s in shown["sealed"]] == [desk.launch.package_id("genesis")]
    assert desk.launch.file("genesis", "genesis.json").read_bytes() == FIXED


@pytest.mark.clause("AZ-25.2")
def test_killed_within_the_swap_nothing_is_lost(
    desk: Desk, fixed: Path, monkeypatch: pytest.MonkeyPatch
):
    before = desk.launch.file("genesis", "genesis.json").read_bytes()
    words = ("window", "replan", "--genesis", fixed, *REASON, "--yes")
    real = act.swap

    def half(package: Path, staged: Path, kept: Path) -> None:
        package.rename(kept)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(act, "swap", half)
        desk.run(*words, by="gabi")
    assert not desk.launch.file("genesis", "genesis.json").exists()
    assert act.swap is real
    assert desk.run(*words, by="gabi").exit_code == 0
    assert desk.launch.file("genesis", "genesis.json").read_bytes() == FIXED
    kept = list((desk.launch.path / "replaced").rglob("genesis.json"))
    assert [path.read_bytes() for path in kept] == [before]


def test_the_frozen_package_changes_nothing(desk: Desk):
    own = desk.launch.file("genesis", "genesis.json")
    before = desk.snapshot()
    done = desk.run("window", "replan", "--genesis", own, *REASON, "--yes", by="gabi")
    assert (done.exit_code, "nothing would change" in done.err) == (10, True)
    assert desk.snapshot() == before


def test_a_genesis_that_cannot_be_sealed_defers_nothing(desk: Desk, tmp_path: Path):
    broken = tmp_path / "broken.json"
    broken.write_bytes(b'{"chain_id": "other-1"}')
    before = desk.snapshot()
    done = desk.run("window", "replan", "--genesis", broken, *REASON, "--yes", by="gabi")
    assert done.exit_code == 10
    assert "chain-id-mismatch" in done.err
    assert desk.snapshot() == before


def test_only_a_file_takes_the_place_of_a_file(desk: Desk, tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    before = desk.snapshot()
    done = desk.run("window", "replan", "--genesis", pipe, *REASON, "--yes", by="gabi")
    assert done.exit_code == 1
    assert "name the changed file" in done.advised
    assert "remove it" not in done.advised
    assert desk.snapshot() == before


@pytest.mark.clause("AZ-25.2")
def test_each_person_does_the_part_of_their_roles(tmp_path: Path, clock: Clock, fixed: Path):
    desk = made(tmp_path, clock)
    words = ("window", "replan", "--genesis", fixed, *REASON, "--yes")
    done = desk.run(*words, by="gabi")
    assert done.exit_code == 10
    assert "luca: aztrust window replan --genesis FILE --reason T" in done.advised
    code, shown = desk.json(*words, by="luca")
    assert (code, shown["sealed"], shown["waits"]) == (0, [], False)
    assert desk.launch.file("genesis", "genesis.json").read_bytes() != FIXED
    done = desk.run(*words, by="gabi")
    assert done.exit_code == 0, done.err
    assert desk.launch.file("genesis", "genesis.json").read_bytes() == FIXED
    assert "aztrust approve genesis" in done.advised
    assert "luca: aztrust freeze" in done.advised


TWO_DEFER = (
    "[authority.defer]\ndistinct_holders = 2\n"
    "roles = { genesis-custodian = 1, launch-coordinator = 1 }\n"
)


@pytest.mark.clause("AZ-25.2")
def test_a_deferral_of_two_is_countersigned_before_the_seal(
    tmp_path: Path, clock: Clock, fixed: Path
):
    desk = made(tmp_path, clock, TWO_DEFER)
    words = ("window", "replan", "--genesis", fixed, *REASON, "--yes")
    code, shown = desk.json(*words, by="gabi")
    assert (code, shown["waits"], shown["sealed"]) == (0, True, [])
    assert desk.launch.file("genesis", "genesis.json").read_bytes() != FIXED
    assert desk.run("countersign", shown["deferral"][7:23], "--yes", by="luca").exit_code == 0
    code, shown = desk.json(*words, by="gabi")
    assert (code, shown["waits"], len(shown["sealed"])) == (0, False, 1)


@pytest.mark.clause("AZ-25.2")
def test_a_changed_release_file_is_found_by_its_name(tmp_path: Path, clock: Clock):
    policy = BOTH.replace("genesis-custodian", "release-manager")
    desk = made(tmp_path, clock, policy)
    fresh = tmp_path / "atlasd"
    fresh.write_bytes(b"#!/bin/sh\necho atlasd 1.0.1\n")
    code, shown = desk.json("window", "replan", "--release", fresh, *REASON, "--yes", by="rita")
    assert code == 0, shown
    binary = desk.launch.file("release", "bin/atlasd")
    assert binary.read_bytes() == fresh.read_bytes()
    assert bool(binary.stat().st_mode & 0o100)
    # The genesis names its release, so it is sealed and approved anew, too.
    needs = [need["what"] for need in shown["needs"]]
    assert "seal the genesis" in needs
    assert shown["stays"] == []
    stray = tmp_path / "other"
    stray.write_bytes(b"x")
    done = desk.run("window", "replan", "--release", stray, *REASON, "--yes", by="rita")
    assert (done.exit_code, "no files of the release are called other" in done.err) == (2, True)


def test_without_a_window_there_is_nothing_to_replan(tmp_path: Path, clock: Clock, fixed: Path):
    desk = Desk(make_launch(tmp_path, policy=window_policy(BOTH)))
    done = desk.run("window", "replan", "--genesis", fixed, *REASON, "--yes", by="gabi")
    assert done.exit_code == 3
    assert "no launch window is open" in done.err


@pytest.mark.clause("AZ-12.2")
def test_after_the_start_the_scope_stays_and_a_change_is_an_amendment(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, clock: Clock, fixed: Path
):
    desk = Template.started(tmp_path_factory.mktemp("posture")).copy(tmp_path, clock)
    before = desk.snapshot()
    done = desk.run("window", "replan", "--genesis", fixed, *REASON, "--yes", by="luca")
    assert (done.exit_code, "has started" in done.err) == (10, True)
    desk.launch.file("release", "README").write_bytes(b"atlasd 1.0.1\n")
    done = desk.run("seal", "release", "--yes", by="rita")
    assert (done.exit_code, "freeze-other-scope" in done.err) == (10, True)
    assert "a reviewed change is an amendment, and the scope stays" in done.advised
    assert "window defer" not in done.advised
    desk.launch.file("release", "README").write_bytes(b"atlasd 1.0.0\n")
    assert desk.snapshot() == before
