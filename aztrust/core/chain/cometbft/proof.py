"""Proof that a block was signed by the validators of the sealed genesis, by their signatures.

Nothing that a node reports is believed: the hash of the header is computed, the validator set
comes from the sealed genesis (or from a set whose hash the block before it names), and each
signature is verified over the chain id, the height, the round, the block and the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from aztrust.core.base.value import frozen
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import Get
from aztrust.core.chain.cometbft.answers import Session
from aztrust.core.chain.cometbft.hashes import (
    ED25519,
    BlockId,
    header_hash,
    read_block_id,
    validators_hash,
    vote_bytes,
)
from aztrust.core.chain.cometbft.projection import MAX_VALIDATORS, PARAMS
from aztrust.core.chain.cometbft.sets import served_members
from aztrust.core.chain.facts import Expected, Member, Proof
from aztrust.core.chain.session import NotServed
from aztrust.core.linkage.jsondoc import JsonValue, get

FOR_BLOCK: Final = 2
_FLAGS: Final = (1, FOR_BLOCK, 3)
_NAMED: Final = 3


@frozen
class SignedHeader:
    """A header with its computed hash, and the votes that a node serves for it."""

    header: JsonValue
    height: int
    id: str
    at_ns: int
    chain_id: str
    round: int
    block: BlockId
    votes: tuple[tuple[int, str, int, bytes], ...]
    """(flag, address, time in ns, signature), absent ones left out."""
    commit_height: int


def read_signed_header(value: JsonValue) -> SignedHeader:
    """A header and its commit.

    Raises:
        Malformed: it is not one.
    """
    header = typed.below(value, "signed_header", "header")
    commit = typed.below(value, "signed_header", "commit")
    votes = []
    signatures = typed.listed(get(commit, "signatures"), "commit.signatures", MAX_VALIDATORS)
    for number, item in enumerate(signatures):
        place = f"commit.signatures.{number}"
        flag = typed.whole(get(item, "block_id_flag"), f"{place}.block_id_flag")
        if flag not in _FLAGS:
            typed.refuse(f"{place}.block_id_flag", f"is {flag}, and 1, 2 or 3 is defined")
        if flag == 1:
            continue
        address = typed.hexadecimal(
            get(item, "validator_address"), f"{place}.validator_address", (typed.ADDRESS_BYTES,)
        )
        time = typed.instant(get(item, "timestamp"), f"{place}.timestamp")
        signature = typed.base64_bytes(get(item, "signature"), f"{place}.signature")
        votes.append((flag, address.hex().upper(), time, signature))
    return SignedHeader(
        header=header,
        height=typed.whole(get(header, "height"), "header.height", least=1),
        id=header_hash(header),
        at_ns=typed.instant(get(header, "time"), "header.time"),
        chain_id=typed.text(get(header, "chain_id"), "header.chain_id"),
        round=typed.whole(get(commit, "round"), "commit.round", most=2**31 - 1),
        block=read_block_id(get(commit, "block_id"), "commit.block_id"),
        votes=tuple(votes),
        commit_height=typed.whole(get(commit, "height"), "commit.height"),
    )


def prove(expected: Expected, get_: Get, height: int, after: Proof | None = None) -> Proof | None:
    """Verify one block of a node; see `Adapter.prove`."""
    session = Session(get_)
    try:
        answer = session.ask(f"/commit?height={height}")
        signed = read_signed_header(get(answer, "signed_header"))
        members = _set_of(expected, signed, after, session)
    except NotServed:
        return None
    return verify(expected, signed, members, height, after, tuple(session.raw))


def verify(
    expected: Expected,
    signed: SignedHeader,
    members: Sequence[Member] | None,
    height: int,
    after: Proof | None = None,
    raw: tuple[str, ...] = (),
) -> Proof:
    """Verify a header against what is expected. Pure.

    Args:
        expected: from the sealed genesis.
        signed: what a node served.
        members: the set that signs this height; None where it is not known.
        height: that was asked for.
        after: the proof of the block before.
        raw: digests of the responses.
    """
    wrong = [*_wrong_header(expected, signed, height, after)]
    if members is None:
        wrong.append(_unknown_set(expected))
    signers, about_votes = _valid_votes(signed, expected.network, members or ())
    powers = {member.id: member.power for member in members or ()}
    return Proof(
        height=signed.height,
        id=signed.id,
        time_ms=signed.at_ns // 1_000_000,
        round=signed.round,
        signed=sum(powers[address] for address in signers),
        total=sum(member.power for member in members or ()),
        signers=tuple(sorted(signers)),
        wrong=(*wrong, *about_votes),
        next_validators=_hash(signed, "next_validators_hash"),
        raw=raw,
        members=tuple(members or ()),
    )


def _set_of(
    expected: Expected, signed: SignedHeader, after: Proof | None, session: Session
) -> Sequence[Member] | None:
    """The validators of this height: those of the genesis, or those that the block before names."""
    named = after.next_validators if after is not None and after.holds else expected.validators
    if named is None or named == expected.validators:
        return expected.members if named else None
    if after is not None and validators_hash(after.members) == named:
        return after.members
    members = served_members(session, signed.height)
    return members if validators_hash(members) == named else None


def _unknown_set(expected: Expected) -> str:
    if expected.validators is None:
        why = expected.notes[0] if expected.notes else "the genesis does not say them"
        return f"the validators of this height are not known: {why}"
    return "the set that the node serves is not the one that the block before names"


def _wrong_header(
    expected: Expected, signed: SignedHeader, height: int, after: Proof | None
) -> Iterable[str]:
    if signed.height != height:
        yield f"the header is of height {signed.height}, and {height} was asked for"
    if signed.commit_height != signed.height:
        yield f"the commit is for height {signed.commit_height}, the header is {signed.height}"
    if signed.chain_id != expected.network:
        yield "the header is of a chain with another chain id"
    if signed.block.hash.hex().upper() != signed.id:
        yield "the commit is for a block with another hash than the header has"
    validators = _hash(signed, "validators_hash")
    named = after.next_validators if after is not None else expected.validators
    if named is not None and validators != named:
        yield (
            "the header names another validator set than the block before it"
            if after is not None
            else "the header names another validator set than the genesis"
        )
    if after is not None:
        yield from _wrong_link(signed, after)
    if signed.height == expected.first_height:
        yield from _wrong_first(expected, signed)


def _wrong_link(signed: SignedHeader, after: Proof) -> Iterable[str]:
    parent = read_block_id(get(signed.header, "last_block_id"), "header.last_block_id")
    if not after.holds:
        yield "the block before is not proven"
    if after.height != signed.height - 1 or after.id != parent.hash.hex().upper():
        yield f"the header does not follow block {after.height}, which was proven before"


def _wrong_first(expected: Expected, signed: SignedHeader) -> Iterable[str]:
    """What only the first block shows: the time and the parameters of the genesis."""
    parts: Mapping[str, str] = dict(expected.genesis.parts)
    genesis_ns = int(parts["genesis_time"])
    # With proposer-based timestamps (CometBFT 1.0) the first block has a later time.
    pbts = f"{PARAMS}/feature/pbts_enable_height" in parts
    if signed.at_ns < genesis_ns or (signed.at_ns != genesis_ns and not pbts):
        yield "the first block has another time than the genesis"
    if expected.params is not None and _hash(signed, "consensus_hash") != expected.params:
        yield "the first block has other consensus parameters than the genesis"
    parent = read_block_id(get(signed.header, "last_block_id"), "header.last_block_id")
    if parent.hash:
        yield "the first block has a block before it"


def _valid_votes(
    signed: SignedHeader, chain_id: str, members: Sequence[Member]
) -> tuple[list[str], list[str]]:
    """(validators with a valid signature for this block, what is wrong with the votes)."""
    by_address = {member.id: member for member in members}
    signers: list[str] = []
    wrong: dict[str, None] = {}
    seen: set[str] = set()
    for flag, address, time_ns, signature in signed.votes:
        member = by_address.get(address)
        if address in seen:
            wrong[f"the commit has two votes of the validator {address}"] = None
            continue
        seen.add(address)
        if member is None:
            if members:
                wrong[f"{address} votes and is not a validator of this height"] = None
            continue
        if flag != FOR_BLOCK or member.key_type != ED25519:
            continue
        # The block is the one of the header, whatever block the commit names.
        block = BlockId(bytes.fromhex(signed.id), signed.block.parts_total, signed.block.parts_hash)
        message = vote_bytes(signed.height, signed.round, block, time_ns, chain_id)
        if _is_valid(member.key, signature, message):
            signers.append(address)
        else:
            wrong[f"the signature of {address} is not valid for this block"] = None
    sentences = list(wrong)
    more = [f"and {len(sentences) - _NAMED} votes more"] if len(sentences) > _NAMED else []
    return signers, sentences[:_NAMED] + more


def _is_valid(key: str, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _hash(signed: SignedHeader, name: str) -> str:
    return typed.hexadecimal(get(signed.header, name), f"header.{name}").hex().upper()
