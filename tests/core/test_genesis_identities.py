"""One validator, key, account, balance or address twice, in every spelling."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.genesis.facts import genesis_facts

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


def gen_tx(operator: str, key: str) -> dict[str, Any]:
    message = {
        "@type": "/cosmos.staking.v1beta1.MsgCreateValidator",
        "description": {"moniker": "m"},
        "pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key},
        "validator_address": operator,
        "value": {"denom": "uatlas", "amount": "5"},
    }
    return {"body": {"messages": [message]}}


def repeated(document: dict[str, Any]) -> tuple[str, ...]:
    return genesis_facts(json.dumps(document).encode(), "", "genesis.json").repeated


def cosmos(**state: Any) -> dict[str, Any]:
    return {"chain_id": "a-1", "genesis_time": "2030-01-01T00:00:00Z", "app_state": state}


def b64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_two_validators_and_two_accounts_are_nothing_to_remark() -> None:
    state = {
        "genutil": {"gen_txs": [gen_tx("op1a", b64(KEY)), gen_tx("op1b", b64(OTHER))]},
        "auth": {"accounts": [{"address": "x1"}, {"base_account": {"address": "x2"}}]},
        "bank": {"balances": [{"address": "x1"}, {"address": "x2"}]},
    }
    assert repeated(cosmos(**state)) == ()


def test_one_gen_tx_twice_is_one_operator_and_one_key_twice() -> None:
    tx = gen_tx("op1a", b64(KEY))
    found = repeated(cosmos(genutil={"gen_txs": [tx, gen_tx("op1b", b64(OTHER)), tx]}))
    assert [f.partition(" is in it")[0] for f in found] == [
        "the same validator operator",
        "the same consensus key",
    ]
    assert "op1a" in found[0]
    assert "op1b" not in found[0]


@pytest.mark.parametrize(
    "again",
    [KEY.hex(), KEY.hex().upper(), f"0x{KEY.hex()}", b64(KEY).rstrip("="), f" {b64(KEY)}"],
)
def test_a_consensus_key_in_another_spelling_is_the_same(again: str) -> None:
    txs = [gen_tx("op1a", b64(KEY)), gen_tx("op1b", again)]
    assert "consensus key" in repeated(cosmos(genutil={"gen_txs": txs}))[0]


def test_an_operator_in_upper_case_is_the_same() -> None:
    txs = [gen_tx("op1a", b64(KEY)), gen_tx("OP1A", b64(OTHER))]
    assert "validator operator" in repeated(cosmos(genutil={"gen_txs": txs}))[0]


def test_a_key_of_a_validator_list_twice() -> None:
    listed = [{"pub_key": {"value": b64(KEY)}, "power": p} for p in ("1", "2")]
    assert "consensus key in validators" in repeated({**cosmos(), "validators": listed})[0]
    listed[1]["pub_key"] = {"value": b64(OTHER)}
    assert repeated({**cosmos(), "validators": listed}) == ()


def test_validators_of_a_list_that_repeats_exported_ones_are_not_a_repetition() -> None:
    exported = [{"operator_address": "op1a", "consensus_pubkey": {"key": b64(KEY)}}]
    listed = [{"pub_key": {"value": b64(KEY)}, "power": "1"}]
    assert repeated({**cosmos(staking={"validators": exported}), "validators": listed}) == ()


@pytest.mark.parametrize(
    "account",
    [
        {"address": "x1"},
        {"base_account": {"address": "X1"}},
        {"base_vesting_account": {"base_account": {"address": "x1"}}},
        {"type": "cosmos-sdk/Account", "value": {"address": "x1"}},
        {"value": {"BaseVestingAccount": {"BaseAccount": {"address": "x1"}}}},
    ],
)
def test_an_account_twice_however_it_is_wrapped(account: dict[str, Any]) -> None:
    accounts = [{"address": "x1"}, {"address": "x2"}, account]
    assert repeated(cosmos(auth={"accounts": accounts})) == ("the same account is in it twice: x1",)


def test_a_balance_twice() -> None:
    balances = [{"address": a} for a in ("x1", "x2", "x1", "x1")]
    assert repeated(cosmos(bank={"balances": balances})) == (
        "the same balance of an account is in it twice: x1",
    )


@pytest.mark.parametrize("again", ["ab", "0X0AB", "0x00ab", "00" * 19 + "Ab"])
def test_an_ethereum_address_in_another_spelling(again: str) -> None:
    alloc = {"0xab": {"balance": "1"}, "0xac": {"balance": "1"}, again: {"balance": "2"}}
    found = repeated({"config": {"chainId": 1}, "alloc": alloc})
    assert found == (f"the same address in alloc is in it twice: 0x{'0' * 38}ab",)


def test_a_storage_slot_in_another_spelling() -> None:
    alloc = {"0xab": {"storage": {"0x1": "0x1", "0x2": "0x1", "0x01": "0x2"}}}
    found = repeated({"config": {"chainId": 1}, "alloc": alloc})
    assert found == ("the same storage slot in alloc is in it twice: 0xab slot 1",)


def test_many_are_counted_after_five() -> None:
    balances = [{"address": f"x{n}"} for n in range(7)] * 2
    assert repeated(cosmos(bank={"balances": balances})) == (
        "the same balance of an account is in it twice: x0, x1, x2, x3, x4, +2 more",
    )


def powered(*keys: bytes) -> list[dict[str, Any]]:
    named = [{"type": "tendermint/PubKeyEd25519", "value": b64(key)} for key in keys]
    return [{"pub_key": key, "power": "1"} for key in named]


def test_validators_below_consensus_are_those_of_the_chain() -> None:
    document = cosmos(a=1)
    document["consensus"] = {"validators": powered(KEY, OTHER), "params": {}}
    facts = genesis_facts(json.dumps(document).encode(), "", "genesis.json")
    assert (facts.repeated, facts.power.total) == ((), 2)
    document["consensus"]["validators"] += powered(KEY)
    assert len(repeated(document)) == 1
    # Readers take one of two lists, and not all the same one.
    document["consensus"]["validators"] = powered(KEY)
    document["validators"] = powered(OTHER)
    facts = genesis_facts(json.dumps(document).encode(), "", "genesis.json")
    assert any("consensus.validators" in note for note in facts.notes)


@pytest.mark.parametrize(
    ("name", "twice", "once"),
    [
        ("balances", [["5Gr", 1], ["5Gr", 2]], [["5Gr", 1], ["5FH", 1]]),
        ("authorities", ["5Gr", "5Gr"], ["5Gr", "5FH"]),
        (
            "keys",
            [["5Gr", "5Gr", {}], ["5Gr", "5Gr", {}]],
            [["5Gr", "5Gr", {}], ["5FH", "5FH", {}]],
        ),
    ],
)
@pytest.mark.parametrize("below", ["patch", "config"])
def test_lists_of_a_substrate_specification(name: str, twice: Any, once: Any, below: str) -> None:
    def spec(value: Any) -> dict[str, Any]:
        state = {"runtimeGenesis": {below: {"pallet": {name: value}}}}
        return {"name": "x", "id": "x", "genesis": state}

    assert repeated(spec(once)) == ()
    (sentence,) = repeated(spec(twice))
    assert name in sentence
    assert "5Gr" in sentence


@pytest.mark.parametrize(
    "fields", [{"balance": "0x1", "Balance": "0xff"}, {"code": "0x", "Code": "0x6"}]
)
def test_one_field_of_an_account_in_two_cases_is_not_sealed(fields: dict[str, str]) -> None:
    document = {"config": {"chainId": 7}, "alloc": {"0xaa": {"balance": "0x1"}, "0xbb": fields}}
    with pytest.raises(Malformed, match="ignore case"):
        genesis_facts(json.dumps(document).encode(), "#/config/chainId", "genesis.json")
    document["alloc"]["0xbb"] = {"balance": "0x1"}  # type: ignore[index]
    assert genesis_facts(json.dumps(document).encode(), "#/config/chainId", "genesis.json")
