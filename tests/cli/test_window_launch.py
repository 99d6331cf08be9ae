"""Whole launches, from the freeze to their end: two signers at two laptops, one git repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.window.reading import read_launch_window
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.state import WindowState
from tests.cli import test_team
from tests.cli.test_team import APPROVALS, KEEPERS, ORIGIN, Person, Team, words_of
from tests.cli.test_window_team import both
from tests.cli_launch import ALL_OK, Clock, ticking_clock, window_policy
from tests.disk_launch import MINUTE
from tests.final_check_builders import OWNERS
from tests.verdicts import TWO

HOUR = 60 * MINUTE
POLICY = window_policy(f'[ledger]\norigin = "{ORIGIN}"\n{KEEPERS}', verdicts=TWO)
ATTESTED = ("early-thresholds", "feature-authorization", "guard", "snapshots")


class Launch:
    """A frozen launch of a team, and its clock."""

    def __init__(self, team: Team, clock: Clock) -> None:
        self.team, self.clock = team, clock

    @property
    def luca(self) -> Person:
        return self.team.luca

    @property
    def sonia(self) -> Person:
        return self.team.sonia

    def freeze(self) -> None:
        """Freeze, answer, and pass the final checks."""
        self.luca.pull()
        self.team.freeze()
        for row, by in OWNERS.items():
            self.luca("attest", row, "pass", "--key", self.team.launch.key_file(by))
        review = ("--outcome", "clear", "--source", "public", "--source", "private")
        self.luca("advisory", "review", *review, "--key", self.team.launch.key_file("sonia"))
        self.luca.push()
        self.check("final-check")

    def again(self) -> None:
        """A final check that comes after an earlier one that passed."""
        both(self.team, "final-check")

    def check(self, *words: object) -> None:
        """Both sign a verdict."""
        both(self.team, *words, first_ends_in=11)

    def joint(self, *words: object) -> str:
        """luca proposes, sonia countersigns at another laptop, the keeper appends: the id."""
        done = self.luca("window", *words, "--yes", "--format", "json")
        record_id = str(json.loads(done.out)["record_id"])
        self.luca.push()
        self.sonia.pull()
        self.sonia("countersign", record_id[7:23], "--yes")
        self.sonia.push()
        self.team.keep()
        return record_id

    def checkpoint(self, name: str, *words: object) -> None:
        self.check("window", "checkpoint", name, *words)

    def start(self) -> None:
        """To the first role, which is the only one."""
        opens = self.clock.now // 1000
        times = ("--opens", opens, "--closes", opens + 7200)
        self.luca("window", "go", "--reason", "every check passes", *times, "--yes")
        self.luca.push()
        self.sonia.pull()
        self.sonia("window", "go", "--yes")
        self.sonia.push()
        self.team.keep()
        self.checkpoint("go_hold_review_completed")
        self.checkpoint("bootstrap_authorized")
        self.again()
        self.joint("activate-role", "node")

    def early(self, evidence: Path) -> None:
        """From the first blocks to an observation of the first epochs."""
        for name in ("first_blocks_healthy", "first_epoch_finalized"):
            self.checkpoint(name, "--evidence", evidence)
        self.joint("observe", "--epochs", "0-3", *ALL_OK, "--evidence", evidence)

    def posture(self) -> None:
        self.joint("posture", "enter", "--epochs", "0-3")
        self.checkpoint("restricted_posture_entered")

    def attest(self) -> None:
        """What no signed record shows of the restricted posture."""
        for rule in ATTESTED:
            self.luca("window", "posture", "attest", rule, "pass", "--yes")
        self.luca.push()
        self.team.keep()

    def state(self, person: Person) -> WindowState:
        """The window as it is at a laptop."""
        person.pull()
        inputs = TrustInputs(self.clock.now, anchor=self.team.launch.anchor)
        context = read_launch_window(person.clone, inputs)
        (attempt,) = context.state.attempts
        return present_window(context, attempt)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[tuple[Team, int]]:
    """At the go/hold point, and when that was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_team, "POLICY", POLICY)
        clock = ticking_clock(patch)
        team = Team(tmp_path_factory.mktemp("made"))
        team.approve()
        team.luca.pull()
        team.luca("ledger", "init")
        team.keep()
        Launch(team, clock).freeze()
        yield team, clock.now


@pytest.fixture
def clock(made, monkeypatch) -> Clock:
    clock = ticking_clock(monkeypatch)
    clock.now = made[1]
    return clock


@pytest.fixture
def launch(made, clock, tmp_path) -> Launch:
    """A copy: the repository, and every laptop."""
    return Launch(made[0].copied(tmp_path / "team"), clock)


@pytest.fixture
def evidence(tmp_path) -> Path:
    path = tmp_path / "epochs.txt"
    path.write_text("epoch 0 final\n", "utf-8")
    return path


@pytest.mark.clause("AZ-2.5", "AZ-12.2", "AZ-12.3", "AZ-13.2", "AZ-13.3", "AZ-35.1", "AZ-35.2")
def test_a_launch_goes_all_the_way(launch, clock, evidence):
    launch.start()
    assert launch.state(launch.sonia).status == "NETWORK_STARTED"
    launch.early(evidence)
    launch.posture()
    state = launch.state(launch.sonia)
    assert (state.status, state.phase) == ("RESTRICTED_POSTURE_ACTIVE", 7)
    # Time passes, and nothing ends by itself.
    clock.forward(25 * HOUR)
    assert launch.state(launch.luca).status == "RESTRICTED_POSTURE_ACTIVE"
    done = launch.luca("window", "posture", "exit", "--reason", "stable", "--yes", ends_in=10)
    assert "the exit is not ready" in words_of(done)
    launch.attest()
    launch.checkpoint("restricted_posture_exit_ready")
    done = launch.luca("window", "normalize", "--reason", "stable", "--yes", ends_in=10)
    assert "the exit from the restricted posture is not in force" in words_of(done)
    launch.joint("posture", "exit", "--reason", "stable for a day")
    assert launch.state(launch.luca).status == "RESTRICTED_POSTURE_ACTIVE"
    launch.joint("normalize", "--reason", "the network is stable")
    state = launch.state(launch.sonia)
    assert (state.status, state.phase) == ("NORMALIZED", 8)
    assert [step.row.id for step in state.steps][-3:] == ["exit-ready", "exit-posture", "normalize"]


@pytest.mark.clause("AZ-2.3")
def test_a_launch_is_deferred_and_comes_back(launch):
    opens = launch.clock.now // 1000
    times = ("--opens", opens, "--closes", opens + 7200)
    launch.luca("window", "go", "--reason", "every check passes", *times, "--yes")
    launch.luca.push()
    before = launch.state(launch.sonia)
    launch.sonia("window", "defer", "--reason", "two operators are not ready", "--yes")
    launch.sonia.push()
    launch.team.keep()
    launch.sonia.pull()
    done = launch.sonia("window", "go", "--yes", ends_in=3)
    assert "no launch window is open" in words_of(done)
    launch.freeze()
    state = launch.state(launch.sonia)
    assert state.status == "AT_GO_HOLD_POINT"
    assert state.scope_hash == before.scope_hash
    assert state.launch_window_id != before.launch_window_id
    # What was proposed in the earlier window is nothing to this one.
    assert (state.waiting, "proceed" in state.facts) == ((), False)
    launch.start()
    assert launch.state(launch.sonia).status == "NETWORK_STARTED"


@pytest.mark.clause("AZ-29.1")
def test_a_late_mismatch_aborts_and_the_launch_comes_back_with_a_new_scope(launch):
    old = launch.state(launch.sonia)
    binary = launch.sonia.clone / "packages/release/bin/atlasd"
    binary.chmod(0o755)
    data = binary.read_bytes()
    binary.write_bytes(data + b"late")
    launch.sonia("final-check", "--yes", ends_in=10)
    binary.write_bytes(data)
    launch.sonia.push()
    launch.team.keep()
    # Restored bytes do not bring it back.
    words = ("--reason", "T", "--opens", "1", "--closes", launch.clock.now)
    done = launch.luca("window", "go", *words, "--yes", ends_in=3)
    assert "no launch window is open" in words_of(done)
    release = launch.team.rita.clone / "packages/release/bin/atlasd"
    launch.team.rita.pull()
    release.write_bytes(data + b"reviewed")
    launch.team.rita("seal", "release", "--yes")
    launch.team.rita.push()
    launch.team.gabi.pull()
    launch.team.gabi("seal", "genesis", "--yes")
    launch.team.gabi.push()
    for name, package_class in APPROVALS:
        person = getattr(launch.team, name)
        person.pull()
        person("approve", package_class, "--yes")
        person.push()
    launch.team.keep()
    launch.freeze()
    state = launch.state(launch.sonia)
    assert state.status == "AT_GO_HOLD_POINT"
    assert state.scope_hash != old.scope_hash


@pytest.mark.clause("AZ-28", "AZ-38")
def test_a_network_that_started_is_given_up_at_its_first_block(launch):
    launch.start()
    seen = ("--class", "deterministic-replay-anomaly", "--incident", "INC-1")
    done = launch.sonia("window", "anomaly", *seen, "--detail", "two state roots", "--yes")
    assert "AZ-015: a replay gives another state" in words_of(done)
    launch.sonia.push()
    launch.luca.pull()
    done = launch.luca("window", "checkpoint", "first_blocks_healthy", "--yes", ends_in=11)
    assert "open: anomaly" in words_of(done)
    done = launch.luca("window", "defer", "--reason", "T", "--yes", ends_in=10)
    assert "this step is possible in" in words_of(done)
    given_up = ("--measure", "halt", "--criterion", "halt", "--old-state", "kept as evidence")
    why = ("--trigger", "deterministic-divergence", "--reason", "two state roots")
    done = launch.luca("window", "abort", *why, *given_up, "--yes")
    launch.luca.push()
    assert launch.state(launch.luca).status == "NETWORK_STARTED", "one signature is not enough"
    launch.sonia.pull()
    (record,) = (launch.sonia.clone / "manifests/records").glob("*.launch-abort.*")
    launch.sonia("countersign", record.name.split(".")[0], "--yes")
    launch.sonia.push()
    launch.luca.pull()
    done = launch.luca("window", "activate-role", "node", "--yes", ends_in=3)
    assert "no launch window is open" in words_of(done)
