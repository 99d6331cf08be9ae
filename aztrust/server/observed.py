"""What is done with every request: counted, logged, and answered with safe header fields."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aztrust.server.accesslog import Access
from aztrust.server.answers import refusal
from aztrust.server.service import Service

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Fields of every answer that does not set them itself."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST"})


_too_large: Final = refusal(
    431,
    "the header of the request is too large",
    "send fewer or shorter header fields",
    headers={"Connection": "close"},
)


class Observed:
    """Around the application.

    Args:
        app: the application.
        service: its counters and its log.
        paths: of the routes; other paths are one label, so that no client makes labels.
    """

    def __init__(self, app: ASGIApp, service: Service, paths: Collection[str]) -> None:
        self._app = app
        self._service = service
        self._routes = {path: path for path in paths if "{" not in path}
        self._prefixes = {path.partition("{")[0]: path for path in paths if "{" in path}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, size = time.monotonic(), 500, 0

        async def observed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                fields = list(message.get("headers", ()))
                present = {name.lower() for name, _ in fields}
                fields += [pair for pair in _HEADERS if pair[0] not in present]
                message = {**message, "headers": fields}
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        size_of_head = len(scope["raw_path"]) + sum(len(n) + len(v) for n, v in scope["headers"])
        try:
            if size_of_head > self._service.limits.headers:
                await _too_large(scope, receive, observed)
                return
            await self._app(scope, receive, observed)
        finally:
            self._count(scope, status)
            milliseconds = int((time.monotonic() - began) * 1000)
            self._service.access_log.write(self._access(scope, status, size, milliseconds))

    def _count(self, scope: Scope, status: int) -> None:
        metrics, method = self._service.metrics, scope["method"]
        metrics.count(
            "requests",
            self._route(scope["path"]),
            method if method in _METHODS else "other",
            str(status),
        )
        if status == 500:
            metrics.count("faults")

    def _route(self, path: str) -> str:
        known = self._routes.get(path)
        if known is not None:
            return known
        return next((r for p, r in self._prefixes.items() if path.startswith(p)), "other")

    def _access(self, scope: Scope, status: int, size: int, milliseconds: int) -> Access:
        fields = dict(scope["headers"])
        return Access(
            self._service.clock(),
            self._service.client(scope),
            scope["method"],
            scope.get("raw_path", b"").decode("ascii", "replace"),
            status,
            size,
            milliseconds,
            scope.get("aztrust.records", ()),
            fields.get(b"user-agent", b"").decode("latin-1"),
        )
