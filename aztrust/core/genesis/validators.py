"""Who holds the power in a Cosmos genesis: gen_txs, exported validators, CometBFT validators.

Weighing is by voting power, never by head count: what a reviewer needs is how few validators can
stop the chain (more than 1/3) and how few can decide for it (more than 2/3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aztrust.core.base.text import cut
from aztrust.core.base.value import frozen
from aztrust.core.linkage.jsondoc import JsonValue, decimal_integer, elements, get, string


@frozen
class Validator:
    """One validator. `power` is in the unit of its set; `key` the consensus key as written."""

    moniker: str
    power: int
    key: str
    operator: str = ""


@frozen
class ValidatorSet:
    """Validators, largest first, then by moniker and key.

    `unit` is "<denom> staked" or "voting power"; `gen_txs` how many of them come from gen_txs;
    `notes` what could not be read, in sentences.
    """

    validators: tuple[Validator, ...] = ()
    unit: str = ""
    gen_txs: int = 0
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All power together."""
        return sum(v.power for v in self.validators)

    @property
    def third(self) -> int:
        """How many of the largest hold more than 1/3 together; 0 without power."""
        return self._count_above(1, 3)

    @property
    def two_thirds(self) -> int:
        """How many of the largest hold more than 2/3 together; 0 without power."""
        return self._count_above(2, 3)

    def _count_above(self, numerator: int, denominator: int) -> int:
        total, held = self.total, 0
        for count, validator in enumerate(self.validators, start=1):
            held += validator.power
            if held * denominator > total * numerator:
                return count
        return 0


def read_validators(genesis: JsonValue) -> ValidatorSet:
    """The validators a genesis starts with.

    Staked tokens (gen_txs, and bonded validators of an exported state) come first; the top-level
    `validators` of CometBFT count where there are none, because exports repeat the same
    validators there in another unit.
    """
    notes: list[str] = []
    txs = gen_txs(genesis)
    denoms: set[str] = set()
    staked: list[Validator] = []
    for tx in txs:
        created = tuple(created_by(tx))
        staked += [validator for validator, _ in created]
        denoms.update(denom for _, denom in created)
        if not created:
            notes.append("a gen_tx holds no MsgCreateValidator that can be read")
    from_txs = len(staked)
    exported = get(genesis, "app_state", "staking", "validators")
    for item in elements(exported):
        tokens = decimal_integer(get(item, "tokens"))
        if get(item, "status") not in (2, "BOND_STATUS_BONDED"):
            continue
        if tokens is None or tokens < 0:
            notes.append("a bonded validator has no number of tokens that can be read")
            continue
        denoms.add(string(get(genesis, "app_state", "staking", "params", "bond_denom")))
        moniker = string(get(item, "description", "moniker"))
        key = key_text(get(item, "consensus_pubkey"))
        staked.append(Validator(moniker, tokens, key, string(get(item, "operator_address"))))
    if staked:
        if len(denoms) > 1:
            named = ", ".join(cut(denom, 40) for denom in sorted(denoms)[:5])
            notes.append(f"gen_txs stake different denominations: {named}")
        unit = f"{min(denoms)} staked" if len(denoms) == 1 else "tokens staked"
        return ValidatorSet(_sorted(staked), unit, from_txs, _counted(notes))
    powered = []
    listed = listed_validators(genesis)
    if listed and elements(get(genesis, "validators")) and get(genesis, "consensus", "validators"):
        notes.append("validators are in it twice: in validators and in consensus.validators")
    for item in listed:
        power = decimal_integer(get(item, "power"))
        if power is None or power < 0:
            notes.append("a validator has no power that can be read")
            continue
        key, address = key_text(get(item, "pub_key")), string(get(item, "address"))
        powered.append(Validator(string(get(item, "name")), power, key, address))
    unit = "voting power" if powered else ""
    return ValidatorSet(_sorted(powered), unit, 0, _counted(notes))


def listed_validators(genesis: JsonValue) -> list[JsonValue]:
    """The validators of CometBFT; Cosmos SDK 0.50 keeps them below `consensus`."""
    listed = elements(get(genesis, "validators"))
    return listed or elements(get(genesis, "consensus", "validators"))


GEN_TX_PLACES: Final = (
    ("app_state", "genutil", "gen_txs"),
    ("app_state", "genutil", "gentxs"),
    ("app_state", "gentxs"),
    ("app_state", "gen_txs"),
)
"""Where Cosmos SDK versions have kept genesis transactions, newest first."""


def gen_txs(genesis: JsonValue) -> list[JsonValue]:
    """The genesis transactions: the first list of `GEN_TX_PLACES` that is not empty."""
    return next((found for p in GEN_TX_PLACES if (found := elements(get(genesis, *p)))), [])


def shared_gen_txs_place(old: JsonValue, new: JsonValue) -> tuple[str, ...] | None:
    """The path whose two lists are all gen_txs of both documents, if there is one.

    Comparing the gen_txs of the two then compares everything at that path.
    """
    for place in GEN_TX_PLACES:
        pairs = ((get(genesis, *place), gen_txs(genesis)) for genesis in (old, new))
        if all(isinstance(at, list) and (at is txs or not (at or txs)) for at, txs in pairs):
            return place
    return None


def created_by(tx: JsonValue) -> Iterator[tuple[Validator, str]]:
    """Each MsgCreateValidator of a gen_tx, protobuf or amino shape, and the denomination staked."""
    for message in elements(get(tx, "body", "messages")) or elements(get(tx, "value", "msg")):
        name = string(get(message, "@type")) or string(get(message, "type"))
        if not name.endswith("MsgCreateValidator"):
            continue
        body = message if get(message, "@type") is not None else get(message, "value")
        # SDK 0.30 and before called the self-delegation `delegation`.
        coin = get(body, "value") or get(body, "delegation")
        amount = decimal_integer(get(coin, "amount"))
        if amount is None or amount < 0:
            continue
        moniker = string(get(body, "description", "moniker"))
        operator = string(get(body, "validator_address"))
        key = key_text(get(body, "pubkey"))
        yield Validator(moniker, amount, key, operator), string(get(coin, "denom"))


def key_text(value: JsonValue) -> str:
    """A public key as it is written, in any of the shapes that SDK versions give it; else ""."""
    return string(value) or string(get(value, "key")) or string(get(value, "value"))


def _sorted(validators: Iterable[Validator]) -> tuple[Validator, ...]:
    return tuple(sorted(validators, key=lambda v: (-v.power, v.moniker, v.key, v.operator)))


def _counted(notes: list[str]) -> tuple[str, ...]:
    """Equal sentences once, with how often."""
    return tuple(
        note if notes.count(note) == 1 else f"{note} ({notes.count(note)} times)"
        for note in dict.fromkeys(notes)
    )
