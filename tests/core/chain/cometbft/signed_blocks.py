"""A block that a network of seven validators signed, in CometBFT's own code.

One validator did not vote and one voted for no block. `altered` gives the same answer with a
change in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aztrust.core.chain.adapter import Get, Reply
from aztrust.core.chain.cometbft.hashes import ED25519
from aztrust.core.chain.facts import Expected, GenesisFact, Member

VECTORS: dict[str, Any] = json.loads(
    Path(__file__).with_name("vectors.json").read_text(encoding="utf-8")
)
SET = VECTORS["sets"][-1]
MEMBERS = tuple(
    Member(v["address"], v["power"], v["key"], ED25519, f"val{n}")
    for n, v in enumerate(SET["validators"])
)
BLOCKS: list[dict[str, Any]] = [found["signed_header"] for found in VECTORS["commits"]]
TOTAL = sum(member.power for member in MEMBERS)


def expected(block: dict[str, Any]) -> Expected:
    """What is expected of a network whose first block this is."""
    header = block["header"]
    from aztrust.core.base.times import parse_rfc3339

    time = parse_rfc3339(header["time"])
    assert time is not None
    return Expected(
        network=header["chain_id"],
        first_height=int(header["height"]),
        genesis=GenesisFact("test", (("genesis_time", str(time)),), time // 10**6),
        members=MEMBERS,
        validators=SET["hash"],
        params=header["consensus_hash"],
    )


def asker(answers: dict[str, Any]) -> Get:
    """A node that answers these results by path."""

    def ask(path: str, body: bytes | None) -> Reply:
        if path not in answers:
            error = {"jsonrpc": "2.0", "id": -1, "error": {"code": -32603, "data": "no height"}}
            return Reply(json.dumps(error).encode(), 500)
        found = answers[path]
        return Reply(found if isinstance(found, bytes) else json.dumps({"result": found}).encode())

    return ask


def node(block: dict[str, Any], height: int | None = None) -> Get:
    """A node that has this block."""
    at = block["header"]["height"] if height is None else height
    return asker({f"/commit?height={at}": {"signed_header": block, "canonical": True}})


def altered(block: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """A copy with a change."""
    copy: dict[str, Any] = json.loads(json.dumps(block))
    change(copy)
    return copy
