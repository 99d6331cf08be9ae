"""A CometBFT chain whose validators sign: a genesis, and blocks that prove themselves from it.

chain = SignedChain(powers=[3, 2, 1], absent=[2])
chain.genesis          # the bytes to seal
chain.get              # answers as a node
chain.bundle(10)       # a proof bundle
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.times import parse_rfc3339
from aztrust.core.chain.adapter import ChainOptions, Get, Reply
from aztrust.core.chain.bundle import Origin, make_bundle
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.cometbft.hashes import (
    ED25519,
    consensus_hash,
    ed25519_address,
    header_hash,
    read_block_id,
    validators_hash,
    vote_bytes,
)
from aztrust.core.chain.facts import Expected, Member
from aztrust.core.chain.proving import prove_to

T0 = "2026-06-01T14:00:00Z"
PARTS = {"total": 1, "hash": "CD" * 32}


@dataclass
class SignedChain:
    """Validators with these powers; `absent` do not sign.

    Args:
        powers: one for each validator.
        chain_id: of the chain.
        absent: the numbers of validators that sign nothing.
        joined: the power of one more validator, from the block `since` on.
        since: see `joined`.
        more: further members of the genesis.
        fork: makes blocks with another hash.
        t0: the genesis time.
    """

    powers: list[int]
    chain_id: str = "c-1"
    absent: list[int] = field(default_factory=list)
    joined: int = 0
    since: int = 0
    more: dict[str, Any] = field(default_factory=dict)
    fork: str = "11"
    t0: str = T0

    @property
    def genesis(self) -> bytes:
        """The file."""
        document = {
            "genesis_time": self.t0,
            "chain_id": self.chain_id,
            "initial_height": "1",
            "consensus_params": {
                "block": {"max_bytes": "1048576", "max_gas": "-1"},
                "evidence": {
                    "max_age_num_blocks": "100000",
                    "max_age_duration": "172800000000000",
                    "max_bytes": "1048576",
                },
                "validator": {"pub_key_types": ["ed25519"]},
                "version": {"app": "0"},
                "abci": {"vote_extensions_enable_height": "0"},
            },
            "validators": [
                {"pub_key": self._pub_key(n), "power": str(power), "name": f"val{n}"}
                for n, power in enumerate(self.powers)
            ],
            "app_hash": "",
            "app_state": {"a": 1},
            **self.more,
        }
        return json.dumps(document).encode()

    @property
    def adapter(self) -> CometBFT:
        """Of its kind."""
        return CometBFT()

    @property
    def expected(self) -> Expected:
        """What is expected of a network that started from its genesis."""
        return self.adapter.expected(self.genesis, ChainOptions())

    def origin(self, scope_hash: str | None = None) -> Origin:
        """What its bundles are made for."""
        return Origin("cometbft", self.chain_id, sha256_id(self.genesis), scope_hash)

    def bundle(
        self, height: int, scope_hash: str | None = None, origin: Origin | None = None
    ) -> bytes:
        """A proof bundle up to a block."""
        proven = prove_to(self.adapter, self.expected, self.get, height)
        assert proven is not None
        return make_bundle(origin or self.origin(scope_hash), proven)

    @property
    def get(self) -> Get:
        """Answers as a node."""

        def ask(path: str, body: bytes | None) -> Reply:
            assert body is None
            name, _, query = path.partition("?")
            arguments = {k: int(v) for k, _, v in (i.partition("=") for i in query.split("&"))}
            found = self.commit(**arguments) if name == "/commit" else self.set_at(**arguments)
            return Reply(json.dumps({"jsonrpc": "2.0", "id": -1, "result": found}).encode())

        return ask

    def members(self, height: int) -> list[Member]:
        """The validators of a height."""
        powers = [*self.powers, *([self.joined] if self.joined and height >= self.since else [])]
        return [
            Member(ed25519_address(public), power, public.hex(), ED25519, "")
            for public, power in ((self._public(n), power) for n, power in enumerate(powers))
        ]

    def header(self, height: int) -> dict[str, Any]:
        """The header of a block."""
        parent = {"hash": "", "parts": {"total": 0, "hash": ""}}
        if height > 1:
            parent = {"hash": header_hash(self.header(height - 1)), "parts": PARTS}
        start = parse_rfc3339(self.t0)
        assert start is not None
        fields = {
            "version": {"block": "11", "app": "0"},
            "chain_id": self.chain_id,
            "height": str(height),
            "time": f"{self.t0[:-3]}{height - 1:02d}Z" if height < 61 else f"{self.t0[:-1]}.5Z",
            "last_block_id": parent,
            "validators_hash": validators_hash(self.members(height)),
            "next_validators_hash": validators_hash(self.members(height + 1)),
            "consensus_hash": consensus_hash(1048576, -1),
            "app_hash": "" if height == 1 else self.fork * 32,
            "proposer_address": self.members(height)[0].id,
        }
        for name in ("last_commit", "data", "last_results", "evidence"):
            fields[f"{name}_hash"] = hashlib.sha256(b"").hexdigest().upper()
        return fields

    def commit(self, height: int) -> dict[str, Any]:
        """The answer to `/commit`."""
        header = self.header(height)
        block = {"hash": header_hash(header), "parts": PARTS}
        at = header["time"]
        at_ns = parse_rfc3339(at)
        assert at_ns is not None
        signatures: list[dict[str, Any]] = []
        for number, member in enumerate(self.members(height)):
            if number in self.absent:
                signatures.append({"block_id_flag": 1, "validator_address": "", "signature": None})
                continue
            message = vote_bytes(height, 0, read_block_id(block, "block"), at_ns, self.chain_id)
            signatures.append(
                {
                    "block_id_flag": 2,
                    "validator_address": member.id,
                    "timestamp": at,
                    "signature": base64.b64encode(self._key(number).sign(message)).decode(),
                }
            )
        commit = {"height": str(height), "round": 0, "block_id": block, "signatures": signatures}
        return {"signed_header": {"header": header, "commit": commit}, "canonical": True}

    def set_at(self, height: int, per_page: int, page: int) -> dict[str, Any]:
        """The answer to `/validators`."""
        members = self.members(height)
        rows = [
            {"address": m.id, "pub_key": self._pub_key(n), "voting_power": str(m.power)}
            for n, m in enumerate(members)
        ]
        return {"total": str(len(rows)), "validators": rows[(page - 1) * per_page :][:per_page]}

    def _key(self, number: int) -> Ed25519PrivateKey:
        seed = hashlib.sha256(f"validator {number} of {self.chain_id}".encode()).digest()
        return Ed25519PrivateKey.from_private_bytes(seed)

    def _public(self, number: int) -> bytes:
        return self._key(number).public_key().public_bytes_raw()

    def _pub_key(self, number: int) -> dict[str, str]:
        value = base64.b64encode(self._public(number)).decode()
        return {"type": "tendermint/PubKeyEd25519", "value": value}
