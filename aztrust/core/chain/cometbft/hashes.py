"""The hashes that a CometBFT header holds, its own hash, and the bytes that a validator signs.

Source: CometBFT 0.38 and 1.0, `types/block.go`, `types/validator_set.go`, `types/params.go`,
`types/canonical.go`. Trees of hashes are those of RFC 6962, encodings those of Protocol Buffers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from aztrust.core.base.times import NANOSECONDS
from aztrust.core.base.value import frozen
from aztrust.core.chain import typed
from aztrust.core.chain.facts import Member
from aztrust.core.formats.merkle import root_of_leaves
from aztrust.core.formats.protobuf import (
    bytes_field,
    fixed64_field,
    message_field,
    number_field,
    varint,
)
from aztrust.core.linkage.jsondoc import JsonValue, get

ED25519: Final = "ed25519"
_KEY_FIELDS: Final = {ED25519: 1, "secp256k1": 2}
_PRECOMMIT: Final = 2
_HASHES: Final = (
    "last_commit_hash",
    "data_hash",
    "validators_hash",
    "next_validators_hash",
    "consensus_hash",
    "app_hash",
    "last_results_hash",
    "evidence_hash",
    "proposer_address",
)


@frozen
class BlockId:
    """The hash of a block's header, and of the parts that the block is sent in."""

    hash: bytes
    parts_total: int
    parts_hash: bytes

    @property
    def encoded(self) -> bytes:
        """As in headers and in votes."""
        parts = number_field(1, self.parts_total) + bytes_field(2, self.parts_hash)
        return bytes_field(1, self.hash) + message_field(2, parts)


def read_block_id(value: JsonValue, what: str) -> BlockId:
    """A block id from JSON; the one of no block has no hash.

    Raises:
        Malformed: it is not one.
    """
    sizes = (0, typed.HASH_BYTES)
    parts = typed.below(value, what, "parts")
    return BlockId(
        typed.hexadecimal(get(value, "hash"), f"{what}.hash", sizes),
        typed.whole(get(parts, "total"), f"{what}.parts.total", most=2**32 - 1),
        typed.hexadecimal(get(parts, "hash"), f"{what}.parts.hash", sizes),
    )


def ed25519_address(key: bytes) -> str:
    """The address of an Ed25519 key: 40 hex digits in capitals."""
    return hashlib.sha256(key).digest()[: typed.ADDRESS_BYTES].hex().upper()


def validators_hash(members: Iterable[Member]) -> str | None:
    """ValidatorsHash of a set in any order; None where a type of key or an address is not known."""
    order = sorted(members, key=lambda m: (-m.power, m.id))
    if any(member.key_type not in _KEY_FIELDS or not member.id for member in order):
        return None
    return _shown(root_of_leaves(map(_simple_validator, order)))


def _simple_validator(member: Member) -> bytes:
    key = bytes_field(_KEY_FIELDS[member.key_type], bytes.fromhex(member.key))
    return message_field(1, key) + number_field(2, member.power)


def consensus_hash(max_bytes: int, max_gas: int) -> str:
    """ConsensusHash: it is over these two parameters and no other."""
    return _shown(hashlib.sha256(number_field(1, max_bytes) + number_field(2, max_gas)).digest())


def header_hash(header: JsonValue) -> str:
    """The hash of a header, which is the block's hash.

    Raises:
        Malformed: it is not a header.
    """
    version = typed.below(header, "header", "version")
    block = typed.whole(get(version, "block"), "header.version.block", most=2**64 - 1)
    app = typed.whole(get(version, "app") or 0, "header.version.app", most=2**64 - 1)
    chain_id = typed.text(get(header, "chain_id"), "header.chain_id").encode()
    height = typed.whole(get(header, "height"), "header.height", least=1)
    time = typed.instant(get(header, "time"), "header.time")
    parent = read_block_id(get(header, "last_block_id"), "header.last_block_id")
    hashes = (typed.hexadecimal(get(header, name), f"header.{name}") for name in _HASHES)
    leaves = [
        number_field(1, block) + number_field(2, app),
        bytes_field(1, chain_id),
        number_field(1, height),
        _timestamp(time),
        parent.encoded,
        *(bytes_field(1, digest) for digest in hashes),
    ]
    return _shown(root_of_leaves(leaves))


def vote_bytes(height: int, round_: int, block: BlockId, time_ns: int, chain_id: str) -> bytes:
    """What a validator signs when it votes for a block: a canonical precommit with its length."""
    vote = (
        number_field(1, _PRECOMMIT)
        + fixed64_field(2, height)
        + fixed64_field(3, round_)
        + message_field(4, block.encoded)
        + message_field(5, _timestamp(time_ns))
        + bytes_field(6, chain_id.encode())
    )
    return varint(len(vote)) + vote


def _timestamp(nanoseconds: int) -> bytes:
    seconds, rest = divmod(nanoseconds, NANOSECONDS)
    return number_field(1, seconds) + number_field(2, rest)


def _shown(digest: bytes) -> str:
    return digest.hex().upper()
