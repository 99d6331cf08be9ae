"""Connections with bounds: a client that sends or reads nothing loses its own.

uvicorn bounds the time between two requests. It does not bound the time until the first one is
whole, nor an answer that no one reads, and at its limit of connections it refuses everyone.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from aztrust.server.answers import refusal
from aztrust.server.service import Service


class Connection(H11Protocol):
    """One connection.

    Args:
        service: its limits and counters.
        config: of uvicorn.
        server_state: of uvicorn; its connections are counted.
        app_state: of the application.
    """

    def __init__(
        self,
        service: Service,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
    ) -> None:
        super().__init__(config, server_state, app_state, asyncio.get_running_loop())
        self._service = service
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self.idle_since = self.loop.time()

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it; at the limit, end the one that has waited longest without a request."""
        super().connection_made(transport)
        self._service.connections = len(self.connections)
        if len(self.connections) > self._service.limits.connections:
            idle = [c for c in self.connections if isinstance(c, Connection) and c.is_idle]
            min(idle, key=lambda c: c.idle_since).end("full")
        self._bound()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        super().connection_lost(exc)
        self._service.connections = len(self.connections)
        for timer in (self._deadline, self._stalled):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a request that has begun is not ended by the deadline any more."""
        try:
            super().data_received(data)
        except h11.LocalProtocolError:
            # The body is not valid, and its answer has begun.
            self.end("malformed")
        self._bound()

    def on_response_complete(self) -> None:
        """The next request has its own deadline."""
        self.idle_since = self.loop.time()
        super().on_response_complete()
        self._bound()

    def pause_writing(self) -> None:
        """The client reads slower than it is answered."""
        super().pause_writing()
        if self._stalled is None:
            seconds = self._service.limits.stall_seconds
            self._stalled = self.loop.call_later(seconds, self.end, "stalled")

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, in the form of every other refusal."""
        del msg
        self._service.metrics.count("closed", "malformed")
        answer = refusal(
            400, "the request is not valid HTTP", "send one request, as RFC 9112 has it"
        )
        fields = [*answer.raw_headers, (b"connection", b"close")]
        body = bytes(answer.body)
        try:
            for event in (
                h11.Response(status_code=400, headers=fields, reason=b"Bad Request"),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            self.transport.abort()
            return
        self.transport.close()

    def end(self, reason: str) -> None:
        """End the connection now.

        Args:
            reason: for the counter.
        """
        self._service.metrics.count("closed", reason)
        self.transport.abort()

    def _bound(self) -> None:
        """Have a deadline while a request is waited for, and none while one is answered."""
        if not self.is_idle or self.transport.is_closing():
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None
        elif self._deadline is None:
            seconds = self._service.limits.request_seconds
            self._deadline = self.loop.call_later(seconds, self.end, "idle")
