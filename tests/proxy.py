"""A proxy in front of a server, which fails on purpose: between a browser and `aztrust serve`.

with Proxy(port) as proxy:
    proxy.fail("bad-gateway")     # ends every connection, and answers 502 from now on
    proxy.heal()
"""

from __future__ import annotations

import asyncio
import threading
from typing import Literal, Self

from tests.patience import PATIENCE

Failure = Literal["bad-gateway", "refuse", "frozen"]
"""An answer 502 to everything; connections that end at once; connections on which nothing comes any
more, and which no side ends."""
_ANSWER = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Copies bytes between a browser and a port of this machine, until it is to fail.

    Args:
        upstream: the port.
    """

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._failure: Failure | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._healthy = asyncio.Event()
        self._ready = threading.Event()
        self._end = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self.port = 0
        self.connections = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._end.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def fail(self, failure: Failure) -> None:
        """Fail from now on: what is open ends, or with `frozen` stays open and silent."""
        self._call(self._set, failure)

    def heal(self) -> None:
        """Work again; what was frozen ends."""
        self._call(self._set, None)

    def _call(self, function, *arguments) -> None:
        done = threading.Event()

        def call() -> None:
            function(*arguments)
            done.set()

        self._loop.call_soon_threadsafe(call)
        assert done.wait(PATIENCE)

    def _set(self, failure: Failure | None) -> None:
        if failure != "frozen":
            for writer in self._writers:
                writer.transport.abort()
        self._failure = failure
        (self._healthy.clear if failure == "frozen" else self._healthy.set)()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._healthy.set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        self._set(None)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            if self._failure == "bad-gateway":
                await reader.readuntil(b"\r\n\r\n")
                writer.write(_ANSWER)
                await writer.drain()
            elif self._failure != "refuse":
                await self._copy_both(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _copy_both(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._healthy.wait()
        upper, lower = await asyncio.open_connection("127.0.0.1", self._upstream)
        copies = {
            asyncio.create_task(self._copy(reader, lower)),
            asyncio.create_task(self._copy(upper, writer)),
        }
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for copy in copies:
                copy.cancel()
            await asyncio.gather(*copies, return_exceptions=True)
            lower.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._healthy.wait()
            writer.write(data)
            await writer.drain()
