"""A server of this machine that sends exactly the bytes that a test wants, HTTP or not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.patience import PATIENCE

Script = Callable[["Talk"], bool | None]
"""Answers one request; True keeps the connection."""


class Talk:
    """One request: its head, its path, and the socket to answer on."""

    def __init__(self, sock: socket.socket, head: bytes, closing: threading.Event) -> None:
        self.sock = sock
        self.head = head
        self.closing = closing
        words = head.partition(b"\r\n")[0].split(b" ")
        self.path = words[1].decode("ascii", "replace") if len(words) > 2 else ""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def hang(self) -> None:
        """Say nothing until the test is over."""
        self.closing.wait(PATIENCE)


class RawServer:
    """A running server: its port, how often it was connected to, and the heads of all requests."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.connections = 0
        self.heads: list[bytes] = []
        self.closing = threading.Event()


@contextmanager
def raw_server(script: Script, context: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """A server on a free port of the loopback.

    Args:
        script: answers each request.
        context: for TLS.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    server = RawServer(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def talk(sock: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            if context is not None:
                sock = context.wrap_socket(sock, server_side=True)
            with sock:
                while not server.closing.is_set():
                    head = b""
                    # A hello of TLS has no empty line: it is answered like a request.
                    while b"\r\n\r\n" not in head and not head.startswith(b"\x16"):
                        data = sock.recv(65_536)
                        if not data:
                            return
                        head += data
                    server.heads.append(head)
                    if not script(Talk(sock, head, server.closing)):
                        return

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            thread = threading.Thread(target=talk, args=(sock,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        server.closing.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(PATIENCE)


def http(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """An answer; a header is named with underscores, and left out where it is ""."""
    named = {
        "Content_Type": "application/json",
        "Content_Length": str(len(body)),
        **headers,
    }
    lines = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in named.items() if v)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body
