"""`aztrust guard`, as the process that it is: its lines, its hook, its endings."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from queue import Empty, SimpleQueue
from threading import Thread

import pytest

from aztrust.acts import hook
from aztrust.acts.hook import PRINTED, run_hook
from fixtures.forge.gates import frozen
from fixtures.forge.launch import Launch
from tests.command import PROGRAM, environment
from tests.patience import PATIENCE, readable
from tests.standins import stand_in

FILE = "fixtures/release/NOTES.md"


def command(launch):
    """The words that start a guard."""
    return [*PROGRAM, "-C", str(launch.root), "guard", "--anchor", launch.anchor]


def surroundings(launch):
    """The environment of a program that has the launch's home."""
    return environment(HOME=str(launch.home), XDG_CONFIG_HOME=str(launch.home / ".config"))


class Guard:
    """A running guard, whose lines are read as they come."""

    def __init__(self, launch, *words, stderr=subprocess.STDOUT, through=()):
        self.launch = launch
        self.process = subprocess.Popen(
            [*through, *command(launch), "--grace", "3s", *words],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=surroundings(launch),
        )
        self.said = []
        self._lines = SimpleQueue()
        Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _next(self):
        """The next line; None at the end."""
        try:
            line = self._lines.get(timeout=PATIENCE)
        except Empty:
            raise AssertionError(f"it hangs after: {''.join(self.said)}") from None
        if line is not None:
            self.said.append(line)
        return line

    def until(self, label):
        """Read on to a line that begins so."""
        while (line := self._next()) is not None:
            if line.startswith(label):
                return line
        raise AssertionError(f"no {label}: {''.join(self.said)}")

    def end(self):
        """Its exit code, and its whole output."""
        while self._next() is not None:
            pass
        return self.process.wait(PATIENCE), "".join(self.said)


@pytest.fixture
def launch(tmp_path):
    return Launch(tmp_path)


@pytest.fixture
def guard(launch):
    running = []

    def start(*words, **streams):
        running.append(Guard(launch, *words, **streams))
        return running[-1]

    yield start
    for one in running:
        one.process.kill()
        one.process.wait(PATIENCE)
        one.process.stdout.close()


def replace(launch, data):
    """Give a file other bytes in one step: however slowly, no half of them is ever there."""
    made = launch.root.parent / "made"
    made.write_bytes(data)
    made.chmod(launch.path(FILE).stat().st_mode)
    made.replace(launch.path(FILE))


def verify(launch):
    done = subprocess.run(
        [*PROGRAM, "-C", str(launch.root), "verify", "--anchor", launch.anchor, "--format", "json"],
        capture_output=True,
        env=surroundings(launch),
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.clause("AZ-25.1", "AZ-2.4", "AZ-38")
def test_a_file_is_touched_and_then_edited(launch, guard, tmp_path):
    frozen(launch)
    report = tmp_path / "report.json"
    hook = tmp_path / "hook.py"
    hook.write_text("import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())")
    words = f"{sys.executable} '{hook}' '{report}'"
    running = guard("--exec", words, "--key", f"{launch.root}/fixtures/keys/rita.key")
    running.until("watching")
    bytes_then = launch.read(FILE)
    replace(launch, bytes_then)
    running.until("suspect")
    running.until("cleared")
    assert running.process.poll() is None
    assert not report.exists()
    replace(launch, b"other")
    running.until("suspect")
    code, said = running.end()
    assert code == 10, said
    assert "file-modified   release:NOTES.md" in said
    assert "also   drift-after-freeze (drift)" in said
    assert "ended with 0" in said
    document = json.loads(report.read_bytes())
    assert (document["command"], document["exit_code"]) == ("guard", 10)
    found = {f["code"]: f["subject"] for check in document["checks"] for f in check["findings"]}
    assert found["drift-after-freeze"] == "release:NOTES.md"
    # The anomaly is a record like any other: in the folder, until the keeper appends it. It ends
    # nothing.
    records = list((launch.root / "manifests/records").glob("*.launch-anomaly.*"))
    assert len(records) == 1
    launch.write(FILE, bytes_then)
    code, document = verify(launch)
    assert code == 0
    waiting = [n["subject"] for n in document["notices"] if n["code"] == "record-only-in-folder"]
    assert waiting == [f"manifests/records/{records[0].name}"]
    again = guard()
    again.until("watching")


def test_nothing_is_frozen(guard):
    code, said = guard().end()
    assert code == 3
    assert said.startswith("nothing  scope: nothing is frozen here")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_is_stopped(launch, guard, number):
    frozen(launch)
    running = guard()
    running.until("watching")
    os.kill(running.process.pid, number)
    code, said = running.end()
    assert code == 130
    assert said.splitlines()[-1].startswith("stopped ")


def test_a_signal_that_is_ignored_stays_ignored(launch, guard):
    """As with nohup: the hang-up of a terminal does not end what was started to outlive it."""
    frozen(launch)
    running = guard(through=("sh", "-c", """trap '' HUP; exec "$@" """, "sh"))
    running.until("watching")
    os.kill(running.process.pid, signal.SIGHUP)
    replace(launch, launch.read(FILE))
    running.until("cleared")
    os.kill(running.process.pid, signal.SIGTERM)
    code, said = running.end()
    assert code == 130, said


# Makes the terminal that is its input the one whose end is a hang-up, then becomes the program.
ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def test_its_terminal_goes(launch):
    frozen(launch)
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        (sys.executable, "-c", ON_A_TERMINAL, *command(launch)),
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env=surroundings(launch),
        start_new_session=True,
    )
    os.close(inside)
    try:
        said = b""
        while b"watching" not in said:
            more = readable(terminal)
            assert more, said
            said += more
        os.close(terminal)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
        process.wait(PATIENCE)


def test_a_hook_that_cannot_be_run_changes_no_exit_code(launch, guard):
    frozen(launch)
    launch.write(FILE, b"other")
    code, said = guard("--exec", "/no/such/program").end()
    assert code == 10
    assert "No such file or directory" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_hook_that_hangs_withholds_no_conclusion(launch, guard, number):
    frozen(launch)
    launch.write(FILE, b"other")
    running = guard("--exec", "sh -c 'echo hanging >&2; exec sleep 1000'")
    running.until("FAIL")
    running.until("hanging")
    os.kill(running.process.pid, number)
    code, said = running.end()
    assert code == 10, said
    assert "Traceback" not in said


def test_what_a_hook_prints_is_in_no_result(launch, guard, tmp_path):
    frozen(launch)
    launch.write(FILE, b"other")
    flood = f"{sys.executable} -c 'print(\"spam\" * 1000000)'"
    with (tmp_path / "stderr").open("w+b") as stderr:
        code, said = guard("--format", "json", "--exec", flood, stderr=stderr).end()
        stderr.seek(0)
        told = stderr.read()
    assert code == 10
    assert json.loads(said)["exit_code"] == 10
    assert PRINTED <= len(told) < 2 * PRINTED
    assert b"ended with 0" in told


def test_a_hook_with_all_that_it_started_is_killed_in_time(tmp_path, monkeypatch):
    held = tmp_path / "held"
    os.mkfifo(held)
    reader = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    # What was started writes to what it holds: only then does the hook's time begin.
    inner = f"echo started >&3; exec sleep {PATIENCE * 10:.0f}"
    words = ("sh", "-c", f"exec 3> '{held}'; sh -c '{inner}' & wait")

    class Started(subprocess.Popen):
        def wait(self, timeout=None):
            if timeout is not None:
                assert select.select([reader], [], [], PATIENCE)[0]
                assert os.read(reader, 100) == b"started\n"
            return super().wait(timeout)

    stand_in(monkeypatch, hook, "subprocess", Popen=Started)
    try:
        assert run_hook(words, b"x" * PRINTED * 4, 0.1).endswith("in 0.1 seconds and was killed")
        # No process holds it any more.
        assert readable(reader) == b""
    finally:
        os.close(reader)


@pytest.mark.parametrize("option", ["--interval", "--quiet-for"])
def test_a_span_that_is_none_is_refused_by_the_name_of_its_option(launch, guard, option):
    code, said = guard(option, "soon").end()
    assert code == 2
    assert f"{option}: 'soon' is not a span of time" in said


@pytest.mark.parametrize("words", ["", "'open"])
def test_a_hook_that_is_none(launch, guard, words):
    code, said = guard("--exec", words).end()
    assert code == 2
    assert "--exec" in said
