"""A late change: a frozen scope is not undone by a seal, and the way is a deferral."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.core.base.findings import Guidance
from tests.cli_launch import DAY, Clock, Desk, ticking_clock, window_policy
from tests.disk_launch import MINUTE, NOW, make_launch

clock = pytest.fixture(autouse=True)(ticking_clock)
TWO_HOURS_BEFORE = NOW + DAY


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A launch that is frozen."""
    made = Desk(make_launch(tmp_path, policy=window_policy()))
    made.freeze()
    return made


def change(desk: Desk) -> bytes:
    """A late change of a released file; what it was."""
    readme = desk.launch.file("release", "README")
    before = readme.read_bytes()
    readme.write_bytes(b"atlasd 1.0.1\n")
    return before


@pytest.mark.clause("AZ-2.4", "AZ-25.2")
def test_another_package_is_not_sealed_under_a_freeze(desk: Desk):
    change(desk)
    before = desk.files()
    done = desk.run("seal", "release", "--yes", "--replace", by="rita")
    assert done.exit_code == 10
    assert "freeze-other-scope" in done.err
    assert "luca: aztrust window defer --reason T; then: aztrust seal release" in done.advised
    assert desk.files() == before


def test_the_frozen_package_may_be_sealed_again(tmp_path: Path):
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    desk.seal_and_approve()
    desk.freeze()
    done = desk.run("seal", "release", "--yes", by="rita")
    assert done.exit_code == 0, done.err


@pytest.mark.clause("AZ-25.2", "AZ-28")
def test_after_a_deferral_the_change_goes_on(desk: Desk):
    change(desk)
    assert desk.run("window", "defer", "--reason", "late fix", "--yes").exit_code == 0
    desk.seal_and_approve()
    assert desk.run("freeze", "--yes").exit_code == 0
    exit_code, guidance, codes = desk.verify()
    assert (exit_code, guidance, codes) == (0, "CONTINUE", set())


@pytest.mark.clause("AZ-25.2", "AZ-28")
def test_a_package_that_was_sealed_all_the_same_defers_and_ends_nothing(desk: Desk):
    """Someone with an older aztrust, or in a clone without the freeze, sealed it."""
    before = change(desk)
    manifests = [desk.launch.path / f"manifests/{name}.json" for name in ("release", "genesis")]
    kept = [path.read_bytes() for path in manifests]
    desk.launch.seal("release", "rita", prior=(desk.launch.records[0].record_id,))
    desk.launch.seal("genesis", "gabi", prior=(desk.launch.records[1].record_id,))
    done = desk.run("ledger", "append", "--ledger", desk.ledger)
    assert done.exit_code == 0, done.err
    exit_code, guidance, codes = desk.verify()
    assert (exit_code, guidance, "drift-after-freeze" in codes) == (10, Guidance.DEFER, True)
    done = desk.run("final-check", "--yes")
    assert done.exit_code == 10
    assert "window defer --reason T" in done.advised
    assert "ends the scope" not in done.advised
    _, _, codes = desk.verify()
    assert "scope-invalidated" not in codes
    # A changed byte next to it is broken truth, whatever was sealed.
    desk.launch.file("release", "README").write_bytes(before)
    assert desk.verify()[:2] == (10, Guidance.ABORT)
    assert all(path.read_bytes() != data for path, data in zip(manifests, kept, strict=True))


@pytest.mark.clause("AZ-25.1")
def test_a_manifest_that_no_seal_is_about_is_broken_truth(desk: Desk):
    path = desk.launch.path / "manifests/genesis.json"
    path.write_bytes(path.read_bytes().replace(b'"package_version":"1', b'"package_version":"2'))
    exit_code, guidance, codes = desk.verify()
    assert (exit_code, guidance, "drift-after-freeze" in codes) == (10, Guidance.ABORT, True)


SUPERSEDED = ("supersede", "genesis", "--with", "d" * 64, "--reason", "late")


@pytest.mark.clause("AZ-2.4", "AZ-25.1")
def test_a_package_of_an_open_window_is_not_superseded(desk: Desk):
    before = desk.files()
    done = desk.run(*SUPERSEDED, by="gabi")
    assert done.exit_code == 10
    assert "freeze-other-scope" in done.err
    assert desk.files() == before
    assert desk.run("window", "defer", "--reason", "late fix", "--yes").exit_code == 0
    assert desk.run(*SUPERSEDED, by="gabi").exit_code == 0


@pytest.mark.clause("AZ-25.1")
def test_a_window_that_is_open_and_not_frozen_holds_its_packages_too(tmp_path: Path):
    desk = Desk(make_launch(tmp_path, policy=window_policy(), seal=False))
    for package_class, by in (("release", "rita"), ("genesis", "gabi")):
        assert desk.run("seal", package_class, "--yes", by=by).exit_code == 0
    assert desk.run("freeze", "--yes").exit_code == 10
    before = change(desk)
    done = desk.run("seal", "release", "--yes", by="rita")
    assert (done.exit_code, "freeze-other-scope" in done.err) == (10, True)
    assert "luca opened a launch window" in done.advised
    desk.launch.file("release", "README").write_bytes(before)
    done = desk.run("seal", "release", "--yes", by="rita")
    assert done.exit_code == 0, done.err


@pytest.mark.clause("AZ-25.2")
def test_before_the_cutoff_the_way_is_a_replan_and_after_it_a_deferral(desk: Desk, clock: Clock):
    change(desk)
    late = "luca: aztrust window defer --reason T; then: aztrust seal release"
    assert late in desk.run("seal", "release", "--yes", by="rita").advised
    # genesis_time is 14:00, and the policy wants two hours.
    clock.now = TWO_HOURS_BEFORE - MINUTE
    done = desk.run("seal", "release", "--yes", by="rita")
    assert "luca: aztrust window replan --release DIR --reason T" in done.advised
