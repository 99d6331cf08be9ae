"""What a person reviews in a genesis file, computed from its bytes alone.

A Cosmos or Ethereum genesis yields its facts, any other JSON its chain id, anything else its
size: every genesis can be sealed by its bytes. Facts are canonical data, stored in the manifest:
amounts are decimal strings, times UTC, lists sorted, so that two sealers write the same bytes.
"""

from __future__ import annotations

from typing import Final, Literal, NoReturn, TypeAlias

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.base.times import NANOSECONDS, format_rfc3339, parse_rfc3339, parse_unix_seconds
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.genesis.identities import repeated_identities
from aztrust.core.genesis.validators import ValidatorSet, read_validators
from aztrust.core.linkage.documents import Document, format_of, parse_document
from aztrust.core.linkage.jsondoc import (
    JsonValue,
    elements,
    get,
    integer,
    looks_like_json,
    members,
    parse_json,
    refuse_lookalike_keys,
    string,
    text_of,
)
from aztrust.core.linkage.jsonpointer import parse_pointer, point

WEI = "wei"


@frozen
class Supply:
    """Amounts by denomination, sorted. `source` is where they are; "" when there are none.

    `accounts` is None where the genesis has no list of accounts.
    """

    amounts: tuple[tuple[str, int], ...] = ()
    source: str = ""
    accounts: int | None = None
    notes: tuple[str, ...] = ()


def read_cosmos_supply(genesis: JsonValue) -> Supply:
    """Bank supply where it is written, else the sum of balances; both must agree to be silent."""
    state = get(genesis, "app_state")
    declared, unread = _sum_coins([get(state, "bank", "supply")])
    holders = elements(get(state, "bank", "balances"))
    balances = [get(item, "coins") for item in holders]
    source = "app_state.bank.balances"
    if not holders:
        holders = elements(get(state, "accounts")) or elements(get(state, "auth", "accounts"))
        balances = [get(i, "coins") or get(i, "value", "coins") for i in holders]
        source = "accounts"
    held, unread_held = _sum_coins(balances)
    listed = elements(get(state, "auth", "accounts")) or elements(get(state, "accounts")) or holders
    accounts = len(listed) if isinstance(state, dict) else None
    notes = []
    if unread + unread_held:
        notes.append(f"{unread + unread_held} coins have no amount that can be read")
    if declared and held and declared != held:
        differing = sorted(d for d in declared.keys() | held if declared.get(d) != held.get(d))
        named = ", ".join(cut(denom, 40) for denom in differing[:5])
        notes.append(f"bank.supply is not the sum of the balances: {named}")
    amounts = declared or held
    source = "app_state.bank.supply" if declared else source if held else ""
    return Supply(tuple(sorted(amounts.items())), source, accounts, tuple(notes))


def read_ethereum_supply(genesis: JsonValue) -> Supply:
    """The sum of `alloc` balances, in wei."""
    alloc = members(get(genesis, "alloc"))
    total, unread = 0, 0
    for account in alloc.values():
        balance = get(account, "balance")
        amount = integer(balance) if balance is not None else 0
        if amount is None:
            unread += 1
        else:
            total += amount
    notes = (f"{unread} alloc balances cannot be read",) if unread else ()
    return Supply(((WEI, total),) if alloc else (), "alloc" if alloc else "", len(alloc), notes)


def _sum_coins(lists: list[JsonValue]) -> tuple[dict[str, int], int]:
    totals: dict[str, int] = {}
    unread = 0
    for coins in lists:
        for coin in elements(coins):
            amount = integer(get(coin, "amount"))
            if amount is None:
                unread += 1
                continue
            denom = string(get(coin, "denom"))
            totals[denom] = totals.get(denom, 0) + amount
    return totals, unread


GenesisFormat: TypeAlias = Literal["cosmos", "ethereum", "json", "toml", "yaml", "opaque"]
FactsValue: TypeAlias = "str | int | list[FactsValue] | dict[str, FactsValue]"

CODE: Final = "genesis-malformed"
_ETHEREUM_FIELDS: Final = ("extraData", "difficulty", "gasLimit", "baseFeePerGas", "nonce")

FACTS_VERSION = 1
"""Of the reading: raised when the same genesis would yield other facts than before."""


@frozen
class GenesisFacts:
    """The facts of one genesis file.

    Attributes:
        size: in bytes.
        chain_id: as text; `chain_id_type` says whether it is a string or an integer there, ""
            when the policy's `chain_id_at` is "".
        genesis_time: RFC 3339 in UTC, and in milliseconds since 1970; None when absent.
        initial_height: as written.
        power: validators with their thresholds.
        extra: further fields of an Ethereum genesis as text, by name.
        notes: what a reviewer must know because it could not be read or does not add up. They are
            sealed in manifests: another text would be another fact.
        repeated: identities that are in it twice, one sentence a kind. Such a genesis is not
            sealed, so no manifest has them.
    """

    format: GenesisFormat
    size: int
    chain_id: str | None = None
    chain_id_type: Literal["", "string", "integer"] = ""
    genesis_time: str | None = None
    genesis_time_unix_ms: int | None = None
    initial_height: str | None = None
    power: ValidatorSet = field(default_factory=ValidatorSet)
    supply: Supply = field(default_factory=Supply)
    extra: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()

    def to_json(self) -> dict[str, FactsValue]:
        """Canonical data: what is absent or unknown has no key."""
        power, supply = self.power, self.supply
        facts: dict[str, FactsValue | None] = {
            "facts_version": FACTS_VERSION,
            "format": self.format,
            "size": self.size,
            "chain_id": self.chain_id,
            "chain_id_type": self.chain_id_type or None,
            "genesis_time": self.genesis_time,
            "genesis_time_unix_ms": self.genesis_time_unix_ms,
            "initial_height": self.initial_height,
            "accounts": supply.accounts,
            "extra": dict(self.extra) or None,
            "notes": list(self.notes) or None,
        }
        if power.validators:
            facts["power"] = {
                "unit": power.unit,
                "total": str(power.total),
                "third": power.third,
                "two_thirds": power.two_thirds,
                "gen_txs": power.gen_txs,
                "validators": [
                    {
                        "moniker": v.moniker,
                        "power": str(v.power),
                        "key": v.key,
                        "operator": v.operator,
                    }
                    for v in power.validators
                ],
            }
        if supply.amounts:
            facts["supply"] = {
                "source": supply.source,
                "amounts": [{"denom": d, "amount": str(a)} for d, a in supply.amounts],
            }
        return {key: value for key, value in facts.items() if value is not None}


def genesis_facts(data: bytes, chain_id_at: str, path: str) -> GenesisFacts:
    """Read the facts of a genesis file.

    Args:
        data: the whole file.
        chain_id_at: the policy's JSON Pointer with a leading `#`, "" for a chain without one.
        path: its path in the package; `.toml`, `.yaml` and `.yml` set the format, all else is
            read as JSON.

    Raises:
        Malformed: `genesis-malformed`, when `chain_id_at` is not "" and the file is not strict
            JSON, or no string or integer is there; `policy-malformed` for a bad pointer.
    """
    pointer = parse_pointer(chain_id_at) if chain_id_at else None
    subject = escape(path)
    form = format_of(path) or "JSON"
    if form != "JSON":
        return _other_format(data, path, pointer, "toml" if form == "TOML" else "yaml")
    try:
        genesis = parse_json(data, what=subject, code=CODE)
        refuse_lookalike_keys(genesis, what=subject)
    except Malformed:
        if pointer is not None:
            raise
        # Without a chain id to find, bytes are enough; a broken JSON file is still worth a note.
        # The parser's own message changes between its versions and must not enter a manifest.
        notes = ("begins like JSON but is not strict JSON",) if looks_like_json(data) else ()
        return GenesisFacts("opaque", len(data), notes=notes)
    wrapped = isinstance(get(genesis, "result", "genesis"), dict)
    if wrapped and pointer is not None and pointer[:1] != ("result",):
        _refuse(
            subject,
            "this is a node's RPC answer; the genesis is only the value at result.genesis",
            "Fetch the genesis file itself from where it was published.",
        )
    facts = _identified(GenesisFacts("json", len(data)), genesis, pointer, subject)
    if isinstance(get(genesis, "config"), dict) and isinstance(get(genesis, "alloc"), dict):
        return _ethereum(genesis, facts)
    if _is_cosmos(genesis):
        return _cosmos(genesis, facts)
    return replace(facts, repeated=repeated_identities(genesis))


def _is_cosmos(genesis: JsonValue) -> bool:
    """By its state, or by the two fields that every CometBFT genesis has."""
    if any(get(genesis, key) for key in ("app_state", "validators", "consensus_params")):
        return True
    return all(string(get(genesis, key)) for key in ("chain_id", "genesis_time"))


def _cosmos(genesis: JsonValue, facts: GenesisFacts) -> GenesisFacts:
    power, supply = read_validators(genesis), read_cosmos_supply(genesis)
    notes = power.notes + supply.notes
    written = get(genesis, "genesis_time")
    instant = parse_rfc3339(string(written))
    if instant is None and written is not None:
        notes += (f"genesis_time {cut(text_of(written), 60)} is no RFC 3339 time",)
    height = get(genesis, "initial_height")
    return replace(
        facts,
        format="cosmos",
        genesis_time=format_rfc3339(instant) if instant is not None else None,
        genesis_time_unix_ms=_milliseconds(instant),
        initial_height=text_of(height) if height is not None else None,
        power=power,
        supply=supply,
        notes=notes,
        repeated=repeated_identities(genesis),
    )


def _ethereum(genesis: JsonValue, facts: GenesisFacts) -> GenesisFacts:
    supply = read_ethereum_supply(genesis)
    notes = supply.notes
    written = get(genesis, "timestamp")
    seconds = integer(written)
    instant = parse_unix_seconds(str(seconds)) if seconds is not None else None
    if instant is None and written is not None:
        notes += (f"timestamp {cut(text_of(written), 60)} is no time in Unix seconds",)
    extra = [("config.chainId", get(genesis, "config", "chainId"))]
    extra += [(name, get(genesis, name)) for name in _ETHEREUM_FIELDS]
    return replace(
        facts,
        format="ethereum",
        genesis_time=format_rfc3339(instant) if instant is not None else None,
        genesis_time_unix_ms=_milliseconds(instant),
        supply=supply,
        extra=tuple((name, text_of(value)) for name, value in extra if value is not None),
        notes=notes,
        repeated=repeated_identities(genesis),
    )


def _other_format(
    data: bytes, path: str, pointer: tuple[str, ...] | None, form: GenesisFormat
) -> GenesisFacts:
    if pointer is None:
        return GenesisFacts("opaque", len(data))
    document = parse_document(data, path=path, what=escape(path), code=CODE)
    return _identified(GenesisFacts(form, len(data)), document, pointer, escape(path))


def _milliseconds(instant: int | None) -> int | None:
    return None if instant is None else instant // (NANOSECONDS // 1000)


def _identified(
    facts: GenesisFacts,
    genesis: JsonValue | Document,
    pointer: tuple[str, ...] | None,
    subject: str,
) -> GenesisFacts:
    if pointer is None:
        return facts
    found = point(genesis, pointer, what=subject, code=CODE)
    if not found.text or (found.kind != "string" and found.kind != "integer"):
        _refuse(
            subject,
            f"chain_id_at leads to the {found.kind} {found.shown()}, which is not a chain id",
            "Correct the genesis, or chain_id_at in manifests/launch.toml.",
        )
    return replace(facts, chain_id=found.text, chain_id_type=found.kind)


def _refuse(subject: str, message: str, mend: str) -> NoReturn:
    raise Malformed(message, subject=subject, mend=mend, code=CODE)
