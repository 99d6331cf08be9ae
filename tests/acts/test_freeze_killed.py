"""A freeze that is killed at any of its steps: the next run finishes the rest."""

from __future__ import annotations

import signal
import subprocess
import sys
from fnmatch import fnmatchcase

import pytest

from tests.command import PROGRAM, environment, run
from tests.disk_launch import MINUTE, NOW, make_launch, policy_text
from tests.verdicts import ONE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads names in /proc")

LATER = NOW + 24 * 60 * MINUTE

STEPS = (
    ("the home has its folder", "home*/"),
    ("the shared data has its folder", ".local/"),
    ("the data has its folder", "share/"),
    ("the ledgers have their folder", "aztrust/"),
    ("the ledger is written", "ledgers/*.ledger"),
    ("the ledger has its name", "ledgers/"),
    ("the home has a second folder", "home*/"),
    ("the configuration has its folder", ".config/"),
    ("the heads have their folder", "aztrust/"),
    ("its first head is kept", "heads/*.note"),
    ("its first head has its name", "heads/"),
    ("its first head is to be committed", "head"),
    ("the records are to be committed", "entry"),
    ("the policies have their folder", "manifests/"),
    ("the policy is written", "policies/*.toml"),
    ("the policy has its name", "policies/"),
    ("the window is to be committed", "entry"),
    ("the window's head is kept", "heads/*.note"),
    ("the window's head has its name", "heads/"),
    ("the window's head is to be committed", "head"),
    ("the window is written", "records/*.launch-window.*.dsse.json"),
    ("the window has its name", "records/"),
    ("the published ledger has its folder", "manifests/"),
    ("its tiles have their folder", "ledger/"),
    ("its entries have their folder", "tile/"),
    ("its last entries have their folder", "entries/"),
    ("its entries are written", "000.p/[0-9]*"),
    ("its entries have their name", "000.p/"),
    ("its hashes have their folder", "tile/"),
    ("its last hashes have their folder", "0/"),
    ("its hashes are written", "000.p/[0-9]*"),
    ("its hashes have their name", "000.p/"),
    ("its checkpoint is written", "ledger/checkpoint"),
    ("its checkpoint has its name", "ledger/"),
    ("the verdict is to be committed", "entry"),
    ("its head is kept", "heads/*.note"),
    ("its head has its name", "heads/"),
    ("its head is to be committed", "head"),
    ("the verdicts have their folder", "manifests/"),
    ("the verdict is written", "verdicts/freeze_confirmed.*.dsse.json"),
    ("the verdict has its name", "verdicts/"),
    ("its later entries are written", "000.p/[0-9]*"),
    ("its later entries have their name", "000.p/"),
    ("its later hashes are written", "000.p/[0-9]*"),
    ("its later hashes have their name", "000.p/"),
    ("its later checkpoint is written", "ledger/checkpoint"),
    ("its later checkpoint has its name", "ledger/"),
    ("its earlier entries are removed", "000.p/"),
    ("its earlier hashes are removed", "000.p/"),
    ("the proof is written", "verdicts/freeze_confirmed.*.sigstore.json"),
    ("the proof has its name", "verdicts/"),
    ("the reports have their folder", "manifests/"),
    ("the report is written", "reports/freeze_confirmed.*.json"),
    ("the report has its name", "reports/"),
)
"""Every durable step of a first freeze, in order, and how HOOK notes it."""


class Interrupted:
    """Runs of one freeze, each of which may be killed at a step."""

    def __init__(self, tmp_path):
        self.launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
        self._notes = tmp_path / "notes"
        self._hook = tmp_path / "hook"
        self._hook.mkdir()
        (self._hook / "sitecustomize.py").write_text(HOOK, "utf-8")
        self._runs = 0

    def run(self, kill_at=0):
        """The exit code, and the steps up to and with the one at which it was killed."""
        self._notes.write_bytes(b"")
        self._runs += 1
        words = ("-C", self.launch.path, "freeze", "--key", self.launch.key_file("luca"), "--yes")
        done = subprocess.run(
            [str(word) for word in (*PROGRAM, *words, "--anchor", self.launch.anchor)],
            env=environment(
                PYTHONPATH=f"{self._hook}:{environment()['PYTHONPATH']}",
                TEST_KILL=str(kill_at),
                TEST_NOTES=str(self._notes),
                TEST_NOW=str(LATER + self._runs),
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode, self._notes.read_text("utf-8").splitlines()

    def require_one_freeze(self):
        """One verdict, one window, and a ledger and a launch that verify."""
        launch = self.launch
        verdicts = [p.name for p in (launch.path / "manifests/verdicts").glob("[!.]*")]
        assert len(verdicts) == 2
        assert len({name.split(".")[1] for name in verdicts}) == 1
        assert len(list((launch.path / "manifests/records").glob("[!.]*.launch-window.*"))) == 1
        for words in (("ledger", "verify"), ("verify", "--require", "frozen")):
            done = run("-C", launch.path, *words, "--anchor", launch.anchor)
            assert done.exit_code == 0, done.out + done.err


def shapes(steps):
    """The steps without the digests and random parts of their names."""
    return [next((s for _, s in STEPS if fnmatchcase(step, s)), step) for step in steps]


def test_the_steps_of_a_freeze_are_all_known(tmp_path):
    """A step that STEPS does not list would be one at which no run is killed."""
    freeze = Interrupted(tmp_path)
    code, steps = freeze.run()
    assert code == 0
    assert shapes(steps) == [shape for _, shape in STEPS]
    freeze.require_one_freeze()


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1), ids=[name for name, _ in STEPS])
def test_killed_anywhere_a_freeze_comes_to_its_end(tmp_path, number):
    """SIGKILL at every step: the next run finishes, and the ledger verifies."""
    freeze = Interrupted(tmp_path)
    code, steps = freeze.run(kill_at=number)
    assert code == -signal.SIGKILL
    assert shapes(steps) == [shape for _, shape in STEPS[:number]]
    assert freeze.run()[0] == 0
    freeze.require_one_freeze()


def test_killed_again_and_again_a_freeze_comes_to_its_end(tmp_path):
    """Each run gets one step further than what is left for the run before it."""
    freeze = Interrupted(tmp_path)
    kills = 0
    while freeze.run(kill_at=kills + 1)[0] == -signal.SIGKILL:
        kills += 1
    assert kills >= 6
    freeze.require_one_freeze()


# Notes each durable step: a file or directory that was synced, a transaction that is about to be
# committed. The run ends by SIGKILL at the step of the number given.
HOOK = """
import os, signal, sqlite3, time

time.time_ns = lambda: int(os.environ["TEST_NOW"]) * 1_000_000
notes = open(os.environ["TEST_NOTES"], "a")
left = int(os.environ["TEST_KILL"])

def step(name):
    global left
    print(name, file=notes, flush=True)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

real_sync, real_connect = os.fsync, sqlite3.connect

def sync(descriptor):
    real_sync(descriptor)
    path = os.readlink(f"/proc/self/fd/{descriptor}")
    folder, name = os.path.split(path)
    if os.path.isdir(path):
        step(name + "/")
    else:
        # A file that is not finished is hidden, and ends in a random part.
        step(os.path.basename(folder) + "/" + name.removeprefix(".").rsplit(".", 2)[0])

def connect(*args, **kwargs):
    connection = real_connect(*args, **kwargs)
    into = []

    def trace(statement):
        words = statement.split()
        if words[0] == "BEGIN":
            into.clear()
        elif words[:2] == ["INSERT", "INTO"]:
            into.append(words[2])
        elif words[0] == "COMMIT" and into:
            step(into[0])

    connection.set_trace_callback(trace)
    return connection

os.fsync, sqlite3.connect = sync, connect
"""
