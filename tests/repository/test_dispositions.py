"""No test depends on the signal settings of the shell that starts pytest."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.command import environment

STARTED = """
import signal
names = "SIGHUP SIGINT SIGTERM SIGQUIT SIGCHLD SIGUSR1".split()
known = {signal.SIG_DFL, signal.default_int_handler}
print(*(name for name in names if signal.getsignal(getattr(signal, name)) not in known))
print(*sorted(n.name for n in signal.pthread_sigmask(signal.SIG_BLOCK, ())))
"""

START = """
import os, signal, subprocess, sys
from tests.dispositions import restore_dispositions

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
if sys.argv[1] == "restored":
    restore_dispositions()
subprocess.run((sys.executable, "-c", sys.argv[2]), check=True)
os.kill(os.getpid(), signal.SIGHUP)
print("alive")
"""


@pytest.mark.parametrize(
    ("how", "ignored", "blocked"),
    [("restored", "", ""), ("inherited", "SIGHUP SIGINT SIGQUIT SIGCHLD", "SIGTERM")],
)
def test_what_is_ignored_here_is_not_ignored_by_what_a_test_starts(how, ignored, blocked):
    script = """trap '' HUP INT QUIT; exec "$@" """
    words = (sys.executable, "-P", "-c", START, how, STARTED)
    done = subprocess.run(
        ("sh", "-c", script, "sh", *words),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [ignored, blocked, "alive"]


def test_these_tests_ignore_nothing_that_they_could_pass_on():
    own = {signal.SIGPIPE, signal.SIGXFSZ}
    ignored = {n for n in signal.valid_signals() if signal.getsignal(n) is signal.SIG_IGN}
    assert ignored <= own
