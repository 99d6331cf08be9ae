"""The beacon state of each fork, and which fork and preset a serialized genesis state has.

The bytes do not name their fork. The first offset in them says how long the fixed part is, and that
length is another one for each fork and preset, but for Deneb, whose execution header is longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.chain import typed
from aztrust.core.chain.beacon.ssz import (
    Bits,
    ByteList,
    Bytes,
    Flag,
    Kind,
    Nothing,
    Record,
    Uint,
    Value,
    list_of,
    vector,
)

Fork = Literal["phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu"]
FORKS: Final[tuple[Fork, ...]] = (
    "phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu",
)  # fmt: skip
FAR_FUTURE: Final = 2**64 - 1
_U64: Final = Uint(8)
_B32: Final = Bytes(32)
_KEY: Final = Bytes(48)
_SIGNATURE: Final = Bytes(96)
_REGISTRY: Final = 2**40
_HISTORY: Final = 2**24
_PAYLOAD: Final = "latest_execution_payload_header"


@frozen
class Preset:
    """The sizes that a network is compiled with.

    Args:
        name: as clients call it.
        slots_per_epoch: slots of one epoch.
        historical: block and state roots that are kept.
        mixes: random mixes that are kept.
        slashings: epochs of slashings that are kept.
        eth1_epochs: epochs of one voting period.
        committee: members of a sync committee.
        withdrawals: pending partial withdrawals.
        consolidations: pending consolidations.
    """

    name: str
    slots_per_epoch: int
    historical: int
    mixes: int
    slashings: int
    eth1_epochs: int
    committee: int
    withdrawals: int
    consolidations: int


MAINNET: Final = Preset("mainnet", 32, 8192, 65536, 8192, 64, 512, 2**27, 2**18)
MINIMAL: Final = Preset("minimal", 8, 64, 64, 64, 4, 32, 64, 64)
PRESETS: Final = (MAINNET, MINIMAL)

FORK: Final = Record(previous_version=Bytes(4), current_version=Bytes(4), epoch=_U64)
HEADER: Final = Record(
    slot=_U64, proposer_index=_U64, parent_root=_B32, state_root=_B32, body_root=_B32
)
VALIDATOR: Final = Record(
    pubkey=_KEY,
    withdrawal_credentials=_B32,
    effective_balance=_U64,
    slashed=Flag(),
    activation_eligibility_epoch=_U64,
    activation_epoch=_U64,
    exit_epoch=_U64,
    withdrawable_epoch=_U64,
)
VALIDATORS: Final = list_of(VALIDATOR, _REGISTRY)
_ETH1: Final = Record(deposit_root=_B32, deposit_count=_U64, block_hash=_B32)
_CHECKPOINT: Final = Record(epoch=_U64, root=_B32)


@cache
def state_kind(fork: Fork, preset: Preset) -> Record:
    """The beacon state of a fork."""
    since = FORKS.index(fork)
    slots = preset.slots_per_epoch
    fields: dict[str, Kind] = {
        "genesis_time": _U64,
        "genesis_validators_root": _B32,
        "slot": _U64,
        "fork": FORK,
        "latest_block_header": HEADER,
        "block_roots": vector(_B32, preset.historical),
        "state_roots": vector(_B32, preset.historical),
        "historical_roots": list_of(_B32, _HISTORY),
        "eth1_data": _ETH1,
        "eth1_data_votes": list_of(_ETH1, preset.eth1_epochs * slots),
        "eth1_deposit_index": _U64,
        "validators": VALIDATORS,
        "balances": list_of(_U64, _REGISTRY),
        "randao_mixes": vector(_B32, preset.mixes),
        "slashings": vector(_U64, preset.slashings),
    }
    if fork == "phase0":
        fields["previous_epoch_attestations"] = Nothing(128 * slots)
        fields["current_epoch_attestations"] = Nothing(128 * slots)
    else:
        fields["previous_epoch_participation"] = list_of(Uint(1), _REGISTRY)
        fields["current_epoch_participation"] = list_of(Uint(1), _REGISTRY)
    fields |= {
        "justification_bits": Bits(4),
        "previous_justified_checkpoint": _CHECKPOINT,
        "current_justified_checkpoint": _CHECKPOINT,
        "finalized_checkpoint": _CHECKPOINT,
    }
    if since >= FORKS.index("altair"):
        committee = Record(pubkeys=vector(_KEY, preset.committee), aggregate_pubkey=_KEY)
        fields["inactivity_scores"] = list_of(_U64, _REGISTRY)
        fields["current_sync_committee"] = committee
        fields["next_sync_committee"] = committee
    if since >= FORKS.index("bellatrix"):
        fields[_PAYLOAD] = _payload_header(since)
    if since >= FORKS.index("capella"):
        fields["next_withdrawal_index"] = _U64
        fields["next_withdrawal_validator_index"] = _U64
        summary = Record(block_summary_root=_B32, state_summary_root=_B32)
        fields["historical_summaries"] = list_of(summary, _HISTORY)
    if since >= FORKS.index("electra"):
        fields |= _electra(preset)
    if since >= FORKS.index("fulu"):
        fields["proposer_lookahead"] = vector(_U64, 2 * slots)
    return Record(**fields)


def _payload_header(since: int) -> Record:
    fields: dict[str, Kind] = {
        "parent_hash": _B32,
        "fee_recipient": Bytes(20),
        "state_root": _B32,
        "receipts_root": _B32,
        "logs_bloom": Bytes(256),
        "prev_randao": _B32,
        "block_number": _U64,
        "gas_limit": _U64,
        "gas_used": _U64,
        "timestamp": _U64,
        "extra_data": ByteList(32),
        "base_fee_per_gas": Uint(32),
        "block_hash": _B32,
        "transactions_root": _B32,
    }
    if since >= FORKS.index("capella"):
        fields["withdrawals_root"] = _B32
    if since >= FORKS.index("deneb"):
        fields["blob_gas_used"] = _U64
        fields["excess_blob_gas"] = _U64
    return Record(**fields)


def _electra(preset: Preset) -> dict[str, Kind]:
    deposit = Record(
        pubkey=_KEY, withdrawal_credentials=_B32, amount=_U64, signature=_SIGNATURE, slot=_U64
    )
    withdrawal = Record(validator_index=_U64, amount=_U64, withdrawable_epoch=_U64)
    consolidation = Record(source_index=_U64, target_index=_U64)
    return {
        "deposit_requests_start_index": _U64,
        "deposit_balance_to_consume": _U64,
        "exit_balance_to_consume": _U64,
        "earliest_exit_epoch": _U64,
        "consolidation_balance_to_consume": _U64,
        "earliest_consolidation_epoch": _U64,
        "pending_deposits": list_of(deposit, 2**27),
        "pending_partial_withdrawals": list_of(withdrawal, preset.withdrawals),
        "pending_consolidations": list_of(consolidation, preset.consolidations),
    }


@frozen
class State:
    """A state that was read.

    Args:
        fork, preset: by the length of its fixed part.
        value: its fields.
        roots: of its fields.
        root: of the state.
    """

    fork: Fork
    preset: Preset
    value: Mapping[str, Value]
    roots: Mapping[str, bytes]
    root: bytes


def read_state(data: bytes, what: str) -> State:
    """The state that these bytes are.

    Raises:
        Malformed: they are not a state of a fork and preset that is known.
    """
    known = next((one for one in _layouts() if _has_layout(data, what, *one)), None)
    if known is None:
        typed.refuse(what, "is not a BeaconState in SSZ of a fork and preset that is known")
    fork, preset = known
    kind = state_kind(fork, preset)
    value = kind.read(data, what)
    roots = kind.roots(value)
    return State(fork, preset, value, roots, kind.root_of(roots))


def header_root(header: Mapping[str, Value]) -> bytes:
    """The root of a block, which is the one of its header."""
    return HEADER.root(dict(header))


@cache
def all_fields() -> tuple[str, ...]:
    """The names of the fields of any fork, each once."""
    names = (name for fork in FORKS for name in state_kind(fork, MAINNET).fields)
    return tuple(dict.fromkeys(names))


@cache
def _layouts() -> tuple[tuple[Fork, Preset], ...]:
    return tuple((fork, preset) for preset in PRESETS for fork in FORKS)


def _has_layout(data: bytes, what: str, fork: Fork, preset: Preset) -> bool:
    kind = state_kind(fork, preset)
    if len(data) < kind.fixed or not kind.starts_like(data):
        return False
    payload = kind.fields.get(_PAYLOAD)
    # Capella and Deneb differ only inside this field.
    return not isinstance(payload, Record) or payload.starts_like(kind.split(data, what)[_PAYLOAD])
