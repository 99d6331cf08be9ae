"""A genesis file and what a node serves: every field that differs is named, and no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.cometbft.projection import CONVENTION, go_compact, project
from aztrust.core.chain.facts import altered_genesis
from tests.core.chain.recordings import recording

Genesis = dict[str, Any]
ALTERED = {
    "dead-consensus-health": {"node3": ("consensus_params/block/max_bytes",)},
    "other-chain-id": {"node3": ("chain_id",)},
    "sdk-wrong-app-state-1of4": {"node3": ("app_state",)},
    "stale-db-genesis": {"node3": ("app_state",)},
    "wrong-app-state-1of4": {"node3": ("app_state",)},
    "wrong-app-state-2of4": {"node2": ("app_state",), "node3": ("app_state",)},
    "wrong-app-state-early-hash": {"node3": ("app_state",)},
    "wrong-app-state-kvstore": {"node3": ("app_state",)},
    "wrong-params": {"node3": ("consensus_params/block/max_bytes",)},
    "wrong-time": {"node3": ("genesis_time",)},
}
HEALTHY = (
    "clock-ahead-8s", "clock-behind-8s", "crash-restart", "diverges-at-5", "double-sign",
    "governance", "healthy-t0-60s", "never-started", "one-stopped", "sdk-healthy", "sigstop",
    "slow-node", "two-stopped",
)  # fmt: skip


@pytest.mark.parametrize("case", [*sorted(ALTERED), *HEALTHY])
def test_a_recorded_network_serves_the_frozen_genesis_but_for_what_was_altered(case: str):
    run, adapter = recording(case), CometBFT()
    sealed = adapter.expected(run.genesis, ChainOptions()).genesis
    found: dict[str, set[str]] = {}
    read = set()
    for facts in run.facts(adapter):
        if facts.genesis is not None:
            read.add(facts.node)
            found.setdefault(facts.node, set()).update(altered_genesis(sealed, facts.genesis))
    assert {n: tuple(sorted(names)) for n, names in found.items() if names} == ALTERED.get(case, {})
    assert len(read) >= 3


FILE: Genesis = {
    "genesis_time": "2026-06-01T16:00:00.500+02:00",
    "chain_id": "c-1",
    "initial_height": 0,
    "consensus_params": {
        "block": {"max_bytes": "22020096", "max_gas": "-1"},
        "validator": {"pub_key_types": ["ed25519"]},
        "version": {},
    },
    "validators": [
        {
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": key},
            "power": power,
            "name": name,
        }
        for key, power, name in (("a" * 43 + "=", "1", "a"), ("b" * 43 + "=", "2", "b"))
    ],
    "app_hash": None,
    "app_state": {"z": 1, "a": "x<y & z", "n": [1.50, 10**20], "u": "é\u2028"},
}
SERVED: Genesis = {
    **FILE,
    "genesis_time": "2026-06-01T14:00:00.5Z",
    "initial_height": "1",
    "consensus_params": {
        **FILE["consensus_params"],
        "version": {"app": "0"},
        "abci": {"vote_extensions_enable_height": "0"},
        "synchrony": {"precision": "0s"},
    },
    "validators": [{"address": "AB", **validator} for validator in FILE["validators"]],
    "app_hash": "",
}


def written(genesis: Genesis) -> bytes:
    return json.dumps(genesis, indent=3, ensure_ascii=False).encode()


def as_served(genesis: Genesis) -> bytes:
    text = json.dumps(genesis, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def altered(served: Genesis, file: Genesis | None = None) -> tuple[str, ...]:
    return altered_genesis(project(written(file or FILE), "f"), project(as_served(served), "s"))


def test_what_a_node_adds_as_zero_and_writes_anew_is_not_a_difference():
    assert altered(SERVED) == ()


def test_a_file_of_the_sdk_is_projected_like_what_its_node_serves():
    file = {k: v for k, v in FILE.items() if k not in ("consensus_params", "validators")} | {
        "app_name": "appd",
        "consensus": {"params": FILE["consensus_params"], "validators": FILE["validators"]},
    }
    assert altered(SERVED, file) == ()


def change(**fields: Any) -> Callable[[Genesis], Genesis]:
    return lambda served: {**served, **fields}


def with_validator(number: int, **fields: Any) -> Callable[[Genesis], Genesis]:
    def alter(served: Genesis) -> Genesis:
        validators = [dict(validator) for validator in served["validators"]]
        validators[number] |= fields
        return {**served, "validators": validators}

    return alter


def with_params(**fields: Any) -> Callable[[Genesis], Genesis]:
    return lambda served: {**served, "consensus_params": {**served["consensus_params"], **fields}}


OTHER_KEY = {"type": "tendermint/PubKeyEd25519", "value": "c" * 43 + "="}
STATE: Genesis = FILE["app_state"]
FIELDS = [
    (change(chain_id="c-2"), ("chain_id",)),
    (change(genesis_time="2026-06-01T14:00:00.500000001Z"), ("genesis_time",)),
    (change(initial_height="2"), ("initial_height",)),
    (change(app_hash="AB"), ("app_hash",)),
    (change(app_state={**STATE, "z": 2}), ("app_state",)),
    (change(app_state={**STATE, "n": [1.5, 10**20 + 1]}), ("app_state",)),
    (change(app_state=dict(reversed(STATE.items()))), ("app_state",)),
    (change(app_state={**STATE, "more": 0}), ("app_state",)),
    (change(app_state=None), ("app_state",)),
    (with_validator(1, power="3"), ("validators/1/power",)),
    (with_validator(0, name="c"), ("validators/0/name",)),
    (with_validator(1, pub_key=OTHER_KEY), ("validators/1/key",)),
    (change(validators=FILE["validators"][:1]),
     ("validators/1/key", "validators/1/name", "validators/1/power")),
    (with_params(block={"max_bytes": "1", "max_gas": "-1"}), ("consensus_params/block/max_bytes",)),
    (with_params(block={"max_bytes": "22020096"}), ("consensus_params/block/max_gas",)),
    (with_params(abci={"vote_extensions_enable_height": "5"}),
     ("consensus_params/abci/vote_extensions_enable_height",)),
    (with_params(validator={"pub_key_types": ["ed25519", "secp256k1"]}),
     ("consensus_params/validator/pub_key_types/1",)),
    (with_params(**{"block/max_bytes": "22020096"}), ("consensus_params/block~1max_bytes",)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FIELDS)))
def test_each_altered_field_is_named(number: int):
    alter, names = FIELDS[number]
    assert altered(alter(SERVED)) == names


def test_numbers_keep_the_spelling_of_the_file():
    assert project(b'{"chain_id":"c","app_state":{"a":1.50}}', "f") != project(
        b'{"chain_id":"c","app_state":{"a":1.5}}', "f"
    )


def test_go_writes_without_white_space_and_escapes_what_browsers_read():
    source = '{ "a\\"\\\\" :\t[ 1 , "x  <y>\u2028&" ] }\n'
    made = b'{"a\\"\\\\":[1,"x  \\u003cy\\u003e\\u2028\\u0026"]}'
    assert go_compact(source.encode()) == made


def test_what_a_file_leaves_to_defaults_is_unknown_and_not_compared():
    file = {k: v for k, v in FILE.items() if k not in ("consensus_params", "genesis_time")}
    fact = project(written(file), "f")
    assert fact.unknown == ("genesis_time", "consensus_params")
    assert altered(SERVED, file) == ()
    assert altered({**SERVED, "chain_id": "d"}, file) == ("chain_id",)


def test_two_conventions_are_never_equal():
    fact = project(written(FILE), "f")
    assert fact.convention == CONVENTION == "cometbft/genesis-projection/1"
    assert altered_genesis(replace(fact, convention="other/1"), fact) == ("convention",)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"null", b"[]", b"{", b'{"chain_id":1}', b'{"chain_id":"a","chain_id":"a"}',
        b'{"chain_id":"a","Chain_ID":"b"}', b'{"chain_id":"a","genesis_time":"now"}',
        b'{"chain_id":"a","initial_height":-1}', b'{"chain_id":"a","app_hash":"xy"}',
        b'{"chain_id":"a","validators":[{}]}', b'{"chain_id":"a","validators":[1]}',
        b'{"chain_id":"\\ud800"}', b'{"chain_id":"a","app_state":' + b"[" * 300 + b"]" * 300 + b"}",
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_not_a_genesis_is_refused_with_one_kind_of_error(text: bytes):
    with pytest.raises(Malformed) as caught:
        project(text, "the served genesis")
    assert caught.value.code == "genesis-malformed"
    assert caught.value.mend


def test_a_number_of_many_digits_is_read_in_the_state_and_refused_beyond_the_reader():
    def of(digits: int) -> bytes:
        return b'{"chain_id":"c","app_state":{"n":' + b"9" * digits + b"}}"

    assert dict(project(of(4000), "f").parts)["app_state"].startswith("sha256:")
    with pytest.raises(Malformed, match="number out of range"):
        project(of(10_000), "f")


def test_a_state_is_found_behind_members_of_every_kind():
    state = b'{"app_state":7,"b":"}"}'
    data = b'{"x":"a\\"b","n":1e5,"l":[{}], "app_state" : ' + state + b' ,"chain_id":"c"}'

    assert dict(project(data, "f").parts)["app_state"] == (
        "sha256:" + hashlib.sha256(go_compact(state)).hexdigest()
    )
