"""An observer of a running network: a thread reads each node, and each answer is judged at once."""

from __future__ import annotations

import http.client
import queue
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Self

from aztrust.core.chain.adapter import ChainOptions, Get, Reply, Unreachable
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.facts import NodeFacts, Proof, Reach
from aztrust.core.chain.judge.judging import judge
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.signals import Signal
from aztrust.core.chain.judge.thresholds import Thresholds, thresholds_of
from tests.live.network import Network
from tests.patience import PATIENCE
from tests.policies import policy
from tools.homes import Ports

ANSWER_S = 2.0
"""How long one answer may take: a paused node gives none."""
PACE_S = 0.2


def limits(band: str, no_finality: str) -> Thresholds:
    """Thresholds: `band` is the block interval, from which the others follow; three are silence."""
    tables = "".join(
        f"""
[{name}]
block_interval = "{band}"
max_error_rate = "{rate}%"
min_participation = "80%"
startup_delay = "{band}"
max_no_finality = "{no_finality}"
"""
        for name, rate in (("early", 1), ("steady", 2))
    )
    return thresholds_of(policy(tables), "early")


TIGHT = limits("1s", "5s")
"""A fault shows within seconds; a busy machine may show more than the fault."""
WIDE = limits("10m", "20m")
"""No busy machine exceeds this."""


class Observer:
    """Watches a network until something is seen.

    Args:
        network: running, or soon.
        thresholds: what is normal.
    """

    def __init__(self, network: Network, thresholds: Thresholds) -> None:
        self.network, self.thresholds = network, thresholds
        self.adapter = CometBFT()
        self.expected = self.adapter.expected(network.frozen, ChainOptions())
        self.memory = Memory()
        self.signals: tuple[Signal, ...] = ()
        """Of the last look."""
        self.seen: dict[tuple[str, str], list[Signal]] = {}
        """All signals of each (code, subject), in the order in which they came first."""
        self.last: dict[str, NodeFacts] = {}
        """The newest facts of each node."""
        self._answers: queue.Queue[NodeFacts] = queue.Queue()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(name,), daemon=True) for name in network.names
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def get(self, name: str) -> Get:
        """Asks one node."""
        return asker(self.network.ports[name])

    def prove(self, name: str, height: int, after: Proof | None = None) -> Proof:
        """What one node's answers prove of a block that it has."""
        found = self.adapter.prove(self.expected, self.get(name), height, after)
        assert found is not None, f"{name} does not have block {height}"
        return found

    def until(self, found: Callable[[], object], what: str) -> None:
        """Look on until `found` is true.

        Raises:
            AssertionError: it does not become true.
        """
        end = time.monotonic() + PATIENCE
        while not found():
            left = end - time.monotonic()
            assert left > 0, f"{what}: not seen; {self.shown()}"
            self._judge(self._answers.get(timeout=left))

    def until_signal(self, *codes: str) -> list[Signal]:
        """Look on until signals of all these codes are there at once; returns the first of each."""
        self.until(lambda: {one.code for one in self.signals}.issuperset(codes), f"{codes}")
        return [next(one for one in self.signals if one.code == code) for code in codes]

    def until_height(self, height: int, *names: str) -> None:
        """Look on until these nodes, all where none is named, have a height."""
        wanted = names or self.network.names
        self.until(lambda: all(self.head(name) >= height for name in wanted), f"block {height}")

    def until_reach(self, reach: Reach, *names: str) -> None:
        """Look on until these nodes answer, or do not answer, in this way."""
        self.until(
            lambda: all(n in self.last and self.last[n].reach == reach for n in names), f"{reach}"
        )

    def head(self, name: str) -> int:
        """The newest height of a node, -1 where it has not answered or does not."""
        facts = self.last.get(name)
        return -1 if facts is None or facts.head is None else facts.head

    @property
    def codes(self) -> list[str]:
        """The codes of all signals, in the order in which they came first."""
        return list(dict.fromkeys(code for code, _ in self.seen))

    def shown(self) -> str:
        """What is seen now, for a test that fails."""
        heads = {name: (facts.reach.value, facts.head) for name, facts in self.last.items()}
        return f"{heads}; signals {[(one.code, one.subject) for one in self.signals]}"

    def _judge(self, facts: NodeFacts) -> None:
        self.last[facts.node] = facts
        now = round(time.time() * 1000)
        self.memory, self.signals = judge(self.memory, [facts], self.expected, self.thresholds, now)
        for one in self.signals:
            self.seen.setdefault((one.code, one.subject), []).append(one)

    def _read(self, name: str) -> None:
        ask, memo = self.get(name), self.adapter.fresh()
        while not self._over.wait(PACE_S):
            facts, memo = self.adapter.read(name, ask, memo)
            self._answers.put(facts)


def asker(ports: Ports) -> Get:
    """Asks a node over HTTP."""

    def ask(path: str, body: bytes | None) -> Reply:
        began = time.monotonic()

        def ms() -> tuple[int, int]:
            return round(time.time() * 1000), round((time.monotonic() - began) * 1000)

        port = ports.metrics if path == "/metrics" else ports.rpc
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
        try:
            connection.request("POST" if body else "GET", path, body)
            answer = connection.getresponse()
            data, date = answer.read(), answer.headers["Date"]
        except TimeoutError as error:
            raise Unreachable(Reach.TIMEOUT, str(error), *ms()) from error
        except ConnectionRefusedError as error:
            raise Unreachable(Reach.REFUSED, str(error), *ms()) from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(Reach.RESET, str(error), *ms()) from error
        finally:
            connection.close()
        date_ms = round(parsedate_to_datetime(date).timestamp() * 1000) if date else None
        return Reply(data, answer.status, *ms(), date_ms)

    return ask
