"""A Prometheus of this machine, on a free port of loopback and with storage of its own.

It does not outlive the test, not even where the process of the tests is killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from aztrust.core.base.times import parse_rfc3339
from tests.patience import PATIENCE


class Prometheus:
    """A server that is started by `load`.

    Args:
        program: its path.
        folder: for its configuration, rules, data and log; made here.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder = program, folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        # It stays bound without listening: no other program is given this port meanwhile.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._held.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._held.close()

    def load(self, rules: Mapping[str, str], targets: tuple[str, ...] = ()) -> None:
        """Has it read these rule files, and collect from these addresses; starts it if need be.

        Args:
            rules: file name to text.
            targets: as `127.0.0.1:1234`.
        """
        names = [str(self._write(name, text)) for name, text in rules.items()]
        config: dict[str, Any] = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "rule_files": names,
            "scrape_configs": [{"job_name": "a", "static_configs": [{"targets": list(targets)}]}],
        }
        # JSON is YAML, too.
        self._write("prometheus.yml", json.dumps(config))
        if self._process is None:
            self._start()
        else:
            before = self.get("/api/v1/status/runtimeinfo")["lastConfigTime"]
            # Its time has whole seconds; the same second again would not show that it was read.
            self.wait(lambda: time.time() > _seconds(before) + 1)
            self._process.send_signal(signal.SIGHUP)
            self.wait(
                lambda: self.get("/api/v1/status/runtimeinfo")["lastConfigTime"] != before,
            )

    def stop(self) -> None:
        """Ends it, and waits for that."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def get(self, path: str) -> Any:
        """The data of an answer of its interface."""
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
            return json.loads(answer.read())["data"]

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        alerts = self.get("/api/v1/alerts")["alerts"]
        return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}

    def wait(self, until: Callable[[], object]) -> None:
        """Waits until something is so. It hangs for `PATIENCE` at most."""
        end, pause = time.monotonic() + PATIENCE, threading.Event()
        while not until():
            assert self._process is None or self._process.poll() is None, self._log()
            assert time.monotonic() < end, f"it did not become so\n{self._log()}"
            pause.wait(0.1)

    def _start(self) -> None:
        # Of util-linux, which no Debian lacks: the kernel ends it with the process of the tests.
        tied = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
        words = (
            *tied,
            self._program,
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--log.level=warn",
        )
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "HOME": str(self._folder)},
            )
        self.wait(self._is_ready)

    def _is_ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/-/ready", timeout=PATIENCE):
            return True
        return False

    def _write(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text, "utf-8")
        return path

    def _log(self) -> str:
        return (self._folder / "log").read_text("utf-8", "replace")


def _seconds(text: str) -> float:
    nanoseconds = parse_rfc3339(text)
    assert nanoseconds is not None
    return nanoseconds / 10**9
