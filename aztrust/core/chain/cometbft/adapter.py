"""CometBFT 0.38 and 1.0, and chains of the Cosmos SDK on it, as an adapter."""

from __future__ import annotations

from aztrust.core.chain.adapter import ChainOptions, Get
from aztrust.core.chain.cometbft.expected import expected
from aztrust.core.chain.cometbft.known import KnownVotes
from aztrust.core.chain.cometbft.proof import prove
from aztrust.core.chain.cometbft.read import Memo, read
from aztrust.core.chain.facts import Expected, NodeFacts, Proof, Traits


class CometBFT:
    """An `Adapter`. Nodes open their interface at genesis time, and a commit is final."""

    name = "cometbft"
    traits = Traits()

    def __init__(self, options: ChainOptions | None = None) -> None:
        self.options = options or ChainOptions()
        self._known = KnownVotes()

    def expected(self, genesis: bytes, options: ChainOptions) -> Expected:
        """See `Adapter.expected`."""
        return expected(genesis, options)

    def fresh(self) -> Memo:
        """See `Adapter.fresh`."""
        return Memo()

    def read(self, node: str, get: Get, memo: Memo) -> tuple[NodeFacts, Memo]:
        """See `Adapter.read`."""
        return read(node, get, memo, self.options.metrics, self._known)

    def prove(
        self, expected: Expected, get: Get, height: int, after: Proof | None = None
    ) -> Proof | None:
        """See `Adapter.prove`."""
        return prove(expected, get, height, after)
