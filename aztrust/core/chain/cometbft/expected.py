"""What a CometBFT network reports that started from a sealed genesis, computed from its bytes.

The first validator set is what the file lists; or, for a chain of the Cosmos SDK whose
application makes it, what its genesis transactions stake or what an exported state names. Where
the file does not say it, it is unknown, and a note says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from aztrust.core.base.errors import Malformed
from aztrust.core.base.text import cut
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.cometbft.hashes import (
    ED25519,
    consensus_hash,
    ed25519_address,
    validators_hash,
)
from aztrust.core.chain.cometbft.projection import (
    MAX_VALIDATORS,
    consensus_params,
    parse_genesis,
    project,
)
from aztrust.core.chain.cometbft.sets import member
from aztrust.core.chain.facts import Expected, Member
from aztrust.core.genesis.bech32 import decode_bech32
from aztrust.core.genesis.identities import folded
from aztrust.core.genesis.validators import (
    Validator,
    created_by,
    gen_txs,
    key_text,
    listed_validators,
)
from aztrust.core.linkage.jsondoc import JsonValue, decimal_integer, elements, get, string

WHAT: Final = "the sealed genesis"
_AMINO_ED25519: Final = bytes.fromhex("1624de6420")
_EXPORTED: Final = ("app_state", "staking")


def expected(genesis: bytes, options: ChainOptions) -> Expected:
    """What every node of the network must report.

    Args:
        genesis: the sealed file.
        options: from the policy.

    Raises:
        Malformed: `genesis-malformed`, it is not a genesis that a CometBFT node would start from.
    """
    document = parse_genesis(genesis, WHAT)
    fact = project(genesis, WHAT, document)
    if "genesis_time" in fact.unknown:
        _refuse("it has no genesis_time: each node would take the time of its own start")
    try:
        members, notes = _members(document, options)
        _check_set(members)
        params, about_params = _params_hash(consensus_params(document))
    except Malformed as error:
        if error.code:
            raise
        _refuse(error.message)
    total = validators_hash(members) if members else None
    if members and total is None:
        kinds = sorted({item.key_type for item in members if item.key_type != ED25519})
        notes += (f"validators have keys of the type {', '.join(kinds)}: no hash is computed",)
    parts = dict(fact.parts)
    height = int(parts["initial_height"])
    return Expected(parts["chain_id"], height, fact, members, total, params, notes + about_params)


def _refuse(why: str) -> NoReturn:
    raise Malformed(
        f"the genesis cannot be used: {why}",
        subject=WHAT,
        mend="correct the genesis, then seal, approve and freeze it again",
        code="genesis-malformed",
    )


def listed_members(listed: Sequence[JsonValue]) -> tuple[Member, ...]:
    """The validators that a genesis lists.

    Raises:
        Malformed: one of them is not a validator that a node would accept.
    """
    return tuple(member(item, f"validators/{n}", "power") for n, item in enumerate(listed))


def _members(
    document: JsonValue, options: ChainOptions
) -> tuple[tuple[Member, ...], tuple[str, ...]]:
    listed = listed_validators(document)
    if listed:
        return listed_members(listed), ()
    exported = get(document, *_EXPORTED)
    if elements(get(exported, "validators")):
        return _exported(exported)
    txs = gen_txs(document)
    if not txs:
        return (), ("the genesis names no validators: the application decides who they are",)
    return _staked(txs, exported, options.power_reduction)


def _staked(
    txs: Sequence[JsonValue], staking: JsonValue, reduction: int
) -> tuple[tuple[Member, ...], tuple[str, ...]]:
    """From genesis transactions, as the staking module orders and cuts them."""
    found: list[tuple[Validator, bytes]] = []
    for number, tx in enumerate(txs):
        created = [validator for validator, _ in created_by(tx)]
        keys = [_key_bytes(validator.key) for validator in created]
        if not created or b"" in keys:
            return (), (f"gen_tx {number} creates no validator with an Ed25519 key",)
        found += zip(created, keys, strict=True)
    powered = [
        (-(validator.power // reduction), _operator(validator), validator, key)
        for validator, key in found
    ]
    powered.sort(key=lambda item: item[:2])
    most = decimal_integer(get(staking, "params", "max_validators")) or MAX_VALIDATORS
    chosen = [item for item in powered if item[0] < 0][:most]
    members = tuple(_member(key, -power, v.moniker) for power, _, v, key in chosen)
    if not members:
        return (), ("no gen_tx stakes as much as one unit of voting power",)
    left_out = len(found) - len(members)
    notes = (f"{left_out} gen_txs create no validator of the first set",) if left_out else ()
    return members, notes


def _exported(staking: JsonValue) -> tuple[tuple[Member, ...], tuple[str, ...]]:
    """From the state of a chain that ran before: the powers that it ended with."""
    powers = {
        string(get(item, "address")): decimal_integer(get(item, "power"))
        for item in elements(get(staking, "last_validator_powers"))
    }
    if get(staking, "exported") is not True or not powers:
        return (), ("the exported state does not name the last powers of its validators",)
    members = []
    for item in elements(get(staking, "validators")):
        power = powers.pop(string(get(item, "operator_address")), 0)
        if power is None:
            return (), ("a power of the exported state is not a whole number",)
        if power <= 0:
            continue
        key = _key_bytes(key_text(get(item, "consensus_pubkey")))
        if not key:
            return (), ("a validator of the exported state has no Ed25519 key",)
        members.append(_member(key, power, string(get(item, "description", "moniker"))))
    if powers:
        return (), ("the exported state names powers of validators that it does not hold",)
    return tuple(members), ()


def _member(key: bytes, power: int, moniker: str) -> Member:
    address = ed25519_address(key)
    return Member(address, power, key.hex(), ED25519, moniker or address)


def _operator(validator: Validator) -> bytes:
    decoded = decode_bech32(validator.operator)
    return decoded[1] if decoded is not None else validator.operator.encode()


def _key_bytes(written: str) -> bytes:
    """An Ed25519 key, in base64 or in the bech32 of older SDK versions; b"" where it is not one."""
    decoded = decode_bech32(written)
    if decoded is not None:
        key = decoded[1].removeprefix(_AMINO_ED25519)
        return key if len(key) == typed.KEY_BYTES and key != decoded[1] else b""
    digits = folded(written)
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        return b""
    return key if len(key) == typed.KEY_BYTES else b""


def _check_set(members: Sequence[Member]) -> None:
    if len(members) > MAX_VALIDATORS:
        _refuse(f"it has {len(members)} validators, and {MAX_VALIDATORS} are read")
    seen: set[str] = set()
    for item in members:
        if item.key in seen:
            _refuse(f"the key of {cut(item.shown, 70)} is in it twice")
        if item.id in seen:
            _refuse(f"the address {item.id} is in it twice")
        seen |= {item.key, item.id or item.key}
    total = sum(item.power for item in members)
    if total > typed.MAX_POWER:
        _refuse(f"the power of all validators is {total}, and may be {typed.MAX_POWER}")


def _params_hash(params: JsonValue) -> tuple[str | None, tuple[str, ...]]:
    if params is None:
        why = "the genesis leaves the consensus parameters to the defaults of the node's version"
        return None, (why,)
    block = typed.below(params, "consensus_params", "block")
    place = "consensus_params/block"
    # -1 means without a limit.
    max_bytes = typed.whole(get(block, "max_bytes"), f"{place}/max_bytes", least=-1)
    max_gas = typed.whole(get(block, "max_gas"), f"{place}/max_gas", least=-1)
    if max_bytes == 0:
        _refuse(f"{place}/max_bytes is 0, with which no node starts")
    return consensus_hash(max_bytes, max_gas), ()
