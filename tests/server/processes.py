"""A server in a process of its own, and raw connections to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE
from tests.server.asgi import LATER
from tests.shared import REPOSITORY

# The server of `aztrust serve` with a clock and limits of its own. Where a step is named it is
# killed there: before the call of that name and number in what writes files, or by the first
# message of an answer.
SERVE = """
import json, os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from aztrust.core.base.value import replace
from aztrust.server import app, run
from aztrust.server.limits import Limits
from aztrust.server.service import Service
from aztrust.server.state import Place
from aztrust.storage import durable

options = json.loads(sys.argv[1])
at, left = options.get("kill", ["", 0])

def step(name):
    global left
    left -= name == at
    if at and name == at and left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

def stepped(name):
    real = getattr(os, name)
    def call(*words, **more):
        step(name)
        return real(*words, **more)
    return call

durable.os = SimpleNamespace(**{**vars(os), **{n: stepped(n) for n in ("fsync", "link", "unlink")}})
service = Service(
    Place(Path(options["launch"])),
    lambda: options["now"],
    replace(Limits(), **options["limits"]),
    access_log=Path(options["log"]) if "log" in options else None,
)
listener = run.listen_on("127.0.0.1:0")
tls = run.TlsFiles(*map(Path, options["tls"])) if "tls" in options else None

class Killed:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def sent(message):
            if scope["type"] == "http" and scope["method"] == "POST":
                step(message["type"])
            await send(message)
        await self.app(scope, receive, sent)

make_app = run.make_app
run.make_app = lambda service: Killed(make_app(service))
url = run.url_of(listener, secure=tls is not None)
run.serve_launch(service, listener, tls, lambda: print(url, flush=True))
"""


@dataclass
class Running:
    """A server that answers."""

    process: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def connect(self) -> socket.socket:
        """A connection; nothing on it is waited for longer than a hang."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """A request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """Everything that comes back for these bytes, up to the end of the connection."""
        with self.connect() as connection:
            connection.sendall(data)
            return received(connection)

    def metric(self, name: str) -> int:
        """A sample of /metrics, by its whole name with labels; 0 where it is not there."""
        _, text = self.ask("GET", "/metrics")
        for line in text.decode().splitlines():
            if line.startswith(f"{name} "):
                return int(line.rpartition(" ")[2])
        return 0

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def received(connection: socket.socket) -> bytes:
    """What comes until the other side ends the connection, in either way."""
    data = b""
    try:
        while part := connection.recv(65_536):
            data += part
    except ConnectionResetError:
        pass
    return data


def environment(home: Path) -> dict[str, str]:
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    own = {k: v for k, v in os.environ.items() if not k.startswith("AZTRUST_")}
    return {**own, **dict.fromkeys(names, str(home))}


@contextmanager
def running(launch: Path, kill: tuple[str, int] | None = None, **options: Any) -> Iterator[Running]:
    """A server over a launch.

    Args:
        launch: the directory.
        kill: the step at which it is killed, and how many of these come before.
        options: `limits`, `log` and `tls`.
    """
    given = {"launch": str(launch), "now": LATER, "limits": {}, **options}
    if kill is not None:
        given["kill"] = kill
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", SERVE, json.dumps(given)],
        cwd=REPOSITORY,
        env=environment(launch.parent / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http"), process.stderr.read() if process.stderr else ""
        yield Running(process, url)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
