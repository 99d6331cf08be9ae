"""One connection to a node, and the answers on it, each within its bytes and its deadline.

The library reads HTTP from a stream that is given a deadline and a number of bytes: the timeout of
a socket alone starts anew with every byte.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aztrust.core.base.value import frozen
from aztrust.core.base.version import __version__
from aztrust.core.chain.adapter import Unreachable
from aztrust.core.chain.facts import Reach
from aztrust.core.chain.node_list import Address
from aztrust.storage.nodes.limits import Claim, NodeLimits
from aztrust.storage.nodes.names import Target

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE: Final = 64 * 1024
_FRAMES: Final = 64 * 1024
"""Bytes that the sizes of chunks may have."""
_TYPES: Final = {
    "metrics": ("text/plain", "application/openmetrics-text"),
    "": ("application/json",),
}
_HEADERS: Final = (
    f"User-Agent: aztrust/{__version__}\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
    "Cache-Control: no-cache\r\n"
)


@frozen
class Asked:
    """One question.

    Args:
        name: the last part of its path, which its limits and its type go by.
        path: with its query, below the path of the address.
        body: of a POST, None for a GET.
    """

    name: str
    path: str
    body: bytes | None


@frozen
class Answer:
    """A complete answer; `date` is the header, "" for none."""

    status: int
    body: bytes
    date: str


class Stale(Exception):
    """A connection that was kept has ended, and nothing of an answer has come: try a new one."""


class TooMuch(Exception):
    """More bytes came than are read."""


class _Stream(io.RawIOBase):
    """What comes from a socket, until the deadline and up to a number of bytes."""

    def __init__(self, sock: socket.socket, deadline: float, allowed: int) -> None:
        super().__init__()
        self._sock = sock
        self._deadline = deadline
        self.allowed = allowed
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self.taken >= self.allowed:
            raise TooMuch
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)
        view = memoryview(buffer).cast("B")
        count = self._sock.recv_into(view[: self.allowed - self.taken])
        self.taken += count
        return count


class _Made:
    """What the library takes for a socket: it makes a file, once."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._stream, 16 * 1024)


class Connection:
    """A connection to one address.

    Args:
        address: whose it is, for the header Host and the certificate.
        targets: where to connect, in this order.
        tls: checks certificates; for an address of https.
        deadline: by `time.monotonic`, until when it must be made.

    Raises:
        Unreachable: it cannot be made.
    """

    def __init__(
        self,
        address: Address,
        targets: Sequence[Target],
        tls: ssl.SSLContext | None,
        deadline: float,
    ) -> None:
        self._address = address
        self._sock = _connected(address, targets, tls, deadline)
        self._used = False

    def close(self) -> None:
        """End it."""
        self._sock.close()

    def ask(
        self, asked: Asked, limits: NodeLimits, claim: Claim, deadline: float
    ) -> tuple[Answer, bool]:
        """The answer to one request, and whether the connection can be used again.

        Args:
            asked: what is asked.
            limits: of the answer.
            claim: takes the memory of a large one.
            deadline: by `time.monotonic`.

        Raises:
            Stale: the connection was used before, and has ended.
            Unreachable: there is no answer that is read.
        """
        most = limits.size_of(asked.name)
        stream = _Stream(self._sock, deadline, limits.head)
        response = http.client.HTTPResponse(_Made(stream), method="GET")  # type: ignore[arg-type]
        part = "headers"
        try:
            self._send(asked, deadline)
            response.begin()
            _check_head(response, asked.name, limits)
            part = "an answer"
            stream.allowed = stream.taken + most + _FRAMES
            data = _read_body(response, most, limits.small, claim)
        except TooMuch:
            raise _malformed(f"{part} without an end") from None
        except TimeoutError:
            raise Unreachable(Reach.TIMEOUT, "it does not answer in time") from None
        except ssl.SSLError as error:
            raise Unreachable(Reach.TLS, _tls_text(error)) from None
        except (OSError, http.client.RemoteDisconnected) as error:
            if self._used and stream.taken == 0:
                raise Stale from None
            raise _lost(error) from None
        except http.client.IncompleteRead:
            raise Unreachable(Reach.RESET, "its answer was cut off") from None
        except http.client.LineTooLong:
            raise _malformed("a line of its head without an end") from None
        except (http.client.HTTPException, ValueError) as error:
            kind = type(error).__name__
            if kind == "HTTPException":
                # The library raises its base class for one thing: more headers than it reads.
                raise _malformed("headers without an end") from None
            raise Unreachable(Reach.HTTP, f"it does not answer in HTTP/1.1 ({kind})") from None
        self._used = True
        again = not response.will_close
        response.close()
        return Answer(response.status, data, response.headers.get("Date", "")[:100]), again

    def _send(self, asked: Asked, deadline: float) -> None:
        address = self._address
        host = f"[{address.host}]" if ":" in address.host else address.host
        lines = f"Host: {host}:{address.port}\r\n{_HEADERS}"
        verb = "GET"
        if asked.body is not None:
            verb = "POST"
            lines += f"Content-Type: application/json\r\nContent-Length: {len(asked.body)}\r\n"
        head = f"{verb} {address.path}{asked.path} HTTP/1.1\r\n{lines}\r\n".encode("ascii")
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)
        self._sock.sendall(head + (asked.body or b""))


def _connected(
    address: Address, targets: Sequence[Target], tls: ssl.SSLContext | None, deadline: float
) -> socket.socket:
    last: Unreachable | None = None
    for number, (family, where) in enumerate(targets):
        # The first address gets its share of the time, so that the next one can be tried.
        share = (deadline - time.monotonic()) / (len(targets) - number)
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(max(share, 0.001))
            sock.connect(where)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None and address.secure:
                sock.settimeout(max(deadline - time.monotonic(), 0.001))
                sock = tls.wrap_socket(sock, server_hostname=address.host)
        except ssl.SSLError as error:
            sock.close()
            last = Unreachable(Reach.TLS, _tls_text(error))
        except TimeoutError:
            sock.close()
            last = Unreachable(Reach.TIMEOUT, "it does not take the connection in time")
        except OSError as error:
            sock.close()
            last = _lost(error)
        else:
            return sock
    if last is None:
        raise AssertionError(address)
    raise last


def _check_head(response: http.client.HTTPResponse, name: str, limits: NodeLimits) -> None:
    headers = response.headers
    if len(headers) > limits.headers:
        raise _malformed(f"{len(headers)} headers, and may have {limits.headers}")
    if 300 <= response.status < 400:
        raise Unreachable(
            Reach.HTTP, f"it redirects (HTTP status {response.status}), which is not followed"
        )
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Unreachable(Reach.HTTP, "it compresses its answer, which was not asked for")
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    allowed = _TYPES.get(name, _TYPES[""])
    if kind not in allowed:
        if response.status != http.client.OK:
            raise Unreachable(Reach.HTTP, f"HTTP status {response.status}")
        shown = "".join(c for c in kind[:40] if c.isalnum() or c in "/+.-") or "no type"
        raise Unreachable(Reach.HTTP, f"its answer is {shown}, and must be {allowed[0]}")


def _read_body(response: http.client.HTTPResponse, most: int, small: int, claim: Claim) -> bytes:
    declared = response.length
    if declared is not None and declared > most:
        raise _malformed(f"{declared:,} bytes, and may have {most:,}")
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(min(_PIECE, most + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise _malformed(f"more than {most:,} bytes")
        if size > small and not claim.grow(len(piece)):
            raise Unreachable(
                Reach.TIMEOUT, "the large answers of all nodes are too many at one time"
            )
    if declared is not None and size != declared:
        raise Unreachable(Reach.RESET, "its answer was cut off")
    return b"".join(pieces)


def _malformed(what: str) -> Unreachable:
    return Unreachable(Reach.MALFORMED, f"its answer has {what}")


def _tls_text(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message.rstrip('.')[:120]}"
    return f"there is no safe connection: {str(error.reason or 'TLS failed')[:80]}"


def _lost(error: Any) -> Unreachable:  # noqa: ANN401 - an OSError or one of the library
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(Reach.REFUSED, "it refuses connections")
    if isinstance(error, ConnectionError | http.client.RemoteDisconnected):
        return Unreachable(Reach.RESET, "it ended the connection")
    return Unreachable(Reach.TIMEOUT, f"there is no way to it: {error.strerror or 'unknown'}")
