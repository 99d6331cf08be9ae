"""What one client, and all clients together, may ask of the server."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from aztrust.core.base.canonical import MIB
from aztrust.core.base.value import frozen

CLIENTS: Final = 10_000
"""Clients whose rate is remembered; the one that was quiet the longest is forgotten first."""
_NETWORK: Final = 64
"""Bits of an IPv6 address that one client cannot choose."""


@frozen
class Limits:
    """Bounds of the server.

    Args:
        body: bytes of one request's body.
        bodies: bytes of all bodies that are being received at one time.
        records: envelopes in one request.
        waiting: records of one key that wait for the keeper. An operator's key has as many more for
            what says not-ready; other negative records have no such bound.
        files: records in the folder, all together; and
        stored: their bytes. Negative records may exceed both by an eighth.
        headers: bytes of a request line with its headers.
        connections: connections at one time. A further one takes the place of the one that has
            waited longest without a request.
        streams: event streams of the board at one time.
        rate: requests with records that one client may make in a second, in the long run.
        burst: how many of these it may make at once.
        uploads: how many of these it may have open at one time.
        request_seconds: until a whole request line with its headers must be there.
        body_seconds: until a whole body must be there.
        stall_seconds: how long a client may read nothing of an answer.
        stop_seconds: how long answers may take after the server was asked to end.
    """

    body: int = MIB
    bodies: int = 64 * MIB
    records: int = 200
    waiting: int = 100
    files: int = 40_000
    stored: int = 96 * MIB
    headers: int = 16 * 1024
    connections: int = 300
    streams: int = 200
    rate: int = 10
    burst: int = 60
    uploads: int = 8
    request_seconds: float = 10.0
    body_seconds: float = 15.0
    stall_seconds: float = 20.0
    stop_seconds: float = 5.0


def client_of(address: str) -> str:
    """Whose limits a connection counts against: the address, of IPv6 its network of 64 bits.

    >>> client_of("2001:db8::7"), client_of("192.0.2.1"), client_of("::ffff:192.0.2.1")
    ('2001:db8::', '192.0.2.1', '192.0.2.1')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    network = ipaddress.ip_network((int(found), _NETWORK), strict=False)
    return str(network.network_address)


class Rate:
    """How often each client may ask: `burst` at once, then `rate` a second.

    Args:
        limits: the numbers.
        clock: seconds that only go forward.
        clients: how many are remembered.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        clients: int = CLIENTS,
    ) -> None:
        self._step = 1.0 / limits.rate
        self._room = (limits.burst - 1) * self._step
        self._clock = clock
        self._clients = clients
        # When each one's allowance is whole again.
        self._whole: OrderedDict[str, float] = OrderedDict()

    def wait(self, client: str) -> float:
        """Count one request; 0 where it may be made now, else the seconds until it may be."""
        now = self._clock()
        whole = max(self._whole.pop(client, now), now)
        late = whole - now - self._room
        self._whole[client] = whole if late > 0 else whole + self._step
        if len(self._whole) > self._clients:
            self._whole.popitem(last=False)
        return max(late, 0.0)


class Uploads:
    """The bodies that are being received: how many of each client, and their bytes together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()
        self._bytes = 0

    @contextmanager
    def one(self, client: str) -> Iterator[bool]:
        """Count a body while it is received; False where this client has too many already."""
        if self._open[client] >= self._limits.uploads:
            yield False
            return
        self._open[client] += 1
        try:
            yield True
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    def take(self, count: int) -> bool:
        """Count bytes that are held; False where there is no room for them."""
        if self._bytes + count > self._limits.bodies:
            return False
        self._bytes += count
        return True

    def give_back(self, count: int) -> None:
        """These bytes are not held any more."""
        self._bytes -= count
