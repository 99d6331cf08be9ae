"""No second frozen scope of one chain, also where only the launch directory knows of the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.command import Done
from tests.disk_launch import make_launch

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(make_launch(tmp_path, policy=window_policy()))


def under_a_newer_policy(desk: Desk, text: str) -> Desk:
    """The same launch, sealed and approved under another policy."""
    launch = desk.launch
    (launch.path / "manifests/launch.toml").write_text(text, "utf-8")
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    for who in ("rita", "sonia", "cosmin"):
        launch.approve("release", who)
    for who in ("gabi", "cosmin"):
        launch.approve("genesis", who)
    return Desk(launch)


def freeze(desk: Desk) -> Done:
    """A freeze with a ledger of its own: the older policy's ledger is nowhere to be found."""
    ledger = desk.launch.path.parent / "newer.ledger"
    return desk.run("freeze", "--yes", "--ledger", ledger)


def verdicts(desk: Desk) -> list[str]:
    return [path.name for path in desk.files("verdicts")]


@pytest.mark.clause("AZ-25.2")
def test_no_freeze_while_a_scope_is_frozen_under_a_kept_policy(desk: Desk):
    scope, older = desk.freeze(), desk.anchor
    assert not list(Path.home().rglob("*.ledger"))
    newer = under_a_newer_policy(desk, window_policy() + "# newer\n")
    before = verdicts(newer)
    done = freeze(newer)
    assert (done.exit_code, "freeze-other-scope" in done.err) == (10, True), done.out + done.err
    shown = "".join(done.err.split())
    assert f"frozen:{scope}underthepolicy{older}" in shown
    assert verdicts(newer) == before


@pytest.mark.clause("AZ-25.2")
@pytest.mark.parametrize("act", ["defer", "abort"])
def test_a_freeze_once_the_scope_under_the_kept_policy_has_ended(desk: Desk, act: str):
    desk.freeze()
    trigger = ("--trigger", "other") if act == "abort" else ()
    done = desk.run("window", act, *trigger, "--reason", "a newer policy", "--yes")
    assert done.exit_code == 0, done.err
    done = freeze(under_a_newer_policy(desk, window_policy() + "# newer\n"))
    assert done.exit_code == 0, done.out + done.err


def test_a_frozen_scope_of_another_chain_is_not_in_the_way(tmp_path: Path):
    """A rehearsal in the same directory, under a kept policy of another chain."""
    newer = window_policy()
    rehearsal = newer.replace('chain_id = "test-1"', 'chain_id = "test-0"', 1)
    genesis = {"genesis.json": b'{"chain_id": "test-0"}'}
    desk = Desk(make_launch(tmp_path, policy=rehearsal, genesis=genesis))
    assert desk.run("freeze", "--yes").exit_code == 0
    assert [path.name for path in desk.files("policies")] == [f"{desk.anchor[7:]}.toml"]
    desk.launch.file("genesis", "genesis.json").write_bytes(b'{"chain_id": "test-1"}')
    done = freeze(under_a_newer_policy(desk, newer))
    assert done.exit_code == 0, done.out + done.err
