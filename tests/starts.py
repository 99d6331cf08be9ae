"""A launch on disk that is brought up to its start, and past it: each record signed, in the ledger.

    way = Way(desk, clock)                # of a desk whose launch is frozen
    way.go(*AUTHORIZED)                   # these steps
    way.put(way.records().hold())         # any record of the window

Every signed act is luca's: the policy is `tests.cli_launch.window_policy()`. `go` and the fixtures
`two_at_go_hold` and `go_proposed` run commands, under a policy by which luca and sonia sign. `Host`
starts a program by such a launch.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from aztrust.acts.publish import store_record
from aztrust.core.base.value import frozen
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.state.context import Request, read_context
from aztrust.storage.hostfiles import host_platform
from aztrust.storage.launch import read_launch
from tests.cli_launch import Clock, Desk, Template, home_at, ticking_clock, window_policy
from tests.command import environment
from tests.disk_launch import GENESIS, Launch, make_launch
from tests.policies import authority
from tests.storage.starting import shell
from tests.window_records import MINUTE, Draft, WindowRecords

HOUR = 60 * MINUTE
AUTHORIZED = (
    *("final", "proceed", "go_hold_review_completed", "decide", "authorize"),
    *("bootstrap_authorized", "instruct", "final"),
)
"""The steps up to a start that is authorized and instructed, and a scope that is confirmed."""
NORMAL = (
    *("activate", "activate-next", "first_blocks_healthy", "first_epoch_finalized", "observe"),
    *("entry", "restricted_posture_entered", "wait", "restricted_posture_exit_ready", "exit"),
    "normalize",
)
"""The steps from there to normal operation."""


ORDER = ("node", "proposer")
"""The roles of the instruction."""
ACTS = ("proceed", "decide", "authorize", "instruct")
KINDS = (
    *("launch-proceed", "go-no-go-decision"),
    *("launch-authorization", "bootstrap-start-instruction"),
)
"""The records that `window go` proposes, one for each of these acts."""


def signed_by(count: int, **roles: int) -> str:
    """Tables of a policy: so many holders sign each of these acts."""
    return "".join(authority(act, count, **roles) for act in ACTS)


TWO_SIGN = signed_by(2, launch_coordinator=1, security_lead=1)


def two_at_go_hold(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The fixture of a launch at its go/hold point, where luca and sonia sign a go together."""
    return Template.at_go_hold(tmp_path_factory.mktemp("two"), TWO_SIGN)


def go(desk: Desk, clock: Clock, *more: str, by: str = "luca") -> list[dict[str, Any]]:
    """Propose to go, for a start within two hours; the records."""
    opens = clock.now // 1000
    times = ("--opens", str(opens), "--closes", str(opens + 7200))
    words = ("window", "go", "--reason", "every check passes", *times, *more)
    code, document = desk.json(*words, "--yes", by=by)
    assert code == 0, document
    return list(document["records"])


def go_proposed(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The fixture of the same after luca proposed to go."""
    return template.after(tmp_path_factory.mktemp("proposed"), go)


def proposals(desk: Desk) -> dict[str, str]:
    """The kind of each record of luca's proposal to its id."""
    names = [path.name.split(".") for path in desk.files()]
    found = {kind: record_id for record_id, kind, *_ in names if kind in KINDS}
    assert set(found) == set(KINDS)
    return found


class Way:
    """The steps of a launch window, one after the other."""

    def __init__(self, desk: Desk, clock: Clock, made: Mapping[str, str] | None = None) -> None:
        self.desk, self.clock = desk, clock
        self.made = dict(made or {})
        self.opens_in = 0
        context = read_context(Request(clock.now), read_launch(desk.launch.path))
        assert context.scope is not None
        (attempt,) = context.state.frozen_attempts
        self.scope, self.window = context.scope, attempt.launch_window_id

    def records(self) -> WindowRecords:
        """Records of this window, made now."""
        digests = (self.desk.anchor, self.scope.hash, self.window)
        return WindowRecords(*digests, at=self.clock.read(), lasts=48 * HOUR)

    def pack(self, path: Path) -> Path:
        """A kit of the launch as it is now."""
        words = ("--to", path, "--ledger", self.desk.ledger)
        done = self.desk.run("pack", *words, anchor=False)
        assert done.exit_code == 0, done.err
        return path

    def put(self, draft: Draft, by: str = "luca") -> str:
        """Sign a record and keep it in the ledger; its id."""
        store_record(self.desk.launch.path, draft.signed(by))
        self.desk.keep()
        return draft.record_id

    def verdict(self, name: str) -> None:
        """A checkpoint that passed."""
        at = self.clock.read()
        self.desk.launch.freeze(at=at, checkpoint_class=name, launch_window_id=self.window)
        self.desk.keep()

    def go(self, *steps: str) -> None:
        """Take these steps."""
        for step in steps:
            if step == "wait":
                # The least time of the restricted posture.
                self.clock.forward(25 * HOUR)
            elif step == "final":
                self.verdict(FINAL)
            elif "_" in step:
                self.verdict(step)
            else:
                self.made[step] = self.put(self._draft(step))

    def _draft(self, step: str) -> Draft:
        records, made = self.records(), self.made
        target = {
            "target_network_class": self.scope.network_class,
            "target_chain_id": self.scope.chain_id,
            "target_genesis_hash": self.scope.genesis_hash,
        }
        opens = {
            "opens_at_unix_ms": records.at + self.opens_in,
            "closes_at_unix_ms": records.at + 2 * HOUR,
        }
        match step:
            case "proceed":
                return records.proceed()
            case "decide":
                return records.decision()
            case "authorize":
                release = {"release_package_id": self.scope.release_package_id}
                return records.authorization(made["decide"], made["proceed"], **target, **release)
            case "instruct":
                return records.instruction(made["authorize"], opens, ORDER, **target)
            case "activate" | "activate-next":
                role = ORDER[step == "activate-next"]
                return records.activation(made["instruct"], role)
            case "observe":
                return records.observation()
            case "entry":
                return records.entry()
            case "exit":
                return records.exit([made["observe"]])
            case _:
                return records.normalization(made["exit"])


# The program with a clock of its own; everything else is as it is installed.
_RUN = """
import sys
from aztrust.cli.session import Session
now = int(sys.argv.pop(1))
Session.now_unix_ms = lambda _: now
from aztrust.cli.main import run
run()
"""


@frozen
class Stage:
    """A launch at a stage of its window, in a folder to copy."""

    folder: Path
    now: int
    made: Mapping[str, str]


def stages_of_a_window(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """The fixture of each stage with its launch, ledger, program and kit."""
    found = {}
    folder = tmp_path_factory.mktemp("stages") / "made"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        home_at(patch, folder.parent / "home")
        clock = ticking_clock(patch)
        binary = shell(folder)
        policy = window_policy().replace('"linux/amd64"', f'"{host_platform()}"')
        desk = Desk(make_launch(folder, policy=policy, release={"bin/atlasd": binary.read_bytes()}))
        desk.freeze()
        genesis = folder / "node/config/genesis.json"
        genesis.parent.mkdir(parents=True)
        genesis.write_bytes(GENESIS["genesis.json"])
        made: Mapping[str, str] = {}
        steps = {
            "frozen": (),
            "authorized": AUTHORIZED,
            "running": NORMAL[:1],
            "posture": NORMAL[1:7],
            "normal": NORMAL[7:],
        }
        for name, taken in steps.items():
            folder = shutil.copytree(folder, folder.with_name(name))
            way = Way(Desk(Launch(folder / "launch")), clock, made)
            way.go(*taken)
            way.pack(folder / "launch.aztrust")
            made = way.made
            found[name] = Stage(folder, clock.now, made)
    return found


class Host:
    """A host with the files of a stage, and the desk of the launch."""

    def __init__(self, stage: Stage, folder: Path, clock: Clock) -> None:
        self.folder = shutil.copytree(stage.folder, folder)
        clock.now = stage.now
        self.clock = clock
        self.binary, self.home = self.folder / "atlasd", self.folder / "node"
        self.kit = self.folder / "launch.aztrust"
        self.desk = Desk(Launch(self.folder / "launch"))
        self.way = Way(self.desk, clock, stage.made)

    def words(self, *options: object, kits: tuple[object, ...] = ()) -> tuple[str, ...]:
        named = [word for kit in kits or (self.kit,) for word in ("--kit", kit)]
        named += ["--binary", self.binary, "--home", self.home, "--anchor", self.desk.anchor]
        driver = (sys.executable, "-P", "-c", _RUN, self.clock.now, "exec")
        return tuple(map(str, (*driver, *named, *options)))

    def environment(self) -> dict[str, str]:
        """Of a host that never saw this launch."""
        given = environment(HOME=str(self.folder), XDG_CONFIG_HOME=str(self.folder / "config"))
        for name in ("AZTRUST_LAUNCH", "AZTRUST_ANCHOR", "AZTRUST_SCOPE", "DAEMON_HOME"):
            given.pop(name, None)
        return given

    def start(
        self,
        *options: object,
        kits: tuple[object, ...] = (),
        run: str = 'echo "it ran as $$"; exit 7',
    ) -> subprocess.CompletedProcess[str]:
        """Start the shell as the node, which runs a line."""
        return subprocess.run(
            (*self.words(*options, kits=kits), "--", "-c", run),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )


def host_at(
    stages: dict[str, Stage], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Host]:
    """The fixture of a host at a stage."""

    def make(stage: str) -> Host:
        home_at(monkeypatch, tmp_path / "desk")
        return Host(stages[stage], tmp_path / stage, clock)

    return make


def ran(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the program of `Host.start` ran."""
    return "it ran" in done.stdout


def stopped(done: subprocess.CompletedProcess[str], code: str, exit_code: int = 11) -> None:
    """Nothing started, for this cause."""
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert code in done.stdout
    assert done.stdout.startswith("DO NOT START THIS HOST")
    assert not ran(done)
