"""A real beacon node on this machine with the validators of its network, all in one process."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self, TypeVar

from aztrust.core.chain.adapter import Get
from tests.live.observer import PACE_S, asker
from tests.patience import PATIENCE
from tools.homes import Ports

T = TypeVar("T")
_GENESIS = "/eth/v2/debug/beacon/states/genesis"
_OPTIONS = (
    "--network=dev",
    "--rest.namespace=*",
    "--listenAddress=127.0.0.1",
    "--discv5=false",
    "--eth1=false",
    "--logFile=none",
    "--params.SECONDS_PER_SLOT=3",
    "--params.ALTAIR_FORK_EPOCH=0",
)


class BeaconNode:
    """One node.

    Args:
        folder: for its data and its log; made here.
        program: its `index.js`.
        genesis_time: of its network, in seconds since 1970.
        validators: how many the genesis has; all of them run in the node.
    """

    def __init__(self, folder: Path, program: Path, genesis_time: int, validators: int) -> None:
        self._folder, self._stack = folder, ExitStack()
        folder.mkdir()
        self.ports = Ports.free(self._stack)
        self._command: tuple[str | Path, ...] = (
            shutil.which("node") or "node",
            "--require",
            program.parents[4] / "preload.cjs",
            program,
            "dev",
            *_OPTIONS,
            f"--genesisValidators={validators}",
            f"--startValidators=0..{validators - 1}",
            f"--genesisTime={genesis_time}",
            f"--dataDir={folder / 'data'}",
            f"--rest.port={self.ports.rpc}",
            f"--server=http://127.0.0.1:{self.ports.rpc}",
            f"--port={self.ports.p2p}",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                # It writes its genesis where it is started.
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    "HOME": str(self._folder),
                    "LODESTAR_PRESET": "minimal",
                    # No native module is built: scripts of packages are not run.
                    "NODE_BACKEND": "js",
                },
                process_group=0,
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._stack.close()

    def genesis_ssz(self) -> bytes:
        """The genesis state from which it started, in SSZ: what its network would have sealed.

        Raises:
            AssertionError: it does not answer, or has ended.
        """
        found: list[bytes] = []

        def is_there() -> bool:
            connection = http.client.HTTPConnection("127.0.0.1", self.ports.rpc, timeout=PATIENCE)
            try:
                connection.request("GET", _GENESIS, headers={"Accept": "application/octet-stream"})
                answer = connection.getresponse()
                found.append(answer.read())
            except OSError:
                return False
            finally:
                connection.close()
            return answer.status == 200

        self.until(is_there, bool)
        return found[-1]

    @property
    def get(self) -> Get:
        """Asks it."""
        return asker(self.ports)

    def until(self, look: Callable[[], T], found: Callable[[T], object]) -> None:
        """Look until `found` is true of what is seen.

        Raises:
            AssertionError: it does not become true, or the node has ended.
        """
        end = time.monotonic() + PATIENCE
        while not found(seen := look()):
            assert self._process is not None
            assert self._process.poll() is None, (self._folder / "log").read_text("utf-8")[-3000:]
            assert time.monotonic() < end, seen
            time.sleep(PACE_S)
