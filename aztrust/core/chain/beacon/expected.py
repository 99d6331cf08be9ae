"""What an Ethereum network reports that started from a sealed `genesis.ssz`, from its bytes.

The sealed file is the genesis BeaconState in SSZ. Its root, the root of each field and the root of
the genesis block follow from it. Nothing else is needed: what a node was configured with is not in
it, and is neither compared nor claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from aztrust.core.base.errors import Malformed
from aztrust.core.chain.beacon.ssz import Value
from aztrust.core.chain.beacon.state import FAR_FUTURE, State, header_root, read_state
from aztrust.core.chain.facts import Expected, GenesisFact, Member

WHAT: Final = "the sealed genesis"
CONVENTION: Final = "beacon/genesis-projection/1"
KEY_TYPE: Final = "bls12-381"
UNIT: Final = 10**9
"""Gwei of effective balance that are one unit of power."""
MAX_STATE_BYTES: Final = 256 * 1024 * 1024
ROOT: Final = "state_root"
TIME: Final = "genesis_time"
SET: Final = "genesis_validators_root"


def expected(genesis: bytes) -> Expected:
    """What every node of the network must report.

    Args:
        genesis: the sealed file.

    Raises:
        Malformed: `genesis-malformed`, it is not a genesis state that a node would start from.
    """
    if len(genesis) > MAX_STATE_BYTES:
        _refuse(f"it has {len(genesis):,} bytes, and {MAX_STATE_BYTES:,} are read")
    try:
        state = read_state(genesis, WHAT)
    except Malformed as error:
        _refuse(error.message)
    value = state.value
    if value["slot"] != 0:
        _refuse(f"it is the state of slot {value['slot']}, and genesis is slot 0")
    if value[SET] != state.roots["validators"]:
        _refuse(f"its {SET} is not the root of the validators in it")
    if len(value["balances"]) != len(value["validators"]):
        _refuse("it has not as many balances as validators")
    members = _members(value["validators"])
    return Expected(
        network=hexadecimal(value[SET]),
        first_height=0,
        genesis=projection(state.roots, value[TIME], state.root),
        members=members,
        validators=hexadecimal(value[SET]),
        params=None,
        notes=() if members else ("no validator of the genesis state is active in epoch 0",),
        first_block=hexadecimal(genesis_block_root(state)),
    )


def projection(
    roots: Mapping[str, bytes], time: int, state_root: bytes, unknown: tuple[str, ...] = ()
) -> GenesisFact:
    """A genesis as parts that are compared.

    Args:
        roots: of the fields that are known, by name.
        time: the genesis time, in seconds since 1970.
        state_root: of the whole.
        unknown: the fields whose roots are not known.
    """
    parts = {name: hexadecimal(root) for name, root in roots.items()}
    parts |= {TIME: str(time), ROOT: hexadecimal(state_root)}
    return GenesisFact(CONVENTION, tuple(sorted(parts.items())), time * 1000, unknown)


def genesis_block_root(state: State) -> bytes:
    """The root of the block of slot 0: the header in the state, with the root of the state."""
    header: dict[str, Value] = dict(state.value["latest_block_header"])
    if not any(header["state_root"]):
        header["state_root"] = state.root
    return header_root(header)


def power_of(validator: Mapping[str, Value]) -> int:
    """The power of a validator, in units of 10^9 Gwei."""
    return int(validator["effective_balance"]) // UNIT


def hexadecimal(data: bytes) -> str:
    """As the beacon API writes bytes."""
    return f"0x{data.hex()}"


def _members(validators: Sequence[Mapping[str, Value]]) -> tuple[Member, ...]:
    """The validators that are active in epoch 0; a validator is named by its index."""
    return tuple(
        Member(str(index), power_of(one), one["pubkey"].hex(), KEY_TYPE, f"validator {index}")
        for index, one in enumerate(validators)
        if one["activation_epoch"] == 0 and 0 < one["exit_epoch"] <= FAR_FUTURE
    )


def _refuse(why: str) -> NoReturn:
    raise Malformed(
        f"the genesis cannot be used: {why}",
        subject=WHAT,
        mend="seal the genesis.ssz from which the nodes start (BeaconState in SSZ, not compressed)",
        code="genesis-malformed",
    )
