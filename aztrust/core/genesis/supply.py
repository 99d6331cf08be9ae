"""How much of each denomination a genesis creates, and for how many accounts."""

from __future__ import annotations

from aztrust.core.base.text import cut
from aztrust.core.base.value import frozen
from aztrust.core.linkage.jsondoc import JsonValue, elements, get, integer, members, string

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
