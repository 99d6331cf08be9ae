"""Running the server: its socket, TLS, signals and end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from aztrust.core.base.errors import AztrustError, CouldNotCheck, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.server.app import make_app
from aztrust.server.connections import Connection
from aztrust.server.service import Service
from aztrust.storage.submit import is_loopback

_BACKLOG: Final = 256
_STOPS: Final = (signal.SIGTERM, signal.SIGINT)


@frozen
class TlsFiles:
    """A certificate with its chain, and its private key, as PEM files."""

    certificate: Path
    key: Path

    def load(self, context: ssl.SSLContext) -> None:
        """Put both into a context; connections that are made later use them.

        Raises:
            CouldNotCheck: they cannot be read, or do not belong together.
        """
        try:
            context.load_cert_chain(self.certificate, self.key, password=lambda: "")
        except (OSError, ValueError) as error:
            cause = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
            raise CouldNotCheck(
                f"the certificate and key do not load: {escape(str(cause))}",
                subject=escape(str(self.certificate)),
                mend="name the PEM file of the whole chain, and that of its key without a password",
            ) from None


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """A context for a server, TLS 1.2 or later; raises as `TlsFiles.load`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    files.load(context)
    return context


def listen_on(text: str) -> socket.socket:
    """A socket that listens on `HOST:PORT`, or on `PORT` of this machine alone.

    Raises:
        UsageError: the address is not one.
        CouldNotCheck: the system refuses it.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not port.isascii() or not port.isdigit() or int(port) > 65_535 or text.startswith(":"):
        raise UsageError(
            f"{escape(text)[:80]} is not an address",
            subject="--listen",
            mend="write HOST:PORT, or PORT for 127.0.0.1; 0.0.0.0:PORT is every IPv4 address here",
        )
    try:
        found = socket.getaddrinfo(host or "127.0.0.1", int(port), type=socket.SOCK_STREAM)
        family, *_, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot listen on {escape(text)[:80]}: {error.strerror or error}",
            subject="--listen",
            mend="name an address of this machine, and a port that is free",
        ) from None


def url_of(listener: socket.socket, *, secure: bool) -> str:
    """The URL of a socket that listens."""
    host, port = listener.getsockname()[:2]
    named = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{named}:{port}"


def is_local(listener: socket.socket) -> bool:
    """Whether only this machine can connect."""
    return is_loopback(str(listener.getsockname()[0]))


def serve_launch(
    service: Service,
    listener: socket.socket,
    tls: TlsFiles | None,
    ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT. SIGHUP opens the log and the certificate again.

    Args:
        service: the launch.
        listener: takes connections.
        tls: for https.
        ready: called once requests are answered.

    Raises:
        CouldNotCheck: the launch cannot be watched, or TLS cannot be set up.
    """
    context = tls_context(tls) if tls is not None else None
    quiet_logs()
    asyncio.run(_serve(service, listener, (tls, context), ready))
    service.access_log.close()


def quiet_logs() -> None:
    """Keep what a stranger can cause out of standard error; faults of the server still go there."""
    for name, level in (("uvicorn.error", logging.ERROR), ("asyncio", logging.CRITICAL)):
        logging.getLogger(name).setLevel(level)


async def _serve(
    service: Service,
    listener: socket.socket,
    tls: tuple[TlsFiles | None, ssl.SSLContext | None],
    ready: Callable[[], None],
) -> None:
    service.start()
    server = _Server(make_app(service), service, tls[1], ready)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # A second signal does not wait for answers.
        server.force_exit = server.should_exit
        server.should_exit = True
        service.stop()

    def renew() -> None:
        with contextlib.suppress(AztrustError):
            service.access_log.reopen()
            if tls[0] is not None and tls[1] is not None:
                tls[0].load(tls[1])

    for number in _STOPS:
        loop.add_signal_handler(number, stop)
    # nohup has a hang-up ignored.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, renew)
    try:
        await server.serve(sockets=[listener])
    finally:
        service.stop()
        service.join()


class _Server(uvicorn.Server):
    """uvicorn with our connections and signals."""

    def __init__(
        self,
        app: Starlette,
        service: Service,
        tls: ssl.SSLContext | None,
        ready: Callable[[], None],
    ) -> None:
        limits = service.limits
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=limits.headers,
            timeout_keep_alive=int(limits.request_seconds),
            timeout_graceful_shutdown=int(limits.stop_seconds),
        )
        super().__init__(config)
        self._service = service
        self._tls = tls
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        await self.lifespan.startup()
        loop = asyncio.get_running_loop()

        def connection() -> Connection:
            return Connection(self._service, self.config, self.server_state, self.lifespan.state)

        seconds = self._service.limits.request_seconds if self._tls is not None else None
        self.servers = [
            await loop.create_server(
                connection,
                sock=listener,
                ssl=self._tls,
                backlog=_BACKLOG,
                ssl_handshake_timeout=seconds,
            )
            for listener in sockets or ()
        ]
        self.started = True
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal: the event loop has handlers already."""
        yield
