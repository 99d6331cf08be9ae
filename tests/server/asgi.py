"""Asking an application in this process, without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette

from aztrust.server.app import make_app
from aztrust.server.limits import Limits
from aztrust.server.service import Service
from aztrust.server.state import Place
from tests.disk_launch import NOW

LATER = NOW + 86_400_000
"""When the server's clock is."""


@dataclass
class Answered:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        assert self.body.endswith(b"\n")
        assert self.body.count(b"\n") == 1
        return json.loads(self.body)


@dataclass
class Asked:
    """What one request consists of; `stays` is whether the client keeps its connection."""

    method: str = "GET"
    path: str = "/"
    body: Iterable[bytes] = ()
    headers: dict[str, str] = field(default_factory=dict)
    client: str = "192.0.2.1"
    stays: bool = False


class Site:
    """An application over a launch, and its service."""

    def __init__(self, launch: Path, **options: Any) -> None:
        place = Place(launch, ledger=options.pop("ledger", None))
        limits = options.pop("limits", Limits())
        self.now = LATER
        self.service = Service(place, self.clock, limits, **options)
        self.app: Starlette = make_app(self.service)

    def clock(self) -> int:
        return self.now

    def get(self, path: str, **headers: str) -> Answered:
        return self.ask(Asked(path=path, headers=headers))

    def post(self, body: bytes, client: str = "192.0.2.1", **headers: str) -> Answered:
        return self.ask(Asked("POST", "/records", (body,), headers, client))

    def ask(self, asked: Asked) -> Answered:
        return asyncio.run(ask(self.app, asked))

    def read_again(self) -> None:
        """Read the launch, as a change of its files causes it."""
        self.service._read()


async def ask(
    app: Starlette, asked: Asked, sent: Callable[[str], None] = lambda _: None
) -> Answered:
    """One request and its answer; `sent` gets the type of each message of the answer."""
    parts = list(asked.body) or [b""]
    waiting = [
        {"type": "http.request", "body": part, "more_body": at + 1 < len(parts)}
        for at, part in enumerate(parts)
    ]
    headers: dict[str, str] = {}
    status, body = 0, b""

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop(0)
        if asked.stays:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status, body
        sent(message["type"])
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update({k.decode(): v.decode() for k, v in message["headers"]})
        else:
            body += message.get("body", b"")

    path, _, query = asked.path.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.replace("_", "-").lower().encode(), value.encode())
            for name, value in asked.headers.items()
        ],
        "client": (asked.client, 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return Answered(status, headers, body)
