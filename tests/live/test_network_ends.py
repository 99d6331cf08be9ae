"""No node outlives the tests: neither one that fails, nor one that is killed."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys

import pytest

from tests.live.network import Network
from tests.patience import PATIENCE
from tests.shared import REPOSITORY

LEFT = """
import signal, sys
from pathlib import Path
from tests.live.network import Network

network = Network(Path(sys.argv[1]), Path(sys.argv[2]), ahead_s=3600)
network.start()
network.pause("dora")
print(*network.pids(), flush=True)
signal.pause()
"""


def ends(pid: int) -> None:
    """Waits for the end of a process that need not be a child."""
    descriptor = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([descriptor], [], [], PATIENCE)
    finally:
        os.close(descriptor)
    assert ready, f"process {pid} goes on"


def test_a_failing_test_leaves_no_node(folder, azlive):
    network = Network(folder, azlive)

    def fail():
        with network:
            network.start()
            network.pause("ada")
            raise RuntimeError("a test fails")

    with pytest.raises(RuntimeError, match="a test fails"):
        fail()
    ended = [process.poll() for process in network.processes.values()]
    assert ended == [-signal.SIGKILL] * 4


def test_a_killed_run_leaves_no_node_not_even_a_paused_one(folder, azlive):
    command = (sys.executable, "-c", LEFT, folder, azlive)
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        pids = [int(word) for word in run.stdout.readline().split()]
        run.kill()
    assert len(pids) == 4
    for pid in pids:
        try:
            ends(pid)
        except ProcessLookupError:
            continue


def test_a_port_is_the_networks_own_before_a_node_listens(folder, azlive):
    with Network(folder, azlive) as network:
        ports = [port for one in network.ports.values() for port in (one.p2p, one.rpc, one.metrics)]
        assert len(set(ports)) == 12
        for port in ports:
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), PATIENCE)
