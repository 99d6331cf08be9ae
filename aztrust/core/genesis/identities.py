"""Identities that a genesis lists twice, compared in the form in which the chain reads them.

A chain reads `0xAB…` and `ab…` as one address, upper-case and lower-case Bech32 as one account,
and base64 and hexadecimal as one key. A genesis that lists one of them twice does not start, or
the last one wins in silence. Identities are compared in the one form that the chain makes of them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Final

from aztrust.core.base.text import cut
from aztrust.core.genesis.validators import created_by, gen_txs, key_text, listed_validators
from aztrust.core.linkage.jsondoc import JsonValue, elements, get, members, string

NAMED: Final = 5
"""Identities of one kind that are named; the others are counted."""

_ADDRESS_DIGITS: Final = 40
_SLOT_DIGITS: Final = 64
_KEY_BYTES: Final = 32
_HEX: Final = re.compile(r"(?:0[xX])?[0-9a-fA-F]*")
# The accounts of the SDK wrap each other: a vesting account has a base account inside it.
_WRAPPERS: Final = (
    "base_account",
    "base_vesting_account",
    "value",
    "BaseAccount",
    "BaseVestingAccount",
)
_DEPTH: Final = 6


def repeated_identities(genesis: JsonValue) -> tuple[str, ...]:
    """One sentence for each kind of identity that occurs twice; () for a genesis without any.

    Args:
        genesis: a parsed Cosmos, Ethereum or Substrate genesis; another document has no
            identities that are known here.
    """
    state = get(genesis, "app_state")
    created = [v for tx in gen_txs(genesis) for v, _ in created_by(tx)]
    exported = elements(get(state, "staking", "validators"))
    powered = listed_validators(genesis)
    accounts = elements(get(state, "auth", "accounts"))
    older = elements(get(state, "accounts"))
    balances = elements(get(state, "bank", "balances"))
    kinds: tuple[tuple[str, Iterable[str]], ...] = (
        (
            "validator operator",
            [v.operator for v in created] + [string(get(v, "operator_address")) for v in exported],
        ),
        (
            "consensus key",
            [v.key for v in created] + [key_text(get(v, "consensus_pubkey")) for v in exported],
        ),
        ("consensus key in validators", (key_text(get(v, "pub_key")) for v in powered)),
        ("account", map(_account_address, accounts)),
        ("account in app_state.accounts", map(_account_address, older)),
        ("balance of an account", (string(get(b, "address")) for b in balances)),
    )
    found = [_sentence(kind, _twice(map(folded, texts))) for kind, texts in kinds]
    alloc = members(get(genesis, "alloc"))
    found.append(_sentence("address in alloc", _twice(_hex(a, _ADDRESS_DIGITS) for a in alloc)))
    found.append(_sentence("storage slot in alloc", _slots(alloc)))
    found += _substrate(get(genesis, "genesis"))
    return tuple(filter(None, found))


_LISTED: Final = ("authorities", "balances", "invulnerables", "keys", "stakers", "validators")
"""Lists of a Substrate chain specification whose first text is an account or a key."""


def _substrate(state: JsonValue) -> list[str]:
    """The lists below `genesis` of a chain specification, whichever pallet they belong to."""
    found: list[str] = []
    waiting = [(state, 0)]
    while waiting:
        this, depth = waiting.pop(0)
        for name, value in members(this).items():
            if name in _LISTED:
                firsts = ((e[0] if isinstance(e, list) and e else e) for e in elements(value))
                found.append(_sentence(f"entry of {name}", _twice(map(string, firsts))))
            if depth < _DEPTH and isinstance(value, dict):
                waiting.append((value, depth + 1))
    return found


def _twice(names: Iterable[str]) -> list[str]:
    """What occurs more than once, in the order in which that is seen; "" is not an identity."""
    seen: set[str] = set()
    again: dict[str, None] = {}
    for name in names:
        if name in seen:
            again[name] = None
        elif name:
            seen.add(name)
    return list(again)


def _sentence(kind: str, twice: list[str]) -> str:
    if not twice:
        return ""
    named = ", ".join(cut(name, 70) for name in twice[:NAMED])
    more = f", +{len(twice) - NAMED:,} more" if len(twice) > NAMED else ""
    return f"the same {kind} is in it twice: {named}{more}"


def folded(text: str) -> str:
    """A key as its bytes, an address in lower case; both without spaces around them."""
    bare = text.strip()
    return _key_bytes(bare) or bare.lower()


def _key_bytes(text: str) -> str:
    """The 32 bytes of a consensus key in hexadecimal, "" where the text is not such a key."""
    if _HEX.fullmatch(text):
        digits = text[2:] if text[:2] in ("0x", "0X") else text
        return digits.lower() if len(digits) == 2 * _KEY_BYTES else ""
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    # 32 bytes have 43 letters of base64 and, where it is written, one sign of padding.
    if len(bare) != 43:
        return ""
    try:
        return base64.b64decode(bare + "=").hex()
    except (binascii.Error, ValueError):
        return ""


def _hex(text: str, digits: int) -> str:
    """As an Ethereum client reads it: without `0x`, in lower case, padded on the left."""
    bare = text[2:] if text[:2] in ("0x", "0X") else text
    return "0x" + bare.lower().rjust(digits, "0")


def _slots(alloc: dict[str, JsonValue]) -> list[str]:
    twice: list[str] = []
    for address, account in alloc.items():
        slots = members(get(account, "storage"))
        again = _twice(_hex(slot, _SLOT_DIGITS) for slot in slots)
        twice += (f"{cut(address, 44)} slot {slot.lstrip('0x') or '0'}" for slot in again)
    return twice


def _account_address(account: JsonValue) -> str:
    return next(_addresses(account), "")


def _addresses(account: JsonValue) -> Iterator[str]:
    waiting = [(account, 0)]
    while waiting:
        this, depth = waiting.pop(0)
        address = string(get(this, "address"))
        if address:
            yield address
        if depth < _DEPTH:
            inner = (get(this, name) for name in _WRAPPERS)
            waiting += ((value, depth + 1) for value in inner if isinstance(value, dict))
