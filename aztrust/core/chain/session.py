"""Questions to one node, and the digests of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.value import frozen
from aztrust.core.chain.adapter import Get, Reply, Unreachable
from aztrust.core.chain.facts import NodeFacts, Reach
from aztrust.core.chain.metrics import started_ms, values

T = TypeVar("T")
HTTP_OK: Final = 200
OFTEN: Final = 5
"""What changes seldom is asked at every fifth read."""
STILL: Final = 3
"""And at each read, when the height has not risen in as many."""


@frozen
class Turn:
    """Which read of a node this is.

    Args:
        count: reads since it began to answer.
        still: reads since its height rose.
        head: the highest that it reported last.
    """

    count: int = 0
    still: int = 0
    head: int = 0

    def next(self, head: int | None) -> Turn:
        """The turn of a read that found this height; None where it found none."""
        rose = head is not None and head > self.head
        return Turn(self.count + 1, 0 if rose else self.still + 1, head or self.head)

    @property
    def is_full(self) -> bool:
        """Whether this read asks for what changes seldom, too."""
        return (self.count - 1) % OFTEN == 0 or self.still >= STILL


class NotServed(CouldNotCheck):
    """The node understood the question and has no answer: another height, a pruned block."""


class Questions:
    """Questions to one node, and the digests of its answers in the order of arrival."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self.raw: list[str] = []

    def fetch(self, path: str) -> Reply:
        """A response, counted.

        Raises:
            Unreachable: there is none.
        """
        reply = self._get(path, None)
        self.raw.append(sha256_id(reply.body))
        return reply

    def metrics(self, wanted: Mapping[str, str]) -> tuple[int | None, tuple[tuple[str, str], ...]]:
        """(when the process started, the series asked for).

        Metrics are an offer: a node without them is not in trouble, and says nothing by them.
        """
        try:
            body = self.fetch("/metrics").body
        except Unreachable:
            return None, ()
        return started_ms(body), values(body, wanted)


def unread(node: str, reply: Reply, reach: Reach, why: str, questions: Questions) -> NodeFacts:
    """The facts of a node whose first answer cannot be used."""
    raw = tuple(questions.raw)
    return NodeFacts(node, reply.at_ms, reach, reply.latency_ms, raw=raw, trouble=why)


def silent(node: str, error: Unreachable) -> NodeFacts:
    """The facts of a node that does not answer."""
    return NodeFacts(node, error.at_ms, error.reach, error.latency_ms, trouble=error.message)


def clock_offset_ms(reply: Reply) -> int | None:
    """The node's clock minus the observer's; the header `Date` has whole seconds."""
    if reply.date_ms is None:
        return None
    return reply.date_ms + 500 - (reply.at_ms - reply.latency_ms // 2)


def attempt(ask: Callable[[], T], trouble: list[str]) -> T | None:
    """The answer to a question; None where there is none, and then the cause is in `trouble`."""
    try:
        return ask()
    except (Malformed, NotServed, Unreachable) as error:
        trouble.append(error.message)
        return None
