"""One node, asked: what an adapter reads through. Nothing is sent but the paths of its interface.

No proxy of the environment is used, no redirect is followed, no cookie is kept.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

from aztrust.core.base.paths import escape
from aztrust.core.chain.adapter import Reply, Unreachable
from aztrust.core.chain.facts import Reach
from aztrust.core.chain.node_list import Address, ListedNode
from aztrust.storage.nodes.connection import Answer, Asked, Connection, Stale
from aztrust.storage.nodes.limits import (
    LIMITS,
    Claim,
    NodeLimits,
    Shared,
    is_genesis,
    name_of,
)
from aztrust.storage.nodes.names import LookUp, NodeName

METRICS: Final = "metrics"

Keep = Callable[[bytes], None]
"""Gets the body of every answer."""


def now_ms() -> int:
    """The observer's clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Network:
    """What the clients of one run share.

    Args:
        limits: of each answer, and of all together.
        find: looks names up.
        tls: checks certificates; by the system's authorities where it is not given.
        clock: the observer's, in milliseconds since 1970.
    """

    def __init__(
        self,
        limits: NodeLimits = LIMITS,
        find: LookUp | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.find = find
        self.shared = Shared(limits.together)
        self._tls = tls

    @property
    def tls(self) -> ssl.SSLContext:
        """Made at first use: reading the authorities takes a while."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


class _Endpoint:
    """One address of a node, and the connection that is kept to it."""

    def __init__(self, address: Address, network: Network) -> None:
        self._address = address
        self._network = network
        self._name = NodeName(address.host, address.port, network.find)
        self._connection: Connection | None = None

    def ask(self, asked: Asked, claim: Claim, deadline: float) -> Answer:
        while True:
            fresh = self._connection is None
            if self._connection is None:
                self._connection = self._connect(deadline)
            connection, self._connection = self._connection, None
            try:
                answer, again = connection.ask(asked, self._network.limits, claim, deadline)
            except Stale:
                connection.close()
                if fresh:
                    raise AssertionError(asked.name) from None
                continue
            except BaseException:
                connection.close()
                raise
            if again:
                self._connection = connection
            else:
                connection.close()
            return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self, deadline: float) -> Connection:
        until = min(deadline, time.monotonic() + self._network.limits.connect_s)
        targets = self._name.targets(until - time.monotonic())
        tls = self._network.tls if self._address.secure else None
        return Connection(self._address, targets, tls, until)


class NodeClient:
    """A `Get` for one node. It is used by one thread at a time.

    Args:
        node: of the list.
        network: what all clients share.
        keep: gets the body of every answer.
    """

    def __init__(self, node: ListedNode, network: Network, keep: Keep | None = None) -> None:
        self.node = node
        self._limits = network.limits
        self._clock = network.clock
        self._shared = network.shared
        self._keep = keep
        self._rpc = _Endpoint(node.rpc, network)
        self._metrics = _Endpoint(node.metrics, network) if node.metrics is not None else None
        self._has_path = node.metrics is not None and bool(node.metrics.path)
        self._refused: dict[str, tuple[float, Unreachable]] = {}
        self._read_ends = self._genesis_ends = 0.0
        self.begin()

    def begin(self) -> None:
        """A new read: its time starts."""
        now = time.monotonic()
        self._read_ends = now + self._limits.read_s
        self._genesis_ends = now + self._limits.genesis_read_s

    def close(self) -> None:
        """End its connections."""
        self._rpc.close()
        if self._metrics is not None:
            self._metrics.close()

    def __call__(self, path: str, body: bytes | None) -> Reply:
        """The answer to one question.

        Raises:
            Unreachable: there is none, or not one that is read; the text begins with the path.
        """
        began, began_ms = time.monotonic(), self._clock()
        try:
            answer = self._ask(path, body, began)
        except Unreachable as error:
            ended = round((time.monotonic() - began) * 1000)
            text = f"{_shown(path)}: {error.message}"
            raise Unreachable(error.reach, text, began_ms + ended, ended) from None
        if self._keep is not None:
            self._keep(answer.body)
        latency = round((time.monotonic() - began) * 1000)
        return Reply(
            answer.body, answer.status, began_ms + latency, latency, _milliseconds(answer.date)
        )

    def _ask(self, path: str, body: bytes | None, now: float) -> Answer:
        name = name_of(path)
        ends, before = self._refused.get(name, (0.0, None))
        if before is not None and now < ends:
            # A new one: an error that is raised again holds on to each place where it was.
            raise Unreachable(before.reach, before.message)
        of_all = self._genesis_ends if is_genesis(name) else self._read_ends
        deadline = min(now + self._limits.seconds_of(name), of_all)
        if deadline <= now:
            raise Unreachable(Reach.TIMEOUT, "all that is asked in one read takes too long")
        endpoint, where = self._rpc, path
        if name == METRICS:
            if self._metrics is None:
                raise Unreachable(Reach.HTTP, "the list of nodes has no address of its metrics")
            endpoint, where = self._metrics, "" if self._has_path else path
        try:
            with self._shared.claim() as claim:
                answer = endpoint.ask(Asked(name, where, body), claim, deadline)
                self._check_values(answer, name)
                return answer
        except Unreachable as error:
            if error.reach is Reach.MALFORMED:
                # What broke a limit costs as much each time; its reason is still reported.
                self._refused[name] = (time.monotonic() + self._limits.again_s, error)
            raise

    def _check_values(self, answer: Answer, name: str) -> None:
        """Each value takes many times the memory of its bytes once it is read."""
        if name == METRICS:
            return
        body, most = answer.body, self._limits.values
        if len(body) > most and sum(map(body.count, (b",", b"[", b"{"))) > most:
            raise Unreachable(Reach.MALFORMED, f"its answer has more than {most:,} values")


def _shown(path: str) -> str:
    return escape(path)[:80]


def _milliseconds(date: str) -> int | None:
    """The header `Date` in milliseconds since 1970; None where it is not one."""
    if not date:
        return None
    try:
        return round(parsedate_to_datetime(date).timestamp() * 1000)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None
