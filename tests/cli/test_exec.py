"""`aztrust exec`: what is asked before a program is started, and how it is started."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aztrust.acts import bootstrap as act
from aztrust.cli import exec as module
from aztrust.core.base.value import replace
from aztrust.core.checks.host import bootstrap as check
from aztrust.core.state.starting import Starting
from aztrust.report import start as report
from aztrust.storage import execute
from aztrust.storage.hostfiles import host_platform
from tests import tls
from tests.cli_launch import DAY, Clock, Desk, home_at, ticking_clock, window_policy
from tests.command import Done, run
from tests.disk_launch import GENESIS, MINUTE, Launch, make_launch
from tests.servers import answer
from tests.standins import stand_in
from tests.storage.starting import shell

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")

clock = pytest.fixture(ticking_clock)
STOP = "DO NOT START THIS HOST"
AUTHORIZED = Starting("BOOTSTRAP_AUTHORIZED", ("node", "proposer"))
RUNNING = Starting("NETWORK_STARTED", ("node", "proposer"), ("node",))
NORMAL = Starting("NORMALIZED", ("node", "proposer"), ("node", "proposer"))


class Host:
    """A host of a frozen launch with a young ledger, and what it has started."""

    def __init__(self, folder: Path, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.scope = scope
        self.patch = monkeypatch
        self.binary = folder / "atlasd"
        self.desk = Desk(Launch(folder / "launch"))
        self.kit = folder / "launch.aztrust"
        self.home = folder / "node"
        self.genesis = self.home / "config/genesis.json"
        self.started: list[tuple[int, list[bytes], dict[bytes, bytes]]] = []
        self.is_in(AUTHORIZED)

    def is_in(self, starting: Starting | Callable[[], Starting | None] | None) -> None:
        """Let the records of the launch amount to this."""
        answer = starting if callable(starting) else lambda: starting
        for room in (act, check):
            self.patch.setattr(room, "read_starting", lambda _context: answer())

    def start(self, *words: object, kit: object = "", anchor: bool = True) -> Done:
        """`aztrust exec` with the options of an operator; the program is not really started."""
        named = ("--kit", kit or self.kit)
        named += ("--anchor", self.desk.anchor) if anchor else ()
        if "--binary" not in words:
            named += ("--binary", self.binary)
        if "--" not in words:
            words = (*words, "--", "start")
        return run("exec", *named, "--home", self.home, *words)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, int]:
    """A frozen launch of this machine's shell, its kit, and a node's home; the scope, the time."""
    folder = tmp_path_factory.mktemp("exec")
    with pytest.MonkeyPatch.context() as patch:
        home_at(patch, folder / "home")
        (folder / "home").mkdir()
        clock = ticking_clock(patch)
        binary = shell(folder)
        policy = window_policy().replace('"linux/amd64"', f'"{host_platform()}"')
        desk = Desk(make_launch(folder, policy=policy, release={"bin/atlasd": binary.read_bytes()}))
        scope = desk.freeze()
        kit = folder / "launch.aztrust"
        done = desk.run("pack", "--to", kit, "--ledger", desk.ledger, anchor=False)
        assert done.exit_code == 0, done.err
        genesis = folder / "node/config/genesis.json"
        genesis.parent.mkdir(parents=True)
        genesis.write_bytes(GENESIS["genesis.json"])
        return folder, scope, clock.now


@pytest.fixture
def host(
    frozen: tuple[Path, str, int],
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Host]:
    made_in, scope, clock.now = frozen
    tmp_path = shutil.copytree(made_in, tmp_path / "copy")
    home = tmp_path / "home"
    home_at(monkeypatch, home)
    for name in ("AZTRUST_LAUNCH", "AZTRUST_ANCHOR", "AZTRUST_SCOPE", "DAEMON_HOME"):
        monkeypatch.delenv(name, raising=False)
    made = Host(tmp_path, scope, monkeypatch)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "fresh"))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.chdir(home)

    def note(descriptor: int, words: list[bytes], environment: dict[bytes, bytes]) -> None:
        made.started.append((os.fstat(descriptor).st_ino, words, environment))
        sys.exit(7)

    supports = {*os.supports_fd, note}
    stand_in(monkeypatch, execute, "os", execve=note, supports_fd=supports)
    before = {n: signal.getsignal(n) for n in (signal.SIGPIPE, signal.SIGXFSZ)}
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def codes(done: Done) -> set[str]:
    document = done.document
    found = [f for c in document["checks"] for f in c["findings"]]
    return {f["code"] for f in (*found, *document["notices"])}


def flat(text: str) -> str:
    return " ".join(text.split())


# ---- a start -------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-30.2")
def test_an_authorized_host_starts_the_file_that_was_verified(host):
    done = host.start("--", "start", "--home", "/srv/a b", "--wait")
    assert done.exit_code == 7, done.out + done.err
    ((inode, words, _),) = host.started
    assert inode == host.binary.stat().st_ino
    assert words == [os.fsencode(host.binary), b"start", b"--home", b"/srv/a b", b"--wait"]
    assert done.out == "", "standard output is the program's"
    assert f"START    atlasd in role node, process {os.getpid()}" in done.err
    shown = flat(done.err)
    assert "not verified: the loader /" in shown
    assert "its shared libraries, configuration files" in shown


def test_a_link_is_resolved_and_both_paths_are_shown(host):
    link = host.folder / "current"
    link.symlink_to(host.binary)
    done = host.start("--binary", link)
    assert done.exit_code == 7, done.out
    assert host.started[0][1][0] == os.fsencode(link), "the name that was given"
    assert f"file {link} -> {host.binary}" in flat(done.err)


def test_variables_of_the_loader_are_unset_with_a_notice(host, monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", "/tmp/evil.so")
    monkeypatch.setenv("LD_BIND_NOW", "1")
    monkeypatch.setenv("ATLAS", "1")
    done = host.start()
    assert "unset    LD_BIND_NOW and LD_PRELOAD, for this program" in done.err
    (_, _, environment) = host.started[0]
    assert environment[b"ATLAS"] == b"1"
    assert not [name for name in environment if name.startswith(b"LD_")]
    assert "LD_PRELOAD" not in os.environ, "nor is this host judged with it"
    assert "unset" not in host.start().err


def test_a_sealed_copy_is_another_file(host):
    done = host.start("--sealed")
    assert done.exit_code == 7, done.out
    assert host.started[0][0] != host.binary.stat().st_ino
    assert "a sealed copy in memory" in done.err
    assert "capabilities" not in done.err


def test_a_report_can_be_kept(host):
    path = host.folder / "start.json"
    done = host.start("-o", path, "-q")
    assert done.exit_code == 7
    assert done.err.splitlines() == [f"START    atlasd in role node, process {os.getpid()}"]
    assert '"command": "exec"' in path.read_text().replace('":"', '": "')


# ---- a refusal -----------------------------------------------------------------------------------


def refused(host: Host, *words: object, code: str, exit_code: int, **more: Any) -> Done:
    done = host.start("--json", *words, **more)
    assert done.exit_code == exit_code, done.out
    assert code in codes(done)
    assert host.started == []
    return done


@pytest.mark.clause("AZ-8.4", "AZ-30.2")
def test_nothing_starts_without_an_authorization(host):
    host.is_in(None)
    done = refused(host, code="bootstrap-not-authorized", exit_code=11)
    assert done.document["command"] == "exec"
    assert not done.document["ready"]
    text = host.start().out
    assert text.startswith(STOP)
    assert "bootstrap-not-authorized" in text
    host.is_in(AUTHORIZED)
    assert host.start().exit_code == 7


def test_another_role_does_not_start(host):
    refused(host, "--role", "sentry", code="role-not-in-order", exit_code=11)
    refused(host, "--role", "proposer", code="role-not-activated", exit_code=11)
    assert host.start("--role", "node").exit_code == 7


def test_a_role_of_the_network_may_have_another_name_than_that_of_the_release(host):
    host.is_in(replace(RUNNING, activated=("node", "proposer")))
    assert host.start("--role", "node", "--role", "proposer").exit_code == 7
    done = host.start("--role", "notary", "--role", "proposer")
    assert done.exit_code == 2
    assert "two roles that the release does not have" in flat(done.err)


@pytest.mark.clause("AZ-30.2")
def test_what_was_authorized_long_ago_may_be_taken_back_and_does_not_start(host, clock):
    words = ("--scope", host.scope)
    assert host.start(*words).exit_code == 7
    host.started.clear()
    clock.forward(61 * MINUTE)
    done = refused(host, *words, code="kit-outdated", exit_code=11)
    assert "may be missing: the newest head" in str(done.document["checks"])


def test_after_the_start_an_old_ledger_stops_no_host(host, clock):
    clock.forward(30 * DAY)
    refused(host, code="kit-outdated", exit_code=11)
    host.is_in(RUNNING)
    assert host.start().exit_code == 7


@pytest.mark.parametrize("starting", [AUTHORIZED, RUNNING])
def test_wrong_bytes_do_not_start(host, starting):
    host.is_in(starting)
    with host.binary.open("ab") as stream:
        stream.write(b"more")
    refused(host, code="binary-unknown", exit_code=10)


@pytest.mark.parametrize("starting", [AUTHORIZED, RUNNING])
def test_a_wrong_genesis_does_not_start(host, starting):
    host.is_in(starting)
    host.genesis.write_bytes(b'{"chain_id":"test-2"}')
    refused(host, code="genesis-hash-mismatch", exit_code=10)


def test_an_abort_stops_a_restart(host):
    host.is_in(RUNNING)
    words = ("--trigger", "genesis-hash-mismatch", "--reason", "T", "--yes")
    done = host.desk.run("window", "abort", *words)
    assert done.exit_code == 0, done.err
    refused(host, code="scope-invalidated", exit_code=10, kit=host.desk.launch.path)


def test_after_an_anomaly_a_restart_needs_its_approval(host):
    host.is_in(replace(RUNNING, unapproved=(("node", host.scope),)))
    refused(host, code="restart-not-approved", exit_code=11)
    host.is_in(RUNNING)
    assert host.start().exit_code == 7


def test_in_normal_operation_it_steps_aside_and_says_so(host, clock):
    host.is_in(NORMAL)
    clock.forward(365 * DAY)
    host.binary.write_bytes(host.binary.read_bytes() + b"an upgrade")
    done = host.start()
    assert done.exit_code == 7, done.out
    shown = flat(done.err)
    assert "the network is in normal operation: nothing was compared" in shown
    assert "not verified: the program itself" in shown
    host.started.clear()
    assert host.start(anchor=False).exit_code == 10, "another launch's records say nothing"
    assert host.started == []


def test_a_program_that_is_not_here_is_not_started_in_normal_operation(host):
    host.is_in(NORMAL)
    host.binary.unlink()
    done = host.start()
    assert done.exit_code == 1
    shown = flat(done.err)
    assert f"{host.binary} cannot be started" in shown
    assert "name a program that is here: --binary FILE" in shown
    assert host.started == []


def test_a_script_is_not_started(host):
    host.binary.write_bytes(b"#!/bin/sh\nexit 0\n")
    for starting in (None, AUTHORIZED, NORMAL):
        host.is_in(starting)
        assert host.start().exit_code == 10
    done = host.start("--wait")
    assert done.exit_code == 10
    assert "is a script" in flat(done.err)
    assert host.started == []


def test_cosmovisor_is_not_started(host):
    path = host.binary.rename(host.folder / "cosmovisor")
    done = host.start("--binary", path)
    assert done.exit_code == 10
    assert f"--binary {host.home}/cosmovisor/current/bin/NAME" in flat(done.err)
    assert host.started == []


@pytest.mark.clause("AZ-30.2")
@pytest.mark.parametrize("how", ["renamed", "written"])
def test_a_program_that_is_swapped_after_the_check_is_not_started(host, monkeypatch, how):
    other = host.folder / "other"
    other.write_bytes(host.binary.read_bytes() + b"x")
    other.chmod(0o755)

    def swap(*arguments: Any) -> list[str]:
        if how == "renamed":
            other.rename(host.binary)
        else:
            host.binary.write_bytes(other.read_bytes())
        return real(*arguments)

    real = report.start_lines
    monkeypatch.setattr(report, "start_lines", swap)
    done = host.start()
    assert done.exit_code == 1
    assert "after it was checked" in flat(done.err)
    assert host.started == []


def test_the_name_of_the_program_is_not_its_argument(host):
    for words in (("atlasd", "start"), (host.binary, "start")):
        done = host.start("--", *words)
        assert done.exit_code == 2
        assert "is the program itself" in done.err
    assert host.started == []
    assert host.start("--", "start", "atlasd").exit_code == 7


def test_one_of_several_programs_is_named(host):
    host.is_in(NORMAL)
    done = host.start("--binary", host.binary, "--binary", host.binary)
    assert done.exit_code == 2
    assert "2 programs, and one is started" in done.err


def test_a_system_that_cannot_do_it_is_refused_before_anything_is_asked(host, monkeypatch):
    stand_in(monkeypatch, execute, "os", supports_fd=set())
    done = host.start()
    assert done.exit_code == 1
    assert "aztrust preflight" in done.err
    assert host.started == []


# ---- the wait ------------------------------------------------------------------------------------


@pytest.fixture
def waits(host: Host, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What happens at each wait, one after the other; then the wait is interrupted."""
    steps: list[Callable[[], None]] = []

    def wait(_changes: object, _milliseconds: int) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    monkeypatch.setattr("aztrust.storage.waiting.Changes.wait", wait)
    return steps


def test_it_waits_for_the_authorization(host, waits):
    host.is_in(None)
    instructed = replace(AUTHORIZED, status="AT_GO_HOLD_POINT")
    waits += [lambda: host.is_in(instructed), lambda: host.is_in(AUTHORIZED)]
    done = host.start("--wait", kit=host.desk.launch.path)
    assert done.exit_code == 7, done.out
    lines = [line for line in done.err.splitlines() if line.startswith("waiting")]
    assert len(lines) == 2
    assert "no launch window of this scope" in lines[0]
    assert waits == []


def test_a_wait_is_reported_once_for_each_state_and_not_as_a_head_ages(host, waits, clock):
    older = [lambda: clock.forward(7 * MINUTE)] * 3
    waits += [*older, lambda: host.is_in(None), *older]
    clock.forward(65 * MINUTE)
    done = host.start("--wait", "--scope", host.scope)
    assert done.exit_code == 130
    first, second = flat(done.err).split("waiting ")[1:]
    assert "the newest head may be" in first
    assert "no launch window of this scope" in second


def test_a_wait_ends_by_an_interrupt(host, waits):
    host.is_in(None)
    assert host.start("--wait").exit_code == 130
    assert host.started == []


def test_a_wait_ends_where_something_is_wrong(host, waits):
    host.is_in(None)
    waits.append(lambda: host.genesis.write_bytes(b"{}"))
    done = host.start("--wait")
    assert done.exit_code == 10
    assert done.out.startswith(STOP)
    assert host.started == []


def test_a_wait_is_over_after_its_time_and_nothing_started(host, waits, monkeypatch):
    times = iter(range(0, 10_000_000, 400))
    monkeypatch.setattr(module, "_monotonic_ms", lambda: next(times))
    host.is_in(None)
    waits += [lambda: None] * 2
    done = host.start("--wait", "--timeout", "1s")
    assert done.exit_code == 11
    assert done.out.startswith(STOP)
    assert host.started == []


@pytest.mark.parametrize("option", ["--timeout", "--interval"])
def test_a_time_that_cannot_be_read_is_named(host, option):
    done = host.start("--wait", option, "soon")
    assert done.exit_code == 2
    assert f"{option}: " in done.err


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tls.Site]:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    authority = tls.Authority(tmp_path / "ca")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with tls.serving(authority.server()) as site:
        yield site


def test_each_question_asks_the_urls_again_and_names_those_that_do_not_answer(host, waits, site):
    down, up = answer(503), answer(200, host.kit.read_bytes())
    site.answers |= {"/one": down, "/two": down}
    waits += [lambda: site.answers.update({"/two": up}), lambda: host.is_in(AUTHORIZED)]
    host.is_in(None)
    words = ("--wait", "--kit", f"{site.url}/two")
    done = host.start(*words, kit=f"{site.url}/one")
    assert done.exit_code == 7, done.out
    assert site.asked == ["/one", "/two"] * 3
    first, second = flat(done.err).split("waiting ")[1:]
    assert "/two: the server answers 503" in first
    assert "/two" not in second
    assert "/one: the server answers 503" in second
    assert "bootstrap-not-authorized" in second
