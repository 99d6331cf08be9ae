"""A launch window over one git repository: each signer at an own laptop, with an own clone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli import test_team
from tests.cli.test_team import KEEPERS, ORIGIN, Team
from tests.cli_launch import Clock, ticking_clock, window_policy
from tests.command import Done
from tests.disk_launch import MINUTE
from tests.final_check_builders import OWNERS
from tests.verdicts import TWO

POLICY = window_policy(f'[ledger]\norigin = "{ORIGIN}"\n{KEEPERS}', verdicts=TWO)
KINDS = ("launch-proceed", "go-no-go-decision", "launch-authorization", "bootstrap-start-instr")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Team, int]:
    """Both signed the final checks: the window is at its go/hold point. And the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_team, "POLICY", POLICY)
        clock = ticking_clock(patch)
        team = Team(tmp_path_factory.mktemp("team"))
        team.approve()
        team.luca.pull()
        team.luca("ledger", "init")
        team.keep()
        team.freeze()
        for row, by in OWNERS.items():
            team.luca("attest", row, "pass", "--key", team.launch.key_file(by))
        review = ("--outcome", "clear", "--source", "public", "--source", "private")
        team.luca("advisory", "review", *review, "--key", team.launch.key_file("sonia"))
        team.luca.push()
        both(team, "final-check", first_ends_in=11)
        return team, clock.now


@pytest.fixture
def clock(made: tuple[Team, int], monkeypatch: pytest.MonkeyPatch) -> Clock:
    """At the time at which the team was made."""
    clock = ticking_clock(monkeypatch)
    clock.now = made[1]
    return clock


@pytest.fixture
def team(made: tuple[Team, int], tmp_path: Path, clock: Clock) -> Team:
    """A copy: the repository, and every laptop."""
    return made[0].copied(tmp_path / "team")


@pytest.fixture
def times(clock: Clock) -> tuple[object, ...]:
    """A start window that opens in two minutes."""
    return "--opens", clock.now // 1000 + 120, "--closes", clock.now // 1000 + 7200


def both(team: Team, *words: object, first_ends_in: int = 0) -> None:
    """luca does it, sonia does it with what luca pushed, and the keeper appends both."""
    team.luca(*words, "--yes", ends_in=first_ends_in)
    team.luca.push()
    team.sonia.pull()
    team.sonia(*words, "--yes")
    team.sonia.push()
    team.keep()


def joint(done: Done) -> dict:
    return dict(json.loads(done.out)["records"][0])


def told(done: Done) -> str:
    return test_team.words_of(done)


@pytest.mark.clause("AZ-8.2", "AZ-8.4", "AZ-30.1")
def test_two_signers_at_two_laptops_authorize_and_start(team, times, clock):
    done = team.luca("window", "go", "--reason", "every check passes", *times, "--yes")
    assert "sonia: aztrust window go" in told(done)
    team.luca.push()
    team.sonia.pull()
    done = team.sonia("window", "go", "--yes")
    assert "pending: counts after luca appends it" in told(done)
    team.sonia.push()
    team.keep()
    for name in ("go_hold_review_completed", "bootstrap_authorized"):
        both(team, "window", "checkpoint", name, first_ends_in=11)
    clock.forward(2 * MINUTE)
    both(team, "final-check")
    team.luca("window", "activate-role", "node", "--yes")
    team.luca.push()
    team.sonia.pull()
    activation = next((team.sonia.clone / "manifests/records").glob("*.role-activation.*"))
    done = team.sonia("countersign", activation.name.split(".")[0], "--yes")
    assert "takes effect once the ledger has it" in told(done)
    team.sonia.push()
    team.keep()
    done = team.luca("window", "activate-role", "node", "--yes")
    assert "NETWORK_STARTED, LW_PHASE_5_FIRST_BLOCKS" in told(done)
    assert "nothing was signed by luca and sonia: in effect" in told(done)


@pytest.mark.clause("AZ-8.2")
def test_of_two_opposite_decisions_at_one_moment_the_one_that_stops_wins(team):
    both(team, "window", "proceed", "--reason", "every check passes", "--dry-run")
    team.luca("window", "proceed", "--reason", "every check passes", "--yes")
    team.luca.push()
    team.sonia.pull()
    proceed = next((team.sonia.clone / "manifests/records").glob("*.launch-proceed.*"))
    team.sonia("countersign", proceed.name.split(".")[0], "--yes")
    team.sonia.push()
    team.keep()
    both(team, "window", "checkpoint", "go_hold_review_completed", first_ends_in=11)
    # Neither has pulled when each of them decides.
    go = joint(team.luca("window", "decide", "go", "--reason", "T", "--yes", "--json"))
    no = joint(team.sonia("window", "decide", "no-go", "--reason", "T", "--yes", "--json"))
    assert not go["in_effect"]
    assert not no["in_effect"]
    team.sonia.push()
    team.luca.push()
    team.keep()
    team.sonia.pull()
    # The one who decided against it signs no decision to go.
    done = team.sonia("countersign", go["record_id"][7:23], "--dry-run", ends_in=10)
    assert "sonia decided NO_GO in this window" in told(done)
    done = team.luca("countersign", no["record_id"][7:23], "--yes")
    assert "in effect" in told(done)
    team.luca.push()
    team.sonia.pull()
    done = team.sonia("countersign", go["record_id"][7:23], "--yes", ends_in=10)
    assert "no-adverse-decision" in told(done)


def test_two_proposals_to_go_at_one_moment_are_not_mixed(team, times):
    for person in (team.luca, team.sonia):
        person("window", "go", "--reason", f"by {person.name}", *times, "--yes")
    for person in (team.luca, team.sonia):
        person.push()
    team.keep()
    team.sonia.pull()
    done = team.sonia("window", "go", "--yes", ends_in=2)
    assert "2 proposals to go are open" in told(done)
    luca = [
        next((team.sonia.clone / "manifests/records").glob(f"*.{kind}*.f14aec86.*"))
        for kind in KINDS
    ]
    done = team.sonia("countersign", *(path.name.split(".")[0] for path in luca), "--yes")
    assert "2 of 2" in told(done) or "takes effect" in told(done)


def test_without_the_packages_a_clone_signs_by_the_final_check(team, times):
    """A clone that has the manifests alone, as where releases are kept elsewhere."""
    team.luca("window", "go", "--reason", "T", *times, "--yes")
    team.luca.push()
    team.sonia.pull()
    shutil.rmtree(team.sonia.clone / "packages")
    done = team.sonia("window", "go", "--yes")
    assert "packages not looked at here; rests on final check" in told(done)
    assert "recomputed" not in told(done)
