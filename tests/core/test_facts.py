"""Facts of a genesis: the chain's own numbers, the same bytes everywhere, and no crash ever."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.base.canonical import dumps
from aztrust.core.base.errors import AztrustError, Malformed
from aztrust.core.genesis.differences import diff_genesis
from aztrust.core.genesis.facts import genesis_facts


def gen_tx(moniker: str, amount: object, denom: str = "uatlas") -> dict[str, object]:
    message = {
        "@type": "/cosmos.staking.v1beta1.MsgCreateValidator",
        "description": {"moniker": moniker},
        "pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": f"key-{moniker}"},
        "validator_address": f"valoper1{moniker}",
        "value": {"denom": denom, "amount": amount},
    }
    return {"body": {"messages": [message]}}


def amino_gen_tx(moniker: str, amount: str, field: str = "value") -> dict[str, object]:
    value = {
        "description": {"moniker": moniker},
        "pubkey": "cosmosvalconspub1x",
        field: {"denom": "uatom", "amount": amount},
    }
    message = {"type": "cosmos-sdk/MsgCreateValidator", "value": value}
    return {"type": "auth/StdTx", "value": {"msg": [message]}}


def cosmos(**app_state: object) -> bytes:
    genesis = {
        "chain_id": "atlas-zero-1",
        "genesis_time": "2026-06-01T16:00:00+02:00",
        "initial_height": "1",
        "app_state": app_state,
    }
    return json.dumps(genesis).encode()


def test_a_cosmos_genesis() -> None:
    data = cosmos(
        genutil={"gen_txs": [gen_tx("b", "30"), gen_tx("a", "50"), gen_tx("c", "20")]},
        bank={
            "supply": [{"denom": "uatlas", "amount": "100"}],
            "balances": [{"address": "x", "coins": [{"denom": "uatlas", "amount": "100"}]}],
        },
        auth={"accounts": [{}, {}]},
    )
    facts = genesis_facts(data, "#/chain_id", "genesis.json")
    assert (facts.format, facts.size) == ("cosmos", len(data))
    assert (facts.chain_id, facts.chain_id_type) == ("atlas-zero-1", "string")
    assert facts.genesis_time == "2026-06-01T14:00:00Z"
    assert facts.genesis_time_unix_ms == 1780322400000
    assert facts.initial_height == "1"
    assert [v.moniker for v in facts.power.validators] == ["a", "b", "c"]
    assert (facts.power.unit, facts.power.total, facts.power.gen_txs) == ("uatlas staked", 100, 3)
    assert (facts.power.third, facts.power.two_thirds) == (1, 2)
    assert facts.supply.amounts == (("uatlas", 100),)
    assert facts.supply.accounts == 2
    assert facts.notes == ()


def test_thresholds_are_strict() -> None:
    data = cosmos(genutil={"gen_txs": [gen_tx(str(i), "1") for i in range(3)]})
    power = genesis_facts(data, "#/chain_id", "g.json").power
    assert (power.third, power.two_thirds) == (2, 3)


def test_amino_gen_txs_of_both_ages() -> None:
    txs = [amino_gen_tx("old", "7", "delegation"), amino_gen_tx("newer", "5")]
    for state in ({"gentxs": txs}, {"genutil": {"gentxs": txs}}):
        power = genesis_facts(cosmos(**state), "#/chain_id", "g.json").power
        assert [(v.moniker, v.power) for v in power.validators] == [("old", 7), ("newer", 5)]
        assert power.validators[0].key == "cosmosvalconspub1x"


def test_exported_and_cometbft_validators() -> None:
    bonded = {"status": "BOND_STATUS_BONDED", "tokens": "9", "description": {"moniker": "v"}}
    jailed = {"status": "BOND_STATUS_UNBONDED", "tokens": "99"}
    staking = {"validators": [bonded, jailed], "params": {"bond_denom": "uatlas"}}
    power = genesis_facts(cosmos(staking=staking), "#/chain_id", "g.json").power
    assert [(v.moniker, v.power) for v in power.validators] == [("v", 9)]
    assert power.unit == "uatlas staked"
    plain = {
        "chain_id": "c",
        "validators": [
            {"name": "n", "power": "10", "pub_key": {"type": "t", "value": "k"}, "address": "A"},
            {"name": "m", "power": None},
        ],
    }
    facts = genesis_facts(json.dumps(plain).encode(), "#/chain_id", "g.json")
    assert facts.power.unit == "voting power"
    assert (facts.power.validators[0].key, facts.power.validators[0].operator) == ("k", "A")
    assert facts.notes == ("a validator has no power that can be read",)


def test_what_does_not_add_up_is_noted() -> None:
    data = cosmos(
        genutil={"gen_txs": [gen_tx("a", "x"), {}, gen_tx("b", "5"), gen_tx("c", "5", "other")]},
        bank={
            "supply": [{"denom": "uatlas", "amount": "100"}],
            "balances": [{"coins": [{"denom": "uatlas", "amount": "99"}, {"amount": -0.5}]}],
        },
    )
    notes = genesis_facts(data, "#/chain_id", "g.json").notes
    assert notes == (
        "a gen_tx holds no MsgCreateValidator that can be read (2 times)",
        "gen_txs stake different denominations: other, uatlas",
        "1 coins have no amount that can be read",
        "bank.supply is not the sum of the balances: uatlas",
    )
    bonded = {"validators": [{"status": 2, "tokens": "-1"}]}
    facts = genesis_facts(cosmos(staking=bonded), "#/chain_id", "g.json")
    assert facts.notes == ("a bonded validator has no number of tokens that can be read",)
    odd = json.dumps({"chain_id": "c", "app_state": {}, "validators": [1], "genesis_time": "now"})
    assert (
        "genesis_time now is no RFC 3339 time"
        in genesis_facts(odd.encode(), "#/chain_id", "g.json").notes
    )


def test_an_ethereum_genesis() -> None:
    genesis = {
        "config": {"chainId": 17000},
        "timestamp": "0x65156994",
        "extraData": "0x",
        "alloc": {"0x01": {"balance": "0x10"}, "0x02": {"balance": "5"}, "0x03": {"balance": []}},
    }
    facts = genesis_facts(json.dumps(genesis).encode(), "#/config/chainId", "genesis.json")
    assert (facts.format, facts.chain_id, facts.chain_id_type) == ("ethereum", "17000", "integer")
    assert facts.genesis_time == "2023-09-28T11:55:00Z"
    assert facts.supply.amounts == (("wei", 21),)
    assert dict(facts.extra) == {"config.chainId": "17000", "extraData": "0x"}
    assert facts.notes == ("1 alloc balances cannot be read",)


def test_an_ethereum_timestamp_that_is_none() -> None:
    genesis = {"config": {}, "alloc": {}, "timestamp": "soon\n"}
    facts = genesis_facts(json.dumps(genesis).encode(), "", "genesis.json")
    assert facts.genesis_time is None
    assert facts.notes == ("timestamp soon\\n is no time in Unix seconds",)
    assert "supply" not in facts.to_json()


def test_other_json_toml_yaml_and_bytes() -> None:
    assert genesis_facts(b'{"id": "x"}', "#/id", "g.json").format == "json"
    only_named = b'{"chain_id": "x", "genesis_time": 1}'
    assert genesis_facts(only_named, "#/chain_id", "g.json").format == "json"
    assert genesis_facts(b'id = "x"', "#/id", "g.toml").chain_id == "x"
    assert genesis_facts(b"id: 7", "#/id", "g.yaml").chain_id == "7"
    opaque = {"facts_version": 1, "format": "opaque"}
    assert genesis_facts(b"id: 7", "", "g.yaml").to_json() == {**opaque, "size": 5}
    assert genesis_facts(b"\x00\x01", "", "g.ssz").to_json() == {**opaque, "size": 2}
    assert genesis_facts(b"", "", "g").format == "opaque"
    broken = genesis_facts(b'{"a":1,"a":2}', "", "g.json")
    assert broken.notes == ("begins like JSON but is not strict JSON",)
    assert genesis_facts(b'{"chain_id": "c", "app_state": {"a":1}}', "", "g").chain_id is None


def test_chain_id_and_genesis_time_make_it_cosmos() -> None:
    data = b'{"chain_id":"x","genesis_time":"2027-06-01T14:00:00Z","validators":[]}'
    facts = genesis_facts(data, "#/chain_id", "g.json")
    assert (facts.format, facts.genesis_time) == ("cosmos", "2027-06-01T14:00:00Z")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"chain_id":"a","chain_id":"b"}', 'the key "chain_id" occurs twice'),
        (b'{"chain_id":"a","chain\\u005fid":"b"}', "occurs twice"),
        (b'{"chain_id":"a","Chain_ID":"b"}', "readers that ignore case"),
        (b'{"chain_id":"a","app_state":{"bank":1,"Bank":2}}', "in app_state are one key"),
        ('{"chain_id":"a","\u212aey":1,"key":2}'.encode(), "ignore case"),
        (b'\xef\xbb\xbf{"chain_id":"a"}', "byte order mark"),
        (b'{"chain_id":"a"', "not strict JSON"),
        (b'{"chain_id":"a"}{}', "not strict JSON"),
        (b'{"chain_id":"\\ud800"}', "not strict JSON"),
        (b"\x1f\x8b\x08\x00", "gzip-compressed"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git-LFS pointer"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"{}", "leads nowhere"),
        (b'{"chain_id":null}', "which is not a chain id"),
        (b'{"chain_id":true}', "the boolean true, which is not a chain id"),
        (b'{"chain_id":1.5}', "the number 1.5"),
        (b'{"chain_id":""}', "which is not a chain id"),
        (b'{"chain_id":{}}', "an object is there"),
        (b'{"result":{"genesis":{"chain_id":"a"}}}', "RPC answer"),
        (b"[" * 300, "nested deeper"),
    ],
)
def test_a_genesis_whose_chain_id_cannot_be_found(data: bytes, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        genesis_facts(data, "#/chain_id", "packages/genesis\n.json")
    assert caught.value.code == "genesis-malformed"
    assert caught.value.subject == "packages/genesis\\n.json"
    assert said in caught.value.message
    assert caught.value.mend


def test_to_json_is_canonical_and_independent_of_member_order() -> None:
    txs = [gen_tx("a", "5"), gen_tx("b", str(2**70))]
    one = cosmos(genutil={"gen_txs": txs}, bank={"supply": [{"denom": "d", "amount": "1"}]})
    other = json.dumps(dict(reversed(json.loads(one).items()))).encode()
    facts = [genesis_facts(d, "#/chain_id", "g.json").to_json() for d in (one, other)]
    assert dumps(facts[0]) == dumps(facts[1])
    assert json.loads(dumps(facts[0]))["power"]["total"] == str(2**70 + 5)


_KEYS = st.sampled_from(
    "chain_id genesis_time initial_height app_state validators genutil gen_txs gentxs body "
    "messages @type description moniker value amount denom msg type bank supply balances coins "
    "auth accounts staking params power pub_key config alloc balance timestamp tokens status "
    "result genesis consensus_params".split()
)
_WEIRD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "5", "-1", "0x10", "1" * 200, "/x.MsgCreateValidator", "\x1b[2J"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=40,
)


@given(_WEIRD, st.sampled_from(["", "#/chain_id", "#/config/chainId", "#"]))
def test_any_json_gives_facts_or_our_own_error(genesis: object, chain_id_at: str) -> None:
    data = json.dumps(genesis).encode()
    try:
        facts = genesis_facts(data, chain_id_at, "g.json")
    except AztrustError:
        return
    dumps(facts.to_json())


@given(_WEIRD, _WEIRD)
def test_any_two_json_values_can_be_compared(old: object, new: object) -> None:
    a, b = json.dumps(old).encode(), json.dumps(new).encode()
    diff = diff_genesis(a, b)
    canonical = [json.dumps(v, sort_keys=True) for v in (old, new)]
    assert (diff.values == "same") == (canonical[0] == canonical[1])
    for line in diff.lines():
        assert len(line) <= 80
        assert line.isprintable()


@given(st.binary(max_size=40))
def test_any_bytes_give_facts_or_our_own_error(data: bytes) -> None:
    assert genesis_facts(data, "", "g").size == len(data)
    with pytest.raises(AztrustError) as caught:
        genesis_facts(data, "#/chain_id", "g")
    assert "\n" not in caught.value.message
