"""A network of real CometBFT nodes on this machine: four validators, started and stopped at will.

No node outlives its network: it is killed at the end of the `with`, and by itself where the process
that started it is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.patience import PATIENCE
from tools.homes import Ports, genesis, write_genesis, write_homes

POWERS: Mapping[str, int] = {"ada": 10, "bob": 11, "cleo": 12, "dora": 13}
"""Each below a third of the power, any two below two thirds, any three above."""
AHEAD_S = 2.0
"""Seconds from the making of a network to its genesis time."""


class Network:
    """Validators by name, each with one node.

    Args:
        folder: for the homes and logs; made here.
        program: the node's.
        powers: of the validators.
        ahead_s: how far the genesis time is ahead.
        chain_id: of the network.
    """

    def __init__(
        self,
        folder: Path,
        program: Path,
        powers: Mapping[str, int] = POWERS,
        ahead_s: float = AHEAD_S,
        chain_id: str = "azlive-1",
    ) -> None:
        self.names = tuple(powers)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._folder, self._program = folder, program
        self._held = ExitStack()
        self.ports = {name: Ports.free(self._held) for name in self.names}
        self.genesis: dict[str, Any] = genesis(powers, time.time() + ahead_s, chain_id)
        write_homes(folder, self.ports)
        for name in self.names:
            self.frozen = write_genesis(self.genesis_file(name), self.genesis)
            """The bytes of the genesis file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            _await(process)
        self._held.close()

    def home(self, name: str) -> Path:
        """The folder of a node."""
        return self._folder / name

    def genesis_file(self, name: str) -> Path:
        """The file that a node reads at its first start."""
        return self.home(name) / "config" / "genesis.json"

    def log(self, name: str) -> str:
        """What a node has written so far."""
        return (self._folder / f"{name}.log").read_text("utf-8", "replace")

    def give(self, name: str, **changes: Any) -> None:
        """Puts a genesis with other values into a home; without changes the sealed one."""
        write_genesis(self.genesis_file(name), {**self.genesis, **changes})

    def start(self, *names: str, **faults: str) -> None:
        """Starts nodes, all where none is named; `faults` are variables of azlive."""
        for name in names or self.names:
            before = self.processes.get(name)
            assert before is None or before.poll() is not None, f"{name} is running"
            with (self._folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    (self._program, "start", "--home", self.home(name)),
                    # Its end is the end of the node: see AZLIVE_TIED.
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, "AZLIVE_TIED": "1", **faults},
                    # Ctrl-C is for the tests, which then end the nodes. A stopped process of a
                    # group that has lost its parent is ended by the system.
                    process_group=0,
                )

    def stop(self, *names: str) -> None:
        """Ends nodes as an operator does, and waits for it."""
        for name in names:
            self.processes[name].send_signal(signal.SIGTERM)
        for name in names:
            _await(self.processes[name])

    def pause(self, name: str) -> None:
        """Stops a node without ending it: its connections stay."""
        pid = self.processes[name].pid
        os.kill(pid, signal.SIGSTOP)
        # One that has not stopped yet when this process ends would stop afterwards, and stay.
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)

    def resume(self, name: str) -> None:
        """Lets a paused node go on."""
        self.processes[name].send_signal(signal.SIGCONT)

    def pids(self) -> Iterable[int]:
        """Of all nodes started last."""
        return [process.pid for process in self.processes.values()]


def _await(process: subprocess.Popen[bytes]) -> None:
    process.wait(PATIENCE)
    assert process.stdin is not None
    process.stdin.close()
