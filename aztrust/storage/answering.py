"""Whether something listens at an address: a TCP connection, and not a byte sent.

A remote signer holds the consensus key. It is asked nothing: a signer that answers a question of
anyone but its node is one that can be made to sign.
"""

from __future__ import annotations

import socket

from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape

WAIT_S = 5.0


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, `[V6]:PORT` or `tcp://HOST:PORT`.

    Raises:
        UsageError: it is not one of these.
    """
    host, colon, port = text.removeprefix("tcp://").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536
    if not colon or not host or not host.isprintable() or " " in host or not is_port:
        raise UsageError(
            f"{escape(text)[:80]} is not an address",
            subject="--signer-address",
            mend="write HOST:PORT, for instance 127.0.0.1:26659",
        )
    return host, int(port)


def answers_at(address: tuple[str, int], *, wait_s: float = WAIT_S) -> bool:
    """Whether a connection to the address can be made; it is closed at once."""
    try:
        with socket.create_connection(address, timeout=wait_s):
            return True
    except OSError:
        return False
