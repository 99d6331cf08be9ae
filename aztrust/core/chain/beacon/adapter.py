"""Ethereum's consensus clients and their beacon API, as an adapter."""

from __future__ import annotations

from aztrust.core.chain.adapter import ChainOptions, Get
from aztrust.core.chain.beacon.expected import expected
from aztrust.core.chain.beacon.proof import prove
from aztrust.core.chain.beacon.read import Memo, read
from aztrust.core.chain.facts import Expected, NodeFacts, Proof, Traits


class Beacon:
    """An `Adapter`. Nodes answer before genesis time, and blocks become final by checkpoints.

    A height is a slot, and slot 0 has the genesis block. A validator is named by its index.
    """

    name = "ethereum"
    traits = Traits(
        silent_before_t0=False,
        finality="checkpoint",
        names_validators=False,
        proves_signatures=False,
    )

    def __init__(self, options: ChainOptions | None = None) -> None:
        self.options = options or ChainOptions()

    def expected(self, genesis: bytes, options: ChainOptions) -> Expected:
        """See `Adapter.expected`. Nothing of the options is needed."""
        del options
        return expected(genesis)

    def fresh(self) -> Memo:
        """See `Adapter.fresh`."""
        return Memo()

    def read(self, node: str, get: Get, memo: Memo) -> tuple[NodeFacts, Memo]:
        """See `Adapter.read`."""
        return read(node, get, memo, self.options.metrics)

    def prove(
        self, expected: Expected, get: Get, height: int, after: Proof | None = None
    ) -> Proof | None:
        """See `Adapter.prove`."""
        return prove(expected, get, height, after)
