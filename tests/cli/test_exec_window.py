"""`aztrust exec` of a real program, by the records of a real launch window."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aztrust.acts.publish import store_record
from aztrust.storage.hostfiles import host_platform, read_host_file
from tests import tls
from tests.cli_launch import ticking_clock
from tests.disk_launch import MINUTE
from tests.patience import PATIENCE
from tests.people import fingerprint
from tests.servers import answer
from tests.starts import (
    AUTHORIZED,
    HOUR,
    NORMAL,
    Host,
    host_at,
    ran,
    stages_of_a_window,
    stopped,
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")

clock = pytest.fixture(ticking_clock)
LATER = 6 * MINUTE

stages = pytest.fixture(scope="module")(stages_of_a_window)
at = pytest.fixture(host_at)


@pytest.mark.clause("AZ-8.4", "AZ-30.2")
def test_a_host_starts_once_it_is_authorized_and_not_before(at):
    stopped(at("frozen").start(), "bootstrap-not-authorized")
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
    stopped(host.start(), "bootstrap-not-authorized")
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
    stopped(host.start(kits=(new,)), "bootstrap-not-authorized")
    stopped(host.start(kits=(old, new)), "bootstrap-not-authorized")
    stopped(host.start(kits=(new, old)), "bootstrap-not-authorized")


def test_a_hold_starts_nothing_until_it_is_over(at):
    host = at("authorized")
    host.way.put(host.way.records().hold())
    host.way.pack(host.kit)
    done = host.start()
    stopped(done, "bootstrap-not-authorized")
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
        stopped(host.start(kits=kits), "scope-invalidated", 10)


def test_a_kit_from_before_an_abort_is_too_old_after_an_hour(at):
    host = at("authorized")
    aborted(host)
    host.clock.forward(HOUR)
    stopped(host.start(), "may be outdated")


def test_a_host_that_saw_a_newer_head_takes_no_kit_from_before(at):
    host = at("authorized")
    aborted(host)
    stopped(host.start(kits=(host.folder / "new.aztrust",)), "scope-invalidated", 10)
    stopped(host.start(), "you keep a head over")


def test_another_role_than_the_first_waits_for_its_activation(at):
    host = at("running")
    assert ran(host.start())
    stopped(host.start("--role", "proposer"), "role-not-activated")
    stopped(host.start("--role", "notary"), "role-not-in-order")
    host.way.go("activate-next")
    host.way.pack(host.kit)
    assert ran(host.start("--role", "proposer"))


def test_after_the_start_a_restart_needs_no_young_ledger_and_the_right_bytes(at):
    host = at("running")
    host.clock.forward(400 * HOUR)
    assert ran(host.start())
    host.binary.write_bytes(host.binary.read_bytes() + b"x")
    stopped(host.start(), "binary-unknown", 10)


@pytest.mark.parametrize("role", ["node", "proposer", None])
def test_after_an_anomaly_on_its_role_a_restart_needs_an_approval(at, role):
    host = at("running")
    anomaly = host.way.put(host.way.records().anomaly(role=role))
    host.way.pack(host.kit)
    if role == "proposer":
        assert ran(host.start())
        return
    stopped(host.start(), "restart-not-approved")
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
    stopped(host.start(), "restart-not-approved")


def test_an_amended_program_is_started_and_no_other_one(at):
    host = at("posture")
    host.binary.write_bytes(host.binary.read_bytes() + b"patched")
    stopped(host.start(), "binary-unknown", 10)
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
    stopped(host.start(), "binary-unknown", 10)
    host.way.put(amendment, "cosmin")
    host.way.pack(host.kit)
    assert ran(host.start())
    host.binary.write_bytes(host.binary.read_bytes() + b"again")
    stopped(host.start(), "binary-unknown", 10)


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
    stopped(host.start(), "bootstrap-not-authorized")
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


FREEZE = "a freeze"


@pytest.mark.parametrize(
    ("what", "code"),
    [(FREEZE, "freeze-revoked"), ("rita", "key-revoked"), ("luca", "freeze-revoked")],
)
def test_what_is_revoked_after_the_start_is_shown_and_stops_no_restart(at, what, code):
    host = at("running")
    _revoke(host, what)
    for _ in ("only in the folder", "in the ledger"):
        done = host.start()
        assert ran(done), done.stdout
        assert f"since    {code}: " in done.stderr
        host.desk.keep()
        host.way.pack(host.kit)
    host.binary.write_bytes(host.binary.read_bytes() + b"x")
    stopped(host.start(), "binary-unknown", 10)


@pytest.mark.parametrize(
    ("what", "code", "exit_code"), [(FREEZE, "freeze-revoked", 11), ("rita", "key-revoked", 10)]
)
def test_what_is_revoked_before_the_start_stops_a_start(at, what, code, exit_code):
    host = at("authorized")
    _revoke(host, what)
    stopped(host.start(), code, exit_code)


def test_an_approval_revoked_before_the_start_stops_a_restart(at):
    """The activation came after it, and no one looked."""
    host = at("authorized")
    _revoke(host, "rita")
    host.desk.keep()
    host.way.go(NORMAL[0])
    host.way.pack(host.kit)
    done = host.start()
    assert done.returncode == 10, done.stdout
    assert "key-revoked" in done.stdout


def test_after_the_start_an_anomaly_stops_where_a_revocation_does_not(at):
    host = at("running")
    _revoke(host, FREEZE)
    host.way.put(host.way.records().anomaly(role="node"), "dan")
    host.way.pack(host.kit)
    stopped(host.start(), "restart-not-approved")


def _revoke(host: Host, what: str) -> None:
    """Revoke the freeze, or the key of a holder, by sonia alone; the kit has it."""
    (freeze,) = host.desk.launch.path.glob("manifests/verdicts/freeze_confirmed.*.dsse.json")
    named = freeze.name.split(".")[1] if what == FREEZE else fingerprint(what)
    reason = "mistake" if what == FREEZE else "compromised"
    done = host.desk.run("revoke", named, "--reason", reason, "--yes", by="sonia")
    assert done.exit_code == 0, done.err
    host.way.pack(host.kit)


@pytest.mark.parametrize(("minutes", "starts"), [(40, True), (125, False)])
@pytest.mark.clause("AZ-30.1")
def test_an_activation_that_its_keeper_gets_after_the_start_window_starts_nothing(
    at, minutes, starts
):
    """However its signer dates it: the keeper notes the time before it."""
    host = at("authorized")
    instruction = host.way.made["instruct"]
    store_record(
        host.desk.launch.path, host.way.records().activation(instruction, "node").signed("luca")
    )
    host.clock.forward(minutes * MINUTE)
    done = host.desk.run("ledger", "keep", "--ledger", host.desk.ledger, by="luca")
    assert done.exit_code == 0, done.err
    assert host.desk.window(host.clock.now).has_started is starts
    host.way.pack(host.kit)
    assert ran(host.start()) is starts


@pytest.mark.clause("AZ-30.2")
def test_no_host_starts_because_a_time_has_come(at):
    host = at("frozen")
    host.way.opens_in = 30 * MINUTE
    host.way.go(*AUTHORIZED)
    host.way.pack(host.kit)
    stopped(host.start(), "bootstrap-not-authorized")
    host.clock.forward(31 * MINUTE)
    stopped(host.start(), "may be missing")
    done = host.desk.run("ledger", "head", "--heartbeat", "--ledger", host.desk.ledger, by="luca")
    assert done.exit_code == 0, done.err
    host.way.pack(host.kit)
    assert ran(host.start())


@pytest.mark.clause("AZ-30.2")
def test_a_host_without_a_network_starts_by_the_line_that_the_keeper_reads_out(at):
    host = at("frozen")
    host.way.opens_in = 30 * MINUTE
    host.way.go(*AUTHORIZED[:-1])
    host.way.pack(older := host.kit.with_name("older.aztrust"))
    host.way.go(AUTHORIZED[-1])
    host.way.pack(host.kit)
    host.clock.forward(29 * MINUTE)
    early = _line(host)
    host.clock.forward(2 * MINUTE)
    line = _line(host)
    stopped(host.start(), "may be missing")
    stopped(host.start("--head", early), "may be missing")
    stopped(host.start("--head", line, kits=(older,)), "bootstrap-not-authorized")
    size, root = line.split(" ")[1], line.split(" ", 2)[2]
    stopped(host.start("--head", f"head {int(size) + 1} {root}"), "that was read out has")
    other = ("a" if root[0] == "b" else "b") + root[1:]
    stopped(host.start("--head", f"head {size} {other}"), "are not those of the head")
    assert ran(host.start("--head", line.upper().replace(" AT", "\n at")))
    # A hold that came later is not in the kit, and the line does not hide for how long.
    host.clock.forward(61 * MINUTE)
    assert not ran(host.start("--head", line))


def test_a_head_that_does_not_cover_the_ledger_is_not_read_out(at):
    host = at("authorized")
    _line(host)
    (record,) = (host.way.records().hold().signed("luca"),)
    path = store_record(host.desk.launch.path, record)
    words = ("append", path, "--no-head", "--ledger", host.desk.ledger)
    assert host.desk.run("ledger", *words).exit_code == 0
    done = host.desk.run("ledger", "head", "--line", "--ledger", host.desk.ledger)
    assert done.exit_code == 10
    assert "its head covers" in done.advised


def _line(host: Host) -> str:
    done = host.desk.run("ledger", "head", "--line", "--ledger", host.desk.ledger)
    assert done.exit_code == 0, done.err
    (line,) = done.lines
    return line


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
    stopped(host.start(kits=urls[:1]), "bootstrap-not-authorized")
    assert ran(host.start(kits=urls))
    assert site.asked == ["/old", "/old", "/new"]
    # This host has seen the newer head.
    site.answers["/new"] = answer(503)
    stopped(host.start(kits=urls), "you keep a head over")


def test_of_several_urls_those_count_that_answer(at, site):
    host = at("authorized")
    site.answers["/down"] = answer(503)
    site.answers["/up"] = answer(200, host.kit.read_bytes())
    assert ran(host.start(kits=(f"{site.url}/down", f"{site.url}/up")))
    done = host.start(kits=(f"{site.url}/down",))
    assert done.returncode == 1
    assert "the server answers 503" in " ".join(done.stderr.split())
    assert not ran(done)
