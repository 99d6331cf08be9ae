"""Validator sets that a node serves."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.text import cut
from aztrust.core.chain import typed
from aztrust.core.chain.cometbft.answers import Session
from aztrust.core.chain.cometbft.hashes import ED25519, ed25519_address
from aztrust.core.chain.cometbft.projection import MAX_VALIDATORS
from aztrust.core.chain.facts import Member
from aztrust.core.linkage.jsondoc import JsonValue, get

_PAGE: Final = 100
_TYPES: Final = {
    "tendermint/PubKeyEd25519": ED25519,
    "cometbft/PubKeyEd25519": ED25519,
    "tendermint/PubKeySecp256k1": "secp256k1",
    "cometbft/PubKeySecp256k1": "secp256k1",
}


def member(item: JsonValue, place: str, power_key: str) -> Member:
    """A validator of a genesis or of an answer. The address of an Ed25519 key is computed.

    Args:
        item: its JSON.
        place: where it is, for messages.
        power_key: the member that has the power.

    Raises:
        Malformed: it is not one, or its address is not the one of its key.
    """
    key = typed.below(item, place, "pub_key")
    kind = typed.text(get(key, "type"), f"{place}/pub_key/type")
    value = typed.base64_bytes(get(key, "value"), f"{place}/pub_key/value")
    power = typed.whole(get(item, power_key), f"{place}/{power_key}", 1, typed.MAX_POWER)
    written = typed.text(get(item, "address") or "", f"{place}/address").upper()
    name = typed.text(get(item, "name") or "", f"{place}/name", 10_000)
    known = _TYPES.get(kind, cut(kind, 60))
    if known != ED25519:
        return Member(written, power, value.hex(), known, name or written)
    if len(value) != typed.KEY_BYTES:
        typed.refuse(f"{place}/pub_key/value", f"has {len(value)} bytes, and an Ed25519 key has 32")
    address = ed25519_address(value)
    if written not in ("", address):
        typed.refuse(f"{place}/address", f"is {cut(written, 50)}, and its key has {address}")
    return Member(address, power, value.hex(), ED25519, name or address)


def served_members(session: Session, height: int) -> tuple[Member, ...]:
    """The validator set of a height, from all its pages.

    Raises:
        Unreachable, NotServed, Malformed: as `Session.ask`.
    """
    found: list[JsonValue] = []
    page = 1
    while True:
        answer = session.ask(f"/validators?height={height}&per_page={_PAGE}&page={page}")
        total = typed.whole(get(answer, "total"), "validators.total", most=MAX_VALIDATORS)
        items = typed.listed(get(answer, "validators"), "validators", _PAGE)
        found += items
        if len(found) >= total:
            break
        if not items:
            typed.refuse("validators", f"has {len(found)} of {total}, and page {page} is empty")
        page += 1
    return tuple(member(item, f"validators/{n}", "voting_power") for n, item in enumerate(found))
