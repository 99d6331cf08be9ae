"""A CometBFT node of a few blocks, made here: its answers can be changed one by one."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from aztrust.core.chain.adapter import Reply, Unreachable
from aztrust.core.chain.cometbft.hashes import ED25519, header_hash, validators_hash
from aztrust.core.chain.facts import Member, Reach

Json = Any


def time(second: int) -> str:
    return f"2026-06-01T14:{second // 60:02d}:{second % 60:02d}Z"


def key(number: int) -> bytes:
    return number.to_bytes(2, "big") * 16


def address(number: int) -> str:
    return hashlib.sha256(key(number)).digest()[:20].hex().upper()


def pub_key(number: int) -> dict[str, str]:
    return {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(key(number)).decode()}


@dataclass
class FakeNode:
    """Validators with these powers; every block is signed by all but those in `silent`."""

    powers: list[int]
    head: int = 3
    earliest: int = 1
    listed: bool = True
    silent: dict[int, int] = field(default_factory=dict)
    """The flag of a validator's vote, 1 for none and 3 for no block, by its number."""
    results: dict[int, dict[str, Json]] = field(default_factory=dict)
    evidence: dict[int, list[Json]] = field(default_factory=dict)
    instead: dict[str, bytes | Unreachable | Reply] = field(default_factory=dict)
    """Other answers, by path without its query."""
    asked: list[str] = field(default_factory=list)
    started: str = "1.79599642876e+09"

    def __post_init__(self) -> None:
        self.members = [
            Member(address(n), power, key(n).hex(), ED25519, "")
            for n, power in enumerate(self.powers)
        ]
        self.set_hash = validators_hash(self.members)

    def __call__(self, path: str, body: bytes | None) -> Reply:
        assert body is None
        self.asked.append(path)
        name, _, query = path.partition("?")
        other = self.instead.get(name)
        if isinstance(other, Unreachable):
            raise other
        if isinstance(other, Reply):
            return other
        if other is None:
            arguments = dict(item.partition("=")[::2] for item in query.split("&") if item)
            found = getattr(self, name.strip("/"))(**{k: int(v) for k, v in arguments.items()})
            if isinstance(found, bytes):
                other = found
            else:
                other = json.dumps({"jsonrpc": "2.0", "id": -1, "result": found}).encode()
        return Reply(other, 200, 1_780_322_500_000, 20, 1_780_322_499_000)

    def genesis(self) -> Json:
        validators = [
            {"pub_key": pub_key(n), "power": str(power), "name": ""}
            for n, power in enumerate(self.powers)
        ]
        return {
            "genesis_time": time(0),
            "chain_id": "c-1",
            "initial_height": "1",
            "consensus_params": {"block": {"max_bytes": "1048576", "max_gas": "-1"}},
            "validators": validators if self.listed else [],
            "app_hash": "",
            "app_state": {"a": 1},
        }

    def header(self, height: int) -> Json:
        parent = header_hash(self.header(height - 1)["header"]) if height > 1 else ""
        fields = {
            "version": {"block": "11", "app": "1"},
            "chain_id": "c-1",
            "height": str(height),
            "time": time(height - 1),
            "last_block_id": {"hash": parent, "parts": {"total": 0, "hash": ""}},
            "validators_hash": self.set_hash,
            "next_validators_hash": self.set_hash,
            "app_hash": f"{height:02X}" * 32,
            "proposer_address": address(0),
        }
        for name in ("last_commit", "data", "consensus", "last_results", "evidence"):
            fields[f"{name}_hash"] = "AB" * 32
        return {"header": fields}

    def _commit(self, height: int) -> Json:
        signatures = []
        for number in range(len(self.powers)):
            flag = self.silent.get(number, 2)
            signatures.append(
                {
                    "block_id_flag": flag,
                    "validator_address": address(number) if flag > 1 else "",
                    "timestamp": time(height) if flag > 1 else "0001-01-01T00:00:00Z",
                    "signature": base64.b64encode(b"s" * 64).decode() if flag > 1 else None,
                }
            )
        id_ = {
            "hash": header_hash(self.header(height)["header"]),
            "parts": {"total": 1, "hash": ""},
        }
        return {"height": str(height), "round": 0, "block_id": id_, "signatures": signatures}

    def status(self) -> Json:
        return {
            "node_info": {"id": "ab" * 20, "network": "c-1", "version": "0.38.26"},
            "sync_info": {
                "latest_block_height": str(self.head),
                "earliest_block_height": str(self.earliest if self.head else 0),
                "catching_up": False,
            },
            "validator_info": {"address": address(0), "voting_power": "1"},
        }

    def net_info(self) -> Json:
        return {"peers": [{"node_info": {"id": "cd" * 20}}, {"node_info": {"id": "ef" * 20}}]}

    def consensus_state(self) -> Json:
        votes = {
            "round": 0,
            "prevotes_bit_array": "BA{4:xx__} 2/4 = 0.50",
            "precommits_bit_array": "BA{4:____} 0/4 = 0.00",
        }
        state = {"height/round/step": f"{self.head + 1}/0/4", "height_vote_set": [votes]}
        return {"round_state": state}

    def genesis_chunked(self, chunk: int) -> Json:
        data = base64.b64encode(json.dumps(self.genesis()).encode()).decode()
        return {"chunk": str(chunk), "total": "1", "data": data}

    def block(self, height: int) -> Json:
        header = self.header(height)["header"]
        block = {
            "header": header,
            "evidence": {"evidence": self.evidence.get(height, [])},
            "last_commit": self._commit(height - 1) if height > 1 else {"height": "0"},
        }
        return {"block_id": {"hash": header_hash(header)}, "block": block}

    def block_results(self, height: int) -> Json:
        app_hash = base64.b64encode(bytes([height]) * 32).decode()
        nothing = {"validator_updates": None, "consensus_param_updates": None}
        return {
            "height": str(height),
            "app_hash": app_hash,
            **nothing,
            **self.results.get(height, {}),
        }

    def commit(self, height: int) -> Json:
        header = self.header(height)["header"]
        return {
            "signed_header": {"header": header, "commit": self._commit(height)},
            "canonical": height < self.head,
        }

    def validators(self, height: int, per_page: int, page: int) -> Json:
        start = (page - 1) * per_page
        rows = [
            {"address": address(n), "pub_key": pub_key(n), "voting_power": str(power)}
            for n, power in enumerate(self.powers)
        ]
        return {"total": str(len(rows)), "validators": rows[start : start + per_page]}

    def metrics(self) -> bytes:
        lines = (
            "# HELP process_start_time_seconds since 1970",
            f"process_start_time_seconds {self.started}",
            'app_errors{kind="a"} 3',
            'app_errors{kind="b"} 4',
            "witness_rate 0.5",
        )
        return "\n".join(lines).encode()


def silence(reach: Reach = Reach.REFUSED) -> Unreachable:
    return Unreachable(reach, "no answer", 1_780_322_501_000, 7)
