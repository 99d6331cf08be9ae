"""A beacon node of a few epochs, made here: its answers can be changed one by one.

The network has the minimal preset (8 slots of an epoch), slots of 2 seconds, and as many validators
as `powers`; each votes in the slot that is its index modulo 8, and its vote is in the next block.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aztrust.core.chain.adapter import Reply, Unreachable
from aztrust.core.chain.beacon.expected import hexadecimal
from aztrust.core.chain.beacon.ssz import Record, Value
from aztrust.core.chain.beacon.state import MINIMAL, Fork, header_root, state_kind
from aztrust.core.chain.facts import Reach

Json = Any
SLOTS = MINIMAL.slots_per_epoch
GENESIS_TIME = 1_796_000_000
GWEI = 10**9


def zero(kind: Any) -> Value:
    """The empty value of a kind."""
    if isinstance(kind, Record):
        return {name: zero(one) for name, one in kind.fields.items()}
    if hasattr(kind, "exact"):
        return [zero(kind.item) for _ in range(kind.limit)] if kind.exact else []
    if kind.__class__.__name__ == "Nothing":
        return []
    if kind.__class__.__name__ in ("Bytes", "Bits"):
        return bytes(kind.size)
    return b"" if kind.__class__.__name__ == "ByteList" else 0


def serialize(kind: Any, value: Value) -> bytes:
    """SSZ of a value: what the adapter reads and never writes."""
    if isinstance(kind, Record):
        fixed, rest, at = b"", b"", kind.fixed
        for name, one in kind.fields.items():
            data = serialize(one, value[name])
            if one.size is None:
                fixed += (at + len(rest)).to_bytes(4, "little")
                rest += data
            else:
                fixed += data
        return fixed + rest
    if isinstance(value, list):
        return b"".join(serialize(kind.item, item) for item in value)
    if isinstance(value, bytes):
        return value
    return int(value).to_bytes(kind.size, "little")


def to_json(kind: Any, value: Value) -> Json:
    """A value as the beacon API writes it."""
    if isinstance(kind, Record):
        return {name: to_json(one, value[name]) for name, one in kind.fields.items()}
    if isinstance(value, list):
        return [to_json(kind.item, item) for item in value]
    if isinstance(value, bool) or kind.__class__.__name__ == "Flag":
        return bool(value)
    return hexadecimal(value) if isinstance(value, bytes) else str(value)


def validator(index: int, power: int, **other: Value) -> dict[str, Value]:
    return {
        "pubkey": bytes([index + 1]) * 48,
        "withdrawal_credentials": bytes(32),
        "effective_balance": power * GWEI,
        "slashed": False,
        "activation_eligibility_epoch": 0,
        "activation_epoch": 0,
        "exit_epoch": 2**64 - 1,
        "withdrawable_epoch": 2**64 - 1,
        **other,
    }


def state_of(powers: list[int], fork: Fork, time: int, other: dict[str, Value]) -> dict[str, Value]:
    """A genesis state of these validators; other fields are empty."""
    kind = state_kind(fork, MINIMAL)
    value = zero(kind)
    value["genesis_time"] = time
    value["fork"]["current_version"] = b"\3\0\0\1"
    value["validators"] = [validator(n, power) for n, power in enumerate(powers)]
    value["balances"] = [power * GWEI for power in powers]
    value |= other
    value["genesis_validators_root"] = kind.fields["validators"].root(value["validators"])
    return value


@dataclass
class FakeBeacon:
    """A node of a network whose validators are all there, but for those in `absent`."""

    powers: list[int]
    head: int = 0
    absent: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Validators without a vote, by epoch."""
    astray: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Validators that vote for another target, by epoch."""
    skipped: set[int] = field(default_factory=set)
    """Slots without a block."""
    finalized: int = 0
    fork: Fork = "capella"
    time: int = GENESIS_TIME
    state: dict[str, Value] = field(default_factory=dict)
    """Other fields of the genesis state."""
    operations: dict[int, dict[str, Json]] = field(default_factory=dict)
    """Other operations, by slot."""
    salt: dict[int, int] = field(default_factory=dict)
    """A number that makes the block of a slot another one."""
    electra: bool = False
    instead: dict[str, bytes | Unreachable | Reply | Json] = field(default_factory=dict)
    """Other answers, by path: a response, or its `data`."""
    asked: list[str] = field(default_factory=list)
    roots: dict[Any, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kind = state_kind(self.fork, MINIMAL)
        self.genesis = state_of(self.powers, self.fork, self.time, self.state)
        self.root = self.kind.root(self.genesis)

    @property
    def ssz(self) -> bytes:
        """The file from which it started."""
        return serialize(self.kind, self.genesis)

    def block_root(self, slot: int) -> bytes:
        """The root of the block of a slot, which rests on all blocks before it."""
        key = (slot, frozenset(self.skipped), tuple(sorted(self.salt.items())))
        if key not in self.roots:
            self.roots[key] = header_root(self.header(slot))
        return self.roots[key]

    def header(self, slot: int) -> dict[str, Value]:
        parent = next((s for s in range(slot - 1, -1, -1) if s not in self.skipped), None)
        state = (
            self.root if slot == 0 else (slot * 256 + self.salt.get(slot, 0)).to_bytes(4, "big") * 8
        )
        return {
            "slot": slot,
            "proposer_index": 0,
            "parent_root": self.block_root(parent) if parent is not None else bytes(32),
            "state_root": state,
            "body_root": bytes(32),
        }

    def id(self, slot: int) -> str:
        """The root of the newest block until a slot."""
        while slot in self.skipped:
            slot -= 1
        return hexadecimal(self.block_root(slot))

    def committee(self, slot: int) -> list[int]:
        return [n for n in range(len(self.powers)) if n % SLOTS == slot % SLOTS]

    def __call__(self, path: str, body: bytes | None) -> Reply:
        assert body is None
        self.asked.append(path)
        found: Json
        if path in self.instead:
            found = self.instead[path]
            if isinstance(found, Unreachable):
                raise found
            if isinstance(found, Reply):
                return found
        elif path == "/metrics":
            raise Unreachable(Reach.REFUSED, "no metrics", 1, 1)
        else:
            found = self.answer(path)
        if isinstance(found, int):
            error = json.dumps({"code": found, "message": "not found"}).encode()
            return Reply(error, found, 1_796_000_100_000, 20, 1_796_000_099_000)
        data = found if isinstance(found, bytes) else json.dumps({"data": found}).encode()
        return Reply(data, 200, 1_796_000_100_000, 20, 1_796_000_099_000)

    def answer(self, path: str) -> Json:
        offered = self.offered()
        if path in offered:
            return offered[path]
        name, _, which = path.rpartition("/")
        if name == "/eth/v1/beacon/states/head":
            return self.committees(int(path.rpartition("=")[2]))
        slot = self.slot_of(which)
        if slot is None:
            return 404
        if name == "/eth/v1/beacon/headers":
            return self.header_answer(slot)
        assert name == "/eth/v2/beacon/blocks", path
        return {"message": self.block(slot)}

    def offered(self) -> dict[str, Json]:
        """The answers about the node, its genesis and its finality."""
        genesis, states = self.genesis, "/eth/v1/beacon/states"
        listed = to_json(self.kind.fields["validators"], genesis["validators"])
        final = self.id(self.finalized * SLOTS) if self.finalized else "0x" + "00" * 32
        return {
            "/eth/v1/beacon/genesis": {
                "genesis_time": str(self.time),
                "genesis_validators_root": hexadecimal(genesis["genesis_validators_root"]),
                "genesis_fork_version": "0x00000001",
            },
            "/eth/v1/node/syncing": {
                "head_slot": str(self.head),
                "is_syncing": False,
                "is_optimistic": False,
            },
            "/eth/v1/node/version": {"version": "Fake/v1"},
            "/eth/v1/node/identity": {"peer_id": "16Uiu2"},
            "/eth/v1/node/peer_count": {"connected": "3", "disconnected": "9"},
            "/eth/v1/config/spec": {"SLOTS_PER_EPOCH": str(SLOTS), "SECONDS_PER_SLOT": "2"},
            f"{states}/genesis/root": {"root": hexadecimal(self.root)},
            f"{states}/genesis/fork": to_json(self.kind.fields["fork"], genesis["fork"]),
            f"{states}/genesis/validators": [
                {"index": str(n), "balance": str(balance), "validator": listed[n]}
                for n, balance in enumerate(genesis["balances"])
            ],
            "/eth/v2/debug/beacon/states/genesis": to_json(self.kind, genesis),
            f"{states}/head/finality_checkpoints": {
                "finalized": {"epoch": str(self.finalized), "root": final}
            },
        }

    def committees(self, epoch: int) -> Json:
        return [
            {"index": "0", "slot": str(slot), "validators": [str(n) for n in self.committee(slot)]}
            for slot in range(epoch * SLOTS, epoch * SLOTS + SLOTS)
        ]

    def slot_of(self, which: str) -> int | None:
        if which == "head":
            return self.head
        for slot in range(self.head + 1):
            if slot not in self.skipped and which in (str(slot), self.id(slot)):
                return slot
        return None

    def header_answer(self, slot: int) -> Json:
        message = {
            name: hexadecimal(value) if isinstance(value, bytes) else str(value)
            for name, value in self.header(slot).items()
        }
        return {"root": self.id(slot), "canonical": True, "header": {"message": message}}

    def block(self, slot: int) -> Json:
        message = dict(self.header_answer(slot)["header"]["message"])
        del message["body_root"]
        before = max((s for s in range(slot) if s not in self.skipped), default=0)
        body = {
            "attestations": [a for s in range(before, slot) for a in self.attestations(s)],
            **self.operations.get(slot, {}),
        }
        return {**message, "body": body}

    def attestations(self, slot: int) -> list[Json]:
        epoch, members = slot // SLOTS, self.committee(slot)
        gone, astray = self.absent.get(epoch, ()), self.astray.get(epoch, ())
        target, other = self.id(epoch * SLOTS), "0x" + "ee" * 32
        return [
            self.attestation(slot, members, voters, root)
            for voters, root in (
                ([n for n in members if n not in gone and n not in astray], target),
                ([n for n in members if n in astray], other),
            )
            if voters
        ]

    def attestation(self, slot: int, members: list[int], voters: list[int], target: str) -> Json:
        bits = sum(1 << place for place, one in enumerate(members) if one in voters)
        data = (bits | 1 << len(members)).to_bytes(len(members) // 8 + 1, "little")
        found = {
            "aggregation_bits": hexadecimal(data),
            "data": {
                "slot": str(slot),
                "index": "0",
                "target": {"epoch": str(slot // SLOTS), "root": target},
            },
        }
        return {**found, "committee_bits": "0x01"} if self.electra else found
