"""Two genesis files compared in the chain's terms."""

from __future__ import annotations

import json

import pytest

from aztrust.core.genesis.differences import diff_genesis
from aztrust.core.genesis.jsondiff import diff_values, exact_text
from aztrust.core.linkage.jsondoc import parse_json
from tests.core.test_facts import cosmos, gen_tx


def base(**changes: object) -> dict[str, object]:
    state = {
        "genutil": {"gen_txs": [gen_tx("alpha", "600000"), gen_tx("beta", "381000")]},
        "bank": {
            "supply": [],
            "balances": [
                {"address": f"a{i}", "coins": [{"denom": "uatlas", "amount": str(i)}]}
                for i in range(5)
            ],
        },
        "staking": {"params": {"max_validators": 100, "bond_denom": "uatlas"}},
    }
    return json.loads(cosmos(**state)) | changes


def encode(genesis: object) -> bytes:
    return json.dumps(genesis).encode()


def lines(old: object, new: object) -> list[str]:
    return list(diff_genesis(encode(old), encode(new)).lines())


def test_the_same_bytes() -> None:
    diff = diff_genesis(b"{}", b"{}")
    assert (diff.raw, diff.jq, diff.values, diff.first_difference) == ("same", "same", "same", None)
    assert diff.lines()[-1] == "= all bytes"


def test_the_same_values_in_other_bytes() -> None:
    diff = diff_genesis(encode(base()), json.dumps(base(), indent=2, sort_keys=True).encode())
    assert (diff.raw, diff.jq, diff.values) == ("differ", "same", "same")
    assert "only the order of keys, whitespace or escapes" in diff.lines()[1]


def test_a_gen_tx_more() -> None:
    new = base()
    new["app_state"]["genutil"]["gen_txs"].append(gen_tx("nodeworks", "19000"))
    told = lines(base(), new)
    assert told[1] == "+ gen_tx nodeworks    valoper1node...   19,000 uatlas  (1.9%)"
    assert " ".join(" ".join(told[2:4]).split()) == (
        "~ power 981,000 uatlas staked by 2 (1 hold > 1/3, 2 > 2/3) -> 1,000,000 uatlas staked by 3"
        " (1 hold > 1/3, 2 > 2/3)"
    )
    assert told[4] == "= 2 gen_txs, genesis_time, chain_id, initial_height, all params, supply,"
    assert told[5] == "  all else"


def test_validators_power_time_and_parameters_come_before_all_else() -> None:
    new = base(genesis_time="2026-07-01T00:00:00Z", chain_id="atlas-zero-2", initial_height="7")
    state = new["app_state"]
    state["genutil"]["gen_txs"] = [gen_tx("beta", "381000"), gen_tx("gamma", "5")]
    state["staking"]["params"]["max_validators"] = 99
    state["bank"]["balances"][1]["coins"][0]["amount"] = "77"
    found = diff_genesis(encode(base()), encode(new)).differences
    assert [f"{d.sign} {d.text.split()[0]}" for d in found] == [
        "- gen_tx",
        "+ gen_tx",
        "~ power",
        "~ genesis_time",
        "~ staking.params.max_validators",
        "~ chain_id",
        "~ initial_height",
        "~ supply",
        "~ bank.balances[a1].coins[uatlas].amount",
    ]


def test_validators_of_a_list_come_first_and_none_is_named() -> None:
    listed = [{"name": "a", "power": "5", "pub_key": {"value": "x"}}]
    with_one = base(validators=listed, chain_id="atlas-zero-2")
    with_one["app_state"]["genutil"]["gen_txs"] = []
    without = base(validators=[])
    without["app_state"]["genutil"]["gen_txs"] = []
    found = diff_genesis(encode(without), encode(with_one)).differences
    assert [d.text.split()[0] for d in found] == ["validators[a]", "power", "chain_id"]
    assert found[1].text.startswith("power  none -> 5 voting power by 1")


def test_a_gen_tx_less_and_one_changed() -> None:
    new = base()
    new["app_state"]["genutil"]["gen_txs"] = [gen_tx("alpha", "700000")]
    told = lines(base(), new)
    assert told[1].startswith("~ gen_tx alpha ")
    assert '"600000" -> "700000"' in " ".join(told[1:3])
    assert any(line.startswith("- gen_tx beta ") and "(38.8%)" in line for line in told)


def test_order_only_is_reported() -> None:
    new = base()
    new["app_state"]["genutil"]["gen_txs"].reverse()
    diff = diff_genesis(encode(base()), encode(new))
    assert (diff.values, diff.jq) == ("order", "differ")
    assert "order only: the same elements are in another order" in diff.lines()
    new = base()
    new["app_state"]["bank"]["balances"].reverse()
    assert "~ bank.balances: order only" in lines(base(), new)
    new["chain_id"] = "other"
    assert diff_genesis(encode(base()), encode(new)).values == "differ"


def test_supply_parameters_time_and_accounts() -> None:
    new = base(genesis_time="2026-06-01T17:00:00Z")
    new["app_state"]["staking"]["params"]["max_validators"] = 101
    new["app_state"]["bank"]["balances"][3]["coins"][0]["amount"] = "9"
    new["app_state"]["bank"]["balances"].append({"address": "zz", "coins": []})
    told = lines(base(), new)
    assert told[1] == '~ genesis_time  "2026-06-01T16:00:00+02:00" -> "2026-06-01T17:00:00Z"'
    assert "~ supply uatlas  10 -> 16  (+6)" in told
    assert "~ staking.params.max_validators  100 -> 101" in told
    assert '~ bank.balances[a3].coins[uatlas].amount  "3" -> "9"' in told
    assert '+ bank.balances[zz]  {"address":"zz","coins":[]}' in told
    assert told[-1] == "= 2 gen_txs, chain_id, initial_height"


def test_many_differences_are_counted() -> None:
    new = base(extra={str(i): i for i in range(3)})
    new["app_state"]["many"] = list(range(3))
    old = base(**{f"k{i}": i for i in range(40)})
    told = lines(old, new)
    assert "  +30 more" in told
    assert len(diff_genesis(encode(old), encode(new)).differences) == 42


def test_gen_txs_in_a_second_place_are_not_hidden() -> None:
    new = base()
    new["app_state"]["gentxs"] = [gen_tx("shadow", "1")]
    assert any(line.startswith("+ gentxs ") for line in lines(base(), new))
    odd = base()
    odd["app_state"]["genutil"]["gen_txs"] = {"not": "a list"}
    assert any("genutil.gen_txs" in line for line in lines(base(), odd))
    assert diff_genesis(encode(odd), encode(odd | {"x": 1})).values == "differ"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"a":[1]}', b'{"a":[true]}'),
        (b'{"a":1}', b'{"a":"1"}'),
        (b'{"a":1.0}', b'{"a":1.00}'),
        (b'{"a":[1.0]}', b'{"a":[1]}'),
        (b'{"a":[1.0]}', b'{"a":["\\u0000number"]}'),
        (b'{"a":null}', b"{}"),
        (b'{"a":[[1,2]]}', b'{"a":[[2,1]]}'),
        (b'{"a":[1,1,2]}', b'{"a":[1,2,2]}'),
        (b'{"a":[{"name":"x","v":1}]}', b'{"a":[{"name":"x","v":2},{"name":"x","v":3}]}'),
    ],
)
def test_every_difference_of_type_and_value_counts(old: bytes, new: bytes) -> None:
    for a, b in ((old, new), (new, old)):
        diff = diff_genesis(a, b)
        assert diff.values != "same"
        assert diff.differences


def test_equal_fractions_are_equal() -> None:
    one = parse_json(b'[1.0, "\\u0000number", {"a": [2e5]}]', what="x")
    other = parse_json(b'[1.0,"\\u0000number",{"a":[2e5]}]', what="x")
    assert not list(diff_values(one, other))
    assert exact_text(one) == '[1.0,"\\u0000number",{"a":[2e5]}]'
    assert diff_genesis(b'{"a":1.0}', b'{"a": 1.0}').jq == "undefined"


def test_bytes_that_are_not_json() -> None:
    diff = diff_genesis(b"\x00" * 70_000 + b"\x01", b"\x00" * 70_000 + b"\x02rest")
    assert (diff.values, diff.jq, diff.first_difference) == ("opaque", "undefined", 70_000)
    assert diff.lines() == (
        "raw      differ    jq -S -c   undefined   size 70,001 / 70,005",
        "~ first differing byte at offset 70,000",
    )
    assert diff_genesis(b"ab", b"abc").first_difference == 2
    broken = diff_genesis(b'{"a":1}', b'{"a":1,"a":1}')
    assert 'the key "a" occurs twice' in " ".join(broken.lines())


def test_gen_txs_that_cannot_be_read_are_still_compared() -> None:
    old, new = base(), base()
    old["app_state"]["genutil"]["gen_txs"] = [gen_tx("a", "0"), {"memo": 1}, {"memo": 2}]
    new["app_state"]["genutil"]["gen_txs"] = [gen_tx("b", "0"), {"memo": 2}, {"memo": 3}]
    told = lines(old, new)
    assert any(line.startswith("~ gen_tx without a MsgCreateValidator") for line in told)
    assert "0 uatlas  (0.0%)" in " ".join(told)
    assert diff_genesis(b"[1,2]", b"[1,2,3]").lines()[1] == "+ []  3"
    assert diff_genesis(b"[1,2,3]", b"[1,2]").lines()[1] == "- []  3"


def test_names_cannot_forge_lines() -> None:
    new = base()
    new["app_state"]["genutil"]["gen_txs"].append(gen_tx("x\n= all bytes\x1b[2J\u202e", "1"))
    new["\n= everything"] = "\r\n= nothing"
    told = lines(base(), new)
    assert not any(line.startswith(("= all bytes", "= everything", "= nothing")) for line in told)
    assert all(line.isprintable() for line in told)
