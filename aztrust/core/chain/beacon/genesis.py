"""The genesis that a beacon node serves, as parts that are compared with the sealed state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import Unreachable
from aztrust.core.chain.beacon.answers import Session
from aztrust.core.chain.beacon.expected import SET, power_of, projection
from aztrust.core.chain.beacon.ssz import Uint, Value, list_of
from aztrust.core.chain.beacon.state import (
    FORK,
    FORKS,
    PRESETS,
    VALIDATOR,
    VALIDATORS,
    all_fields,
    state_kind,
)
from aztrust.core.chain.facts import GenesisFact
from aztrust.core.chain.session import NotServed
from aztrust.core.linkage.jsondoc import get

MAX_VALIDATORS: Final = 100_000
_WHOLE_STATE: Final = 4096
"""With more validators the whole state is not asked for."""
_GENESIS: Final = "/eth/v1/beacon/states/genesis"
_DEBUG: Final = "/eth/v2/debug/beacon/states/genesis"
_BALANCES: Final = list_of(Uint(8), VALIDATORS.limit)


@frozen
class Served:
    """What a node serves of its genesis.

    Args:
        fact: the parts that are compared.
        powers: of each validator by its index, None where they are not served.
        alike: the power of each one, where all are active and have the same; else None.
    """

    fact: GenesisFact
    powers: tuple[int, ...] | None
    alike: int | None


def read_genesis(session: Session, time: int, set_root: bytes, slots_per_epoch: int) -> Served:
    """The genesis of a node.

    The root of its state is needed. Validators, fork and the state itself are an offer: fields
    that a node does not serve are unknown.

    Args:
        session: asks the node.
        time, set_root: as it serves them.
        slots_per_epoch: by which its preset is known.

    Raises:
        Unreachable, NotServed, Malformed: as `Session.ask`, of the root.
    """
    answer = session.ask(f"{_GENESIS}/root")
    root = typed.prefixed(get(answer, "root"), "states/genesis/root", 32)
    roots = {SET: set_root}
    powers: tuple[int, ...] | None = None
    alike: int | None = None
    listed = _offered(lambda: _served_validators(session))
    if listed is not None:
        validators, balances = listed
        roots |= {"validators": VALIDATORS.root(validators), "balances": _BALANCES.root(balances)}
        powers = tuple(map(power_of, validators))
        if len(set(powers)) == 1 and all(one["activation_epoch"] == 0 for one in validators):
            alike = powers[0]
    fork = _offered(lambda: FORK.from_json(session.ask(f"{_GENESIS}/fork"), "states/genesis/fork"))
    if fork is not None:
        roots["fork"] = FORK.root(fork)
    if powers is not None and len(powers) <= _WHOLE_STATE:
        roots |= _offered(lambda: _whole(session, root, slots_per_epoch)) or {}
    unknown = tuple(name for name in all_fields() if name not in roots and name != "genesis_time")
    return Served(projection(roots, time, root, unknown), powers, alike)


def _served_validators(session: Session) -> tuple[Sequence[Value], Sequence[int]]:
    """(validators, balances), in the order of their index."""
    answer = session.ask(f"{_GENESIS}/validators")
    validators, balances = [], []
    for number, item in enumerate(typed.listed(answer, "validators", MAX_VALIDATORS)):
        place = f"validators.{number}"
        if typed.whole(get(item, "index"), f"{place}.index") != number:
            typed.refuse(f"{place}.index", f"is not {number}")
        validators.append(VALIDATOR.from_json(get(item, "validator"), f"{place}.validator"))
        balances.append(typed.whole(get(item, "balance"), f"{place}.balance", most=2**64 - 1))
    return validators, balances


def _whole(session: Session, root: bytes, slots_per_epoch: int) -> dict[str, bytes]:
    """The roots of all fields, where the state that is served has the root that is served."""
    document = session.ask(_DEBUG)
    preset = next((one for one in PRESETS if one.slots_per_epoch == slots_per_epoch), None)
    if preset is None:
        return {}
    for fork in FORKS:
        kind = state_kind(fork, preset)
        if isinstance(document, dict) and document.keys() == kind.fields.keys():
            roots = _offered(lambda kind=kind: kind.roots(kind.from_json(document, "the state")))  # type: ignore[misc]
            if roots is not None and kind.root_of(roots) == root:
                return dict(roots)
    return {}


def _offered(ask: Callable[[], Value]) -> Value | None:
    """What a node offers; None where it does not, or where it is not what the API defines."""
    try:
        return ask()
    except (Malformed, NotServed, Unreachable):
        return None
