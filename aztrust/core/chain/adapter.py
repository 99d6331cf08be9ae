"""The seam between chains and everything that judges them.

An adapter knows one kind of chain. It does no input or output: it asks through a function that it
is given, so that a recording answers exactly like a node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import field, frozen
from aztrust.core.chain.facts import Expected, NodeFacts, Proof, Reach, Traits

M = TypeVar("M")


@frozen
class Reply:
    """A response, whatever its status.

    Args:
        body: as served, at most as long as the transport allows.
        status: of HTTP.
        at_ms: the observer's clock when it was complete.
        latency_ms: from the request to the complete response.
        date_ms: the node's clock in the header `Date`, None where there is none.
    """

    body: bytes
    status: int = 200
    at_ms: int = 0
    latency_ms: int = 0
    date_ms: int | None = None


class Unreachable(CouldNotCheck):
    """There is no response.

    Args:
        reach: why.
        text: the cause, for people.
        at_ms: the observer's clock when the attempt ended.
        latency_ms: how long the attempt lasted.
    """

    def __init__(self, reach: Reach, text: str = "", at_ms: int = 0, latency_ms: int = 0) -> None:
        super().__init__(text or f"the node does not answer: {reach}")
        self.reach = reach
        self.at_ms = at_ms
        self.latency_ms = latency_ms


Get: TypeAlias = Callable[[str, bytes | None], Reply]
"""Asks one node: (path with query, body of a POST or None for a GET). Raises `Unreachable`."""


@frozen
class ChainOptions:
    """What an adapter needs from the policy.

    Args:
        power_reduction: how many of the smallest unit staked are one unit of voting power, where
            the first validators come from genesis transactions (Cosmos SDK: 10^6; chains with
            18 decimals: 10^18).
        metrics: series that are read from the Prometheus endpoint, by the name of the fact.
    """

    power_reduction: int = 10**6
    metrics: Mapping[str, str] = field(default_factory=dict)


class Adapter(Protocol[M]):
    """One kind of chain. `M` is what it remembers about one node between two reads.

    Attributes:
        name: as a policy writes it.
        traits: how it behaves.
    """

    name: str
    traits: Traits

    def expected(self, genesis: bytes, options: ChainOptions) -> Expected:
        """What a network reports that started from these bytes. Pure.

        Raises:
            Malformed: `genesis-malformed`, it is not a genesis of this kind of chain.
        """
        ...

    def fresh(self) -> M:
        """The memory of a node that was never read."""
        ...

    def read(self, node: str, get: Get, memo: M) -> tuple[NodeFacts, M]:
        """Ask one node once. Never raises for what a node answers.

        Args:
            node: its name in the list of nodes.
            get: asks it.
            memo: from the read before; the one given is not changed.
        """
        ...

    def prove(
        self, expected: Expected, get: Get, height: int, after: Proof | None = None
    ) -> Proof | None:
        """Verify one block; None where the node does not have it.

        Where the adapter does not verify signatures, the proof does not hold and names the cause
        in `unverified`; `wrong` is only what was looked at and is not as it must be.

        Args:
            expected: from the sealed genesis.
            get: asks one node, which need not be trusted.
            height: of the block.
            after: the proof of the block before it. Without it the validator set must still be
                the first one.

        Raises:
            Unreachable: there is no answer.
            Malformed: the answer is not what the chain's interface defines.
        """
        ...
