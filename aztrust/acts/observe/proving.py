"""Blocks proven from the sealed genesis while nodes are read: the first one, and the first epoch's.

A node that is asked for a proof need not be trusted, and may be slow: it is asked by a thread of
its own, and another node is asked next time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from aztrust.acts.observe.launch import ObservedLaunch
from aztrust.core.base.errors import AztrustError, Malformed
from aztrust.core.base.value import frozen
from aztrust.core.chain.adapter import Get, Reply
from aztrust.core.chain.bundle import make_bundle
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.node_list import ListedNode
from aztrust.core.chain.observation import ProvenBlock
from aztrust.core.chain.proving import prove_to
from aztrust.storage.nodes.client import Keep, Network, NodeClient

TRIES: Final = 5
"""As many nodes are asked for one block in one look that does not go on."""
_WRONG: Final = 8
"""As many proofs that do not hold are kept."""


@frozen
class Bundle:
    """The responses from which a block is proven again."""

    height: int
    data: bytes


class Prover:
    """The proofs of one network.

    Args:
        launch: whose network it is.
        nodes: the list.
        network: what their clients share.
        keep: gets the body of every answer.
    """

    def __init__(
        self,
        launch: ObservedLaunch,
        nodes: Sequence[ListedNode],
        network: Network,
        keep: Keep | None = None,
    ) -> None:
        self._launch = launch
        self._nodes = {node.name: node for node in nodes}
        self._network = network
        self._keep = keep
        self._asked: dict[int, int] = {}
        self._found: dict[tuple[int, str], ProvenBlock] = {}
        self._bundles: list[Bundle] = []
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def proofs(self) -> tuple[ProvenBlock, ...]:
        """What was proven, ascending; where nothing holds of a block, what does not."""
        with self._lock:
            found = sorted(self._found.items())
        held = {height for (height, _), one in found if one.proof.holds}
        return tuple(
            one
            for (height, _), one in found
            if one.proof.holds or one.proof.wrong or height not in held
        )

    @property
    def has_bundles(self) -> bool:
        """Whether blocks were proven whose bundles were not taken."""
        with self._lock:
            return bool(self._bundles)

    def take_bundles(self) -> tuple[Bundle, ...]:
        """The bundles of blocks that were proven since the last call."""
        with self._lock:
            found, self._bundles = tuple(self._bundles), []
        return found

    def offer(self, memory: Memory) -> None:
        """Ask the next node for what is not proven yet, unless one is being asked."""
        if self._thread is not None and self._thread.is_alive():
            return
        height = self._due(memory)
        names = self._able(memory, height) if height is not None else []
        if height is None or not names:
            return
        number = self._asked.get(height, 0)
        self._asked[height] = number + 1
        name = names[number % len(names)]
        self._thread = threading.Thread(target=self.prove, args=(name, height, True), daemon=True)
        self._thread.start()

    def prove_now(self, memory: Memory) -> None:
        """Prove what is due, by at most `TRIES` nodes for each block."""
        for height in self._heights():
            if not self._is_due(height, memory):
                continue
            for name in self._able(memory, height)[:TRIES]:
                self.prove(name, height)
                if self._is_proven(height):
                    break

    def prove(self, name: str, height: int, patient: bool = False) -> None:
        """Ask one node for one block, and keep the proof.

        Args:
            name: of the node.
            height: of the block.
            patient: whether each of its answers has the time of a read, and not all together.
        """
        launch = self._launch
        client = NodeClient(self._nodes[name], self._network, self._keep)
        try:
            get = _patient(client) if patient else client
            proven = prove_to(launch.adapter, launch.expected, get, height)
        except AztrustError:
            # It does not answer, or not in the terms of its interface: its facts show that.
            return
        finally:
            client.close()
        if proven is None:
            return
        with self._lock:
            for proof in proven.proofs:
                if proof.holds or proof is proven.last:
                    self._keep_proof(name, height, ProvenBlock(name, proof))
            if proven.holds:
                self._keep_bundle(height, lambda: make_bundle(launch.origin, proven))

    def _keep_proof(self, name: str, height: int, one: ProvenBlock) -> None:
        at = one.proof.height if one.proof.holds else height
        if at not in self._heights():
            return
        held = any(h == at and p.proof.holds for (h, _), p in self._found.items())
        if one.proof.holds and held:
            return
        failed = [key for key, found in self._found.items() if not found.proof.holds]
        if one.proof.holds or (at, name) in self._found or len(failed) < _WRONG:
            self._found[at, name] = one

    def _keep_bundle(self, height: int, make: Callable[[], bytes]) -> None:
        try:
            self._bundles.append(Bundle(height, make()))
        except Malformed:
            # It is larger than a bundle may be: the proof is shown, and is made again from a node.
            return

    def _heights(self) -> tuple[int, ...]:
        first, last = self._launch.expected.first_height, self._launch.epoch_end
        return (first,) if last is None or last <= first else (first, last)

    def _due(self, memory: Memory) -> int | None:
        return next((h for h in self._heights() if self._is_due(h, memory)), None)

    def _is_due(self, height: int, memory: Memory) -> bool:
        # The commit of the newest block lacks late votes: the next block carries the whole one.
        return memory.head >= height and not self._is_proven(height)

    def _is_proven(self, height: int) -> bool:
        with self._lock:
            return any(h == height and one.proof.holds for (h, _), one in self._found.items())

    def _able(self, memory: Memory, height: int) -> list[str]:
        """The nodes that have the block, those first that answer soonest."""
        able = [
            (node.good.latency_ms, name)
            for name, node in memory.nodes.items()
            if name in self._nodes
            and node.good is not None
            and node.silent_ms is None
            and (node.good.head or 0) >= height
            and (node.good.earliest or 0) <= self._launch.expected.first_height
        ]
        return [name for _, name in sorted(able)]


def _patient(client: NodeClient) -> Get:
    def get(path: str, body: bytes | None) -> Reply:
        client.begin()
        return client(path, body)

    return get
