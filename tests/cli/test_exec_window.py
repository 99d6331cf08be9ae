"""`aztrust exec` of a real program, by the records of a real launch window."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from aztrust.acts.publish import store_record
from aztrust.core.base.value import frozen
from aztrust.storage.hostfiles import host_platform, read_host_file
from tests import tls
from tests.cli_launch import Clock, Desk, home_at, ticking_clock, window_policy
from tests.command import environment
from tests.disk_launch import GENESIS, MINUTE, Launch, make_launch
from tests.patience import PATIENCE
from tests.people import fingerprint
from tests.servers import answer
from tests.starts import AUTHORIZED, HOUR, NORMAL, Way
from tests.storage.starting import shell

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")

clock = pytest.fixture(ticking_clock)
LATER = 6 * MINUTE

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


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """Each stage with its launch, ledger, program and kit."""
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


@pytest.fixture
def at(stages: dict[str, Stage], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    def make(stage: str) -> Host:
        home_at(monkeypatch, tmp_path / "desk")
        return Host(stages[stage], tmp_path / stage, clock)

    return make


def ran(done: subprocess.CompletedProcess[str]) -> bool:
    return "it ran" in done.stdout


def refused(done: subprocess.CompletedProcess[str], code: str, exit_code: int = 11) -> None:
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert code in done.stdout
    assert done.stdout.startswith("DO NOT START THIS HOST")
    assert not ran(done)


@pytest.mark.clause("AZ-8.4", "AZ-30.2")
def test_a_host_starts_once_it_is_authorized_and_not_before(at):
    refused(at("frozen").start(), "bootstrap-not-authorized")
    host = at("authorized")
    for options in ((), ("--sealed",)):
        with subprocess.Popen(
            (*host.words(*options), "--", "-c", 'echo "it ran as $$"; exit 7'),
            env=host.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            out, err = process.communicate()
        assert out == f"it ran as {process.pid}\n", err
        assert process.returncode == 7
        assert f"process {process.pid}" in err


def test_descriptors_of_the_parent_are_the_program_s(at):
    host = at("authorized")
    path = host.folder / "inherited"
    with path.open("w") as file:
        number = file.fileno()
        done = subprocess.run(
            (*host.words(), "--", "-c", f"echo it ran > /proc/$$/fd/{number}"),
            env=host.environment(),
            capture_output=True,
            text=True,
            check=False,
            pass_fds=(number,),
        )
    assert path.read_text() == "it ran\n", done.stderr


def test_without_a_later_confirmation_of_the_scope_nothing_starts(at, stages):
    host = at("frozen")
    host.way.go(*AUTHORIZED[:-1])
    host.way.pack(host.kit)
    refused(host.start(), "bootstrap-not-authorized")
    host.way.go(AUTHORIZED[-1])
    host.way.pack(host.kit)
    assert ran(host.start())


@pytest.mark.parametrize("step", ["authorize", "instruct"])
def test_what_was_revoked_starts_nothing(at, step):
    host = at("authorized")
    host.desk.launch.records.clear()
    words = (host.way.made[step], "--reason", "the wrong window", "--yes")
    done = host.desk.run("revoke", *words, by="luca")
    assert done.exit_code == 0, done.err
    host.desk.keep()
    old, new = host.kit, host.way.pack(host.folder / "new.aztrust")
    assert ran(host.start(kits=(old,))), "this host cannot know it yet"
    refused(host.start(kits=(new,)), "bootstrap-not-authorized")
    refused(host.start(kits=(old, new)), "bootstrap-not-authorized")
    refused(host.start(kits=(new, old)), "bootstrap-not-authorized")


def test_a_hold_starts_nothing_until_it_is_over(at):
    host = at("authorized")
    host.way.put(host.way.records().hold())
    host.way.pack(host.kit)
    done = host.start()
    refused(done, "bootstrap-not-authorized")
    assert "a hold by luca is open" in " ".join(done.stdout.split())


def aborted(host: Host) -> Path:
    """The kit after an abort."""
    fields = {}
    if "activate" in host.way.made:
        given_up = {"measure": "halt", "criterion": "no finality", "state_handling": "kept"}
        fields = {"after_start": given_up}
    store_record(host.desk.launch.path, host.way.records().abort(**fields).signed("luca"))
    host.desk.keep()
    return host.way.pack(host.folder / "new.aztrust")


@pytest.mark.parametrize("stage", ["authorized", "running"])
def test_a_kit_from_before_an_abort_is_outvoted_by_a_newer_one(at, stage):
    host = at(stage)
    new = aborted(host)
    for kits in ((new,), (host.kit, new), (new, host.kit)):
        refused(host.start(kits=kits), "scope-invalidated", 10)


def test_a_kit_from_before_an_abort_is_too_old_after_an_hour(at):
    host = at("authorized")
    aborted(host)
    host.clock.forward(HOUR)
    refused(host.start(), "may be outdated")


def test_a_host_that_saw_a_newer_head_takes_no_kit_from_before(at):
    host = at("authorized")
    aborted(host)
    refused(host.start(kits=(host.folder / "new.aztrust",)), "scope-invalidated", 10)
    refused(host.start(), "you keep a head over")


def test_another_role_than_the_first_waits_for_its_activation(at):
    host = at("running")
    assert ran(host.start())
    refused(host.start("--role", "proposer"), "role-not-activated")
    refused(host.start("--role", "notary"), "role-not-in-order")
    host.way.go("activate-next")
    host.way.pack(host.kit)
    assert ran(host.start("--role", "proposer"))


def test_after_the_start_a_restart_needs_no_young_ledger_and_the_right_bytes(at):
    host = at("running")
    host.clock.forward(400 * HOUR)
    assert ran(host.start())
    host.binary.write_bytes(host.binary.read_bytes() + b"x")
    refused(host.start(), "binary-unknown", 10)


@pytest.mark.parametrize("role", ["node", "proposer", None])
def test_after_an_anomaly_on_its_role_a_restart_needs_an_approval(at, role):
    host = at("running")
    anomaly = host.way.put(host.way.records().anomaly(role=role))
    host.way.pack(host.kit)
    if role == "proposer":
        assert ran(host.start())
        return
    refused(host.start(), "restart-not-approved")
    records = host.way.records()
    instruction = host.way.made["instruct"]
    other = "sha256:" + "7" * 64
    for named, of, may in (
        *((other, "node", False), (anomaly, "proposer", False)),
        (anomaly, "node", True),
    ):
        restart = records.activation(instruction, of, action="restart", anomaly_id=named)
        approval = host.way.put(restart)
        host.way.pack(host.kit)
        assert ran(host.start()) is may
    words = (approval, "--reason", "the cause is not known", "--yes")
    done = host.desk.run("revoke", *words, by="luca")
    assert done.exit_code == 0, done.err
    host.desk.keep()
    host.way.pack(host.kit)
    refused(host.start(), "restart-not-approved")


def test_an_amended_program_is_started_and_no_other_one(at):
    host = at("posture")
    host.binary.write_bytes(host.binary.read_bytes() + b"patched")
    refused(host.start(), "binary-unknown", 10)
    file = read_host_file(host.binary, "--binary", known=lambda _: True)
    artifact = {
        "path": "bin/atlasd",
        "role": "node",
        "platform": host_platform(),
        "sha256": file.sha256,
        "blake3": file.blake3,
    }
    amendment = host.way.records().amendment(artifacts=[artifact])
    # It takes whom an approval of the release takes: two are not enough.
    for who in ("rita", "sonia"):
        host.way.put(amendment, who)
    host.way.pack(host.kit)
    refused(host.start(), "binary-unknown", 10)
    host.way.put(amendment, "cosmin")
    host.way.pack(host.kit)
    assert ran(host.start())
    host.binary.write_bytes(host.binary.read_bytes() + b"again")
    refused(host.start(), "binary-unknown", 10)


def test_in_normal_operation_an_upgrade_is_started_with_a_notice(at):
    host = at("normal")
    host.clock.forward(1000 * HOUR)
    host.binary.write_bytes(host.binary.read_bytes() + b"x")
    done = host.start()
    assert ran(done), done.stdout
    assert "nothing was compared" in done.stderr


@pytest.mark.clause("AZ-30.1")
def test_an_activation_that_is_dated_ahead_starts_nothing_before_its_time(at):
    """The keeper's clock, who also activates, is half an hour ahead of this host's."""
    host = at("frozen")
    host.way.opens_in = 30 * MINUTE
    host.way.go(*AUTHORIZED)
    host.clock.forward(31 * MINUTE)
    host.way.go(NORMAL[0])
    host.way.pack(host.kit)
    host.clock.forward(-31 * MINUTE)
    refused(host.start(), "bootstrap-not-authorized")
    host.clock.forward(32 * MINUTE)
    assert ran(host.start())


def test_a_key_that_is_revoked_after_the_start_hides_no_window(at):
    host = at("running")
    done = host.desk.run(
        "revoke", fingerprint("luca"), "--reason", "compromised", "--yes", by="sonia"
    )
    assert done.exit_code == 0, done.err
    status = host.desk.run("window", "status")
    assert "WINDOW   NETWORK_STARTED" in status.out, status.out
    seen = ("--class", "no-finality-anomaly", "--incident", "I-1", "--detail", "x", "--yes")
    done = host.desk.run("window", "anomaly", *seen, by="dan")
    assert done.exit_code == 0, done.err


@pytest.mark.clause("AZ-30.2")
def test_no_host_starts_because_a_time_has_come(at):
    host = at("frozen")
    host.way.opens_in = 30 * MINUTE
    host.way.go(*AUTHORIZED)
    host.way.pack(host.kit)
    refused(host.start(), "bootstrap-not-authorized")
    host.clock.forward(31 * MINUTE)
    refused(host.start(), "may be missing")
    done = host.desk.run("ledger", "head", "--heartbeat", "--ledger", host.desk.ledger, by="luca")
    assert done.exit_code == 0, done.err
    host.way.pack(host.kit)
    assert ran(host.start())


@pytest.fixture
def waiting(at) -> Iterator[tuple[Host, subprocess.Popen[str]]]:
    """A host that waits at the launch directory, and has reported it."""
    host = at("frozen")
    host.way.go(*AUTHORIZED[:-1])
    words = host.words("--wait", "--interval", "1d", kits=(host.desk.launch.path,))
    with subprocess.Popen(
        (*words, "--", "-c", "echo it ran"),
        env=host.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("waiting")
        yield host, process
        process.kill()


def test_a_host_that_waits_starts_when_the_record_arrives(waiting):
    host, process = waiting
    host.way.go(AUTHORIZED[-1])
    out, err = process.communicate(timeout=PATIENCE)
    assert out == "it ran\n", err
    assert process.returncode == 0


def test_a_host_that_waits_can_be_interrupted(waiting):
    _, process = waiting
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")


# ---- kits from URLs ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tls.Authority:
    return tls.Authority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture
def site(authority: tls.Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[tls.Site]:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with tls.serving(authority.server()) as site:
        yield site


def test_of_several_urls_the_newest_kit_counts_and_a_cache_with_an_old_one_is_noticed(
    at, stages, site
):
    host = at("authorized")
    site.answers["/old"] = answer(200, (stages["frozen"].folder / "launch.aztrust").read_bytes())
    site.answers["/new"] = answer(200, host.kit.read_bytes())
    urls = tuple(f"{site.url}/{name}" for name in ("old", "new"))
    refused(host.start(kits=urls[:1]), "bootstrap-not-authorized")
    assert ran(host.start(kits=urls))
    assert site.asked == ["/old", "/old", "/new"]
    # This host has seen the newer head.
    site.answers["/new"] = answer(503)
    refused(host.start(kits=urls), "you keep a head over")


def test_of_several_urls_those_count_that_answer(at, site):
    host = at("authorized")
    site.answers["/down"] = answer(503)
    site.answers["/up"] = answer(200, host.kit.read_bytes())
    assert ran(host.start(kits=(f"{site.url}/down", f"{site.url}/up")))
    done = host.start(kits=(f"{site.url}/down",))
    assert done.returncode == 1
    assert "the server answers 503" in " ".join(done.stderr.split())
    assert not ran(done)
