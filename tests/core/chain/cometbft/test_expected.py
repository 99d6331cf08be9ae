"""What is expected of a network, from the bytes of its genesis alone."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.cometbft.expected import expected
from aztrust.core.chain.cometbft.hashes import validators_hash
from aztrust.core.chain.facts import Expected
from tests.core.chain.cometbft.signed_blocks import MEMBERS, SET, VECTORS
from tests.core.chain.recordings import recording
from tests.shared import shared_path

Genesis = dict[str, Any]


def key(seed: int) -> str:
    return base64.b64encode(bytes([seed]) * 32).decode()


FILE: Genesis = {
    "genesis_time": "2026-06-01T14:00:00.5Z",
    "chain_id": "c-1",
    "initial_height": "3",
    "consensus_params": {"block": {"max_bytes": "1048576", "max_gas": "40000000"}},
    "validators": [
        {
            "pub_key": {
                "type": "tendermint/PubKeyEd25519",
                "value": base64.b64encode(bytes.fromhex(member.key)).decode(),
            },
            "address": member.id if n % 2 else "",
            "power": str(member.power),
            "name": member.shown,
        }
        for n, member in enumerate(MEMBERS)
    ],
}


def of(genesis: Genesis, **options: Any) -> Expected:
    return expected(json.dumps(genesis).encode(), ChainOptions(**options))


def test_a_genesis_that_lists_validators_has_the_hashes_that_cometbft_computes():
    found = of(FILE)
    assert found.members == MEMBERS
    assert found.validators == SET["hash"]
    assert found.params == VECTORS["params"][3]["hash"]
    assert (found.network, found.first_height, found.notes) == ("c-1", 3, ())
    assert found.genesis.time_ms == 1780322400500
    assert found.total == sum(member.power for member in MEMBERS)


def with_validator(number: int, **fields: Any) -> Genesis:
    validators = [dict(validator) for validator in FILE["validators"]]
    validators[number] |= fields
    return {**FILE, "validators": validators}


FIRST = FILE["validators"][0]
SHORT = {"type": "tendermint/PubKeyEd25519", "value": "AAAA"}
REFUSED = [
    (with_validator(1, power="0"), "power is 0"),
    (with_validator(1, power="-1"), "power is -1"),
    (with_validator(1, power=str(2**63 // 8)), "must be from 1"),
    (with_validator(1, power="1.5"), "not a whole number"),
    (with_validator(1, address="00" * 20), "its key has"),
    (with_validator(1, pub_key=SHORT), "32"),
    (with_validator(1, pub_key=FIRST["pub_key"], address=""), "in it twice"),
    ({**FILE, "validators": [{**v, "power": str(2**59)} for v in FILE["validators"]]}, "may be"),
    ({**FILE, "consensus_params": {"block": {"max_bytes": "0", "max_gas": "1"}}}, "max_bytes is 0"),
    ({**FILE, "consensus_params": {"block": {"max_bytes": "-2", "max_gas": "1"}}}, "max_bytes"),
    ({**FILE, "consensus_params": {"evidence": {}}}, "not an object"),
    ({k: v for k, v in FILE.items() if k != "genesis_time"}, "no genesis_time"),
    ({k: v for k, v in FILE.items() if k != "chain_id"}, "chain_id"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_a_genesis_that_no_node_starts_from_is_refused(number: int):
    genesis, why = REFUSED[number]
    with pytest.raises(Malformed, match=why) as caught:
        of(genesis)
    assert caught.value.code == "genesis-malformed"
    assert caught.value.subject == "the sealed genesis"


def test_parameters_that_are_left_to_the_node_are_not_known():
    found = of({k: v for k, v in FILE.items() if k != "consensus_params"})
    assert found.params is None
    assert found.genesis.unknown == ("consensus_params",)
    assert "defaults" in found.notes[0]


def test_a_genesis_without_validators_says_so():
    found = of({**FILE, "validators": []})
    assert (found.members, found.validators, found.total) == ((), None, 0)
    assert "names no validators" in found.notes[0]


def test_keys_of_another_type_count_and_have_no_hash():
    other = {"type": "cometbft/PubKeyBls12_381", "value": "AAAA"}
    found = of(with_validator(0, pub_key=other, address="AB" * 20))
    assert found.total == sum(member.power for member in MEMBERS)
    assert found.validators is None
    assert "PubKeyBls12_381" in found.notes[-1]


def gentx(seed: int, amount: int, operator: str, **pubkey: str) -> Genesis:
    return {
        "body": {
            "messages": [
                {
                    "@type": "/cosmos.staking.v1beta1.MsgCreateValidator",
                    "description": {"moniker": f"m{seed}"},
                    "validator_address": operator,
                    "pubkey": pubkey
                    or {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key(seed)},
                    "value": {"denom": "stake", "amount": str(amount)},
                }
            ]
        }
    }


def staked(*txs: Genesis, most: int = 100) -> Genesis:
    state = {"genutil": {"gen_txs": list(txs)}, "staking": {"params": {"max_validators": most}}}
    return {**{k: v for k, v in FILE.items() if k != "validators"}, "app_state": state}


def test_two_validators_of_another_type_have_two_keys_and_two_addresses():
    def two(keys: tuple[str, str], addresses: tuple[str, str]) -> Genesis:
        validators = [
            {"pub_key": {"type": "x/Bls", "value": value}, "address": address, "power": "1"}
            for value, address in zip(keys, addresses, strict=True)
        ]
        return {**FILE, "validators": validators}

    assert of(two(("AAAA", "BBBB"), ("AA" * 20, "BB" * 20))).total == 2
    for keys, addresses, why in (
        (("AAAA", "AAAA"), ("AA" * 20, "BB" * 20), "the key of"),
        (("AAAA", "BBBB"), ("AA" * 20, "AA" * 20), "the address"),
    ):
        with pytest.raises(Malformed, match=why):
            of(two(keys, addresses))


def test_stakes_become_power_in_whole_units():
    found = of(staked(gentx(1, 3_999_999, "b"), gentx(2, 5_000_000, "a"), gentx(3, 999_999, "c")))
    assert [(m.shown, m.power) for m in found.members] == [("m2", 5), ("m1", 3)]
    assert found.validators == validators_hash(found.members)
    assert "1 gen_txs create no validator" in found.notes[0]
    tenth = of(staked(gentx(1, 3_999_999, "b")), power_reduction=100_000)
    assert tenth.total == 39


def test_the_set_has_as_many_validators_as_the_staking_module_allows():
    txs = [gentx(1, 2_000_000, "b"), gentx(2, 2_000_000, "a"), gentx(3, 9_000_000, "c")]
    found = of(staked(*txs, most=2))
    # Of two with the same power the one with the smaller operator address is taken.
    assert [m.shown for m in found.members] == ["m3", "m2"]


def test_the_address_follows_from_the_key():
    found = of(staked(gentx(7, 1_000_000, "a")))
    assert found.members[0].id == hashlib.sha256(bytes([7]) * 32).hexdigest()[:40].upper()


def test_a_gen_tx_without_a_key_that_is_known_leaves_the_set_unknown():
    found = of(staked(gentx(1, 2_000_000, "b"), gentx(2, 2_000_000, "a", key="AAAA")))
    assert (found.members, found.validators) == ((), None)
    assert "gen_tx 1" in found.notes[0]
    assert of(staked(gentx(1, 5, "b"))).notes[0].startswith("no gen_tx stakes")


def test_the_same_key_in_two_gen_txs_is_refused():
    with pytest.raises(Malformed, match="twice"):
        of(staked(gentx(1, 2_000_000, "b"), gentx(1, 2_000_000, "a")))


def exported(*, powers: dict[str, str], flag: bool = True) -> Genesis:
    validators = [
        {
            "operator_address": name,
            "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key(seed)},
            "description": {"moniker": f"m{seed}"},
            "tokens": "1",
            "status": "BOND_STATUS_BONDED",
        }
        for seed, name in ((1, "a"), (2, "b"), (3, "c"))
    ]
    last = [{"address": name, "power": power} for name, power in powers.items()]
    staking = {"exported": flag, "validators": validators, "last_validator_powers": last}
    return {
        **{k: v for k, v in FILE.items() if k != "validators"},
        "app_state": {"staking": staking},
    }


def test_an_exported_state_starts_with_its_last_powers():
    found = of(exported(powers={"a": "7", "c": "9"}))
    assert {(m.shown, m.power) for m in found.members} == {("m1", 7), ("m3", 9)}
    for genesis, why in (
        (exported(powers={"a": "7"}, flag=False), "last powers"),
        (exported(powers={}), "last powers"),
        (exported(powers={"a": "7", "d": "9"}), "does not hold"),
        (exported(powers={"a": "x"}), "not a whole number"),
    ):
        unknown = of(genesis)
        assert unknown.members == ()
        assert why in unknown.notes[0]


CASES = ["healthy-t0-60s", "sdk-healthy", "sdk-wrong-app-state-1of4", "two-stopped"]


@pytest.mark.parametrize("case", CASES)
def test_recorded_networks_have_the_hashes_that_their_genesis_gives(case: str):
    run = recording(case)
    found = expected(run.genesis, ChainOptions())
    heads = set()
    for poll in run.polls:
        answer = poll.answers.get("/commit?height=1")
        if answer is not None:
            header = json.loads(answer.body)["result"]["signed_header"]["header"]  # type: ignore[union-attr]
            heads.add((header["validators_hash"], header["consensus_hash"]))
    assert heads == {(found.validators, found.params)}
    assert len(found.members) == 4


def test_a_real_genesis_of_gen_txs_gives_a_validator_set():
    data = shared_path("data/crypto-org/genesis.json").read_bytes()
    found = expected(data, ChainOptions(power_reduction=10**8))
    assert len(found.members) == 6
    assert found.validators is not None
    assert found.network == "crypto-org-chain-mainnet-1"
