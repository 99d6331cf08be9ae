"""Nodes of a signed CometBFT chain over HTTP on this machine, and a launch that froze its genesis.

launch = chain_launch(tmp_path, monkeypatch)        # frozen, genesis time in the past
with serving_nodes(launch.chain, "abcd") as nodes:
    nodes["a"].head = 7
    nodes["b"].answers["/status"] = http(b"{}")     # exactly these bytes
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from aztrust.cli.session import Session
from aztrust.core.base.times import format_rfc3339
from aztrust.core.chain.cometbft.hashes import header_hash
from fixtures.signed_chain import SignedChain
from tests.cli_launch import home_at
from tests.core.chain.watched import BANDS
from tests.final_check_builders import CHECKED
from tests.memory_launch import Launch
from tests.raw_servers import RawServer, Script, Talk, http, raw_server
from tests.readiness import staffed, written

T0 = CHECKED + 30 * 60_000 - CHECKED % 60_000
"""The genesis time, in milliseconds; a whole minute."""
AFTER = 21_000
"""How long after it the observer looks first."""
CHAIN = """
[chain]
kind = "cometbft"
epoch_blocks = 8
"""
CALM = """
[rollback.errors]
metric = "errors"
not_applicable = "it has no critical service"
[rollback.reconciliation]
metric = "books"
workflow = "disputes"
not_applicable = "it keeps no books"
"""


@dataclass
class SignedNode:
    """One node of the chain: every path that an observer asks.

    Args:
        chain: whose blocks it has.
        validator: the number of its own.
        head: its newest block.
        answers: by path without its query, other answers than those of the chain.
    """

    chain: SignedChain
    validator: int
    head: int = 20
    answers: dict[str, bytes | Script] = field(default_factory=dict)
    url: str = ""
    asked: int = 0

    def __call__(self, talk: Talk) -> bool | None:
        self.asked += 1
        name, _, query = talk.path.partition("?")
        other = self.answers.get(name)
        if callable(other):
            return other(talk)
        if other is not None:
            talk.send(other)
            return True
        arguments = {k: int(v) for k, _, v in (i.partition("=") for i in query.split("&")) if k}
        try:
            found = getattr(self, name.strip("/"))(**arguments)
        except LookupError:
            talk.send(http(b'{"error":{"data":"no such height"}}', "500 Internal Server Error"))
            return True
        talk.send(http(json.dumps({"jsonrpc": "2.0", "id": -1, "result": found}).encode()))
        return True

    def status(self) -> Any:
        return {
            "node_info": {"id": f"{self.validator:02x}" * 20, "network": self.chain.chain_id},
            "sync_info": {
                "latest_block_height": str(self.head),
                "earliest_block_height": "1" if self.head else "0",
                "catching_up": False,
            },
            "validator_info": {"address": self.chain.members(1)[self.validator].id},
        }

    def net_info(self) -> Any:
        return {"peers": [{"node_info": {"id": "cd" * 20}}]}

    def consensus_state(self) -> Any:
        votes = {
            "round": 0,
            "prevotes_bit_array": "BA{4:xxxx} 4/4 = 1.00",
            "precommits_bit_array": "BA{4:____} 0/4 = 0.00",
        }
        return {
            "round_state": {
                "height/round/step": f"{self.head + 1}/0/4",
                "height_vote_set": [votes],
            }
        }

    def genesis_chunked(self, chunk: int) -> Any:
        data = base64.b64encode(self.chain.genesis).decode()
        return {"chunk": str(chunk), "total": "1", "data": data}

    def block(self, height: int) -> Any:
        self._require(height)
        header = self.chain.header(height)
        before = self.chain.commit(height - 1)["signed_header"]["commit"] if height > 1 else None
        block = {"header": header, "evidence": {"evidence": []}, "last_commit": before}
        return {"block_id": {"hash": header_hash(header)}, "block": block}

    def block_results(self, height: int) -> Any:
        self._require(height)
        return {"height": str(height), "app_hash": base64.b64encode(b"\x11" * 32).decode()}

    def commit(self, height: int) -> Any:
        self._require(height)
        return self.chain.commit(height)

    def header(self, height: int) -> Any:
        self._require(height)
        return {"header": self.chain.header(height)}

    def validators(self, **arguments: int) -> Any:
        return self.chain.set_at(**arguments)

    def _require(self, height: int) -> None:
        if not 1 <= height <= self.head:
            raise LookupError(height)


@contextmanager
def serving_nodes(chain: SignedChain, names: str = "abcd") -> Iterator[dict[str, SignedNode]]:
    """A node for each name, each on a port of its own."""
    with ExitStack() as stack:
        nodes = {name: SignedNode(chain, number) for number, name in enumerate(names)}
        for node in nodes.values():
            server: RawServer = stack.enter_context(raw_server(node))
            node.url = server.url
        yield nodes


def words(nodes: dict[str, SignedNode]) -> list[str]:
    """The nodes as a command line names them."""
    return [f"{name}={node.url}" for name, node in nodes.items()]


@dataclass
class ChainLaunch:
    """A launch directory whose genesis is that of a signed chain."""

    path: Path
    chain: SignedChain
    memory: Launch

    @property
    def common(self) -> tuple[str, ...]:
        """Options that name it."""
        return ("-C", str(self.path), "--anchor", self.memory.anchor)


def chain_of(powers: list[int], **more: Any) -> SignedChain:
    """A chain that starts at `T0`."""
    return SignedChain(powers, chain_id="bench-1", t0=format_rfc3339(T0 * 1_000_000), **more)


def chain_launch(
    folder: Path,
    patch: pytest.MonkeyPatch,
    chain: SignedChain | None = None,
    *,
    tables: str = BANDS + CHAIN + CALM,
    after_ms: int = AFTER,
) -> ChainLaunch:
    """A frozen launch of a chain, seen some time after its genesis time.

    Args:
        folder: it is made in this one.
        patch: sets the clock, and an empty home.
        chain: of four validators, where it is not given.
        tables: of the policy.
        after_ms: how long after the genesis time.
    """
    chain = chain or chain_of([3, 3, 2, 2])
    memory = staffed({}, checks=tables, data=chain.genesis, enrolled=False)
    calls = count()

    def now(_session: Session) -> int:
        # Not the time that passes: on a slow machine this network, which ends, would seem to halt.
        return T0 + after_ms + next(calls)

    patch.setattr(Session, "now_unix_ms", now)
    home_at(patch, folder / "home")
    return ChainLaunch(written(memory, folder / "launch"), chain, memory)
