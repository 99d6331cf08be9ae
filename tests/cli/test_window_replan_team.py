"""A genesis fix three hours before the start, by five people with a laptop each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_team import Team
from tests.cli_launch import DAY, Clock, ticking_clock
from tests.disk_launch import GENESIS, MINUTE, NOW

clock = pytest.fixture(autouse=True)(ticking_clock)

HOUR = 60 * MINUTE
GENESIS_TIME = NOW + DAY + 2 * HOUR
FIXED = GENESIS["genesis.json"].replace(b'"initial_height": "1"', b'"initial_height": "2"')


def signed(team: Team) -> int:
    """How many statements the repository has, as rita's laptop sees it."""
    team.rita.pull()
    folders = ("records", "verdicts")
    return sum(1 for f in folders for _ in (team.rita.clone / "manifests" / f).glob("*.dsse.json"))


@pytest.mark.clause("AZ-25.2")
def test_five_laptops_change_the_genesis_in_time(tmp_path: Path, clock: Clock):
    clock.now = GENESIS_TIME - 5 * HOUR
    team = Team(tmp_path)
    team.approve()
    team.luca.pull()
    team.luca("ledger", "init")
    team.keep()
    team.freeze()
    clock.now = GENESIS_TIME - 3 * HOUR
    fixed = tmp_path / "fixed.json"
    fixed.write_bytes(FIXED)
    words = ("window", "replan", "--genesis", fixed, "--reason", "one gen_tx was missing")
    before = signed(team)

    team.gabi.pull()
    plan = team.gabi(*words, "--dry-run", "--format", "json").document
    # One deferral, one seal, two approvals, two freezes.
    assert plan["signatures"] == 6
    left = {d["what"]: d["left_ms"] // MINUTE for d in plan["deadlines"]}
    assert left == {"the change cutoff": 59, "genesis_time": 179}
    steps = [(n["what"], tuple(n["holders"]), n["signatures"]) for n in plan["needs"]]
    assert steps[0] == ("defer the window", ("luca", "sonia"), 1)
    assert steps[1] == ("seal the genesis", ("gabi",), 1)
    assert sum(n for what, _, n in steps if what == "approve the genesis") == 2
    assert sum(n for what, _, n in steps if what == "freeze") == 2

    done = team.luca(*words, "--yes")
    for step in ("gabi: aztrust window replan", "aztrust approve genesis", "aztrust freeze"):
        assert step in done.advised
    team.luca.push("Defer")
    team.gabi.pull()
    done = team.gabi(*words, "--yes")
    assert "window replan" not in done.advised.partition("next")[2]
    team.gabi.push("Seal the fixed genesis")
    for person in (team.gabi, team.cosmin):
        person.pull()
        person("approve", "genesis", "--yes")
        person.push()
    team.keep()
    team.freeze()
    team.everyone_verifies("--require", "frozen")
    # And the record of the new window, which the first freeze opens.
    assert signed(team) - before == plan["signatures"] + 1
    assert clock.now < GENESIS_TIME - 2 * HOUR
