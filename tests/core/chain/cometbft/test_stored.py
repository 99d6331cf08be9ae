"""The genesis that a node stored, against the file: by value, as CometBFT and the SDK write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aztrust.core.chain.cometbft.stored import compare_stored

PARAMS = {"block": {"max_bytes": "22020096", "max_gas": "-1"}, "version": {"app": "0"}}
VALIDATORS = [
    {"pub_key": {"type": "t/Ed", "value": value}, "power": power, "name": name}
    for value, power, name in (("AA==", "1", "a"), ("BB==", "2", "b"))
]
FILE: dict[str, Any] = {
    "genesis_time": "2026-06-01T14:00:00.500Z",
    "chain_id": "c-1",
    "initial_height": "0",
    "consensus_params": PARAMS,
    "validators": VALIDATORS,
    "app_hash": "",
    "app_state": {"bank": {"supply": "1000"}, "note": "a<b & c", "n": 1, "x": True, "z": 1},
}
STORED: dict[str, Any] = {
    **FILE,
    "genesis_time": "2026-06-01T14:00:00.5Z",
    "initial_height": "1",
    "validators": [{"address": "75FF", **v} for v in VALIDATORS],
    "consensus_params": {**PARAMS, "abci": {"vote_extensions_enable_height": "0"}},
}


def data(document: Any) -> bytes:
    return json.dumps(document).replace("<", "\\u003c").replace("&", "\\u0026").encode()


def compare(file: Any, stored: Any):
    return compare_stored(json.dumps(file, indent=2).encode(), data(stored))


def test_what_a_node_writes_of_a_file_is_the_same():
    assert compare(FILE, STORED).same


def test_an_export_of_the_sdk_is_the_same():
    file = {k: FILE[k] for k in ("genesis_time", "chain_id", "app_state")} | {
        "app_name": "atlasd",
        "initial_height": 1,
        "app_hash": None,
        "consensus": {"params": PARAMS, "validators": VALIDATORS},
    }
    assert compare(file, STORED).same


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"chain_id": "c-2"}, "chain_id"),
        ({"genesis_time": "2026-06-01T14:00:00.501Z"}, "genesis_time"),
        ({"initial_height": "2"}, "initial_height"),
        ({"app_hash": "AB"}, "app_hash"),
        ({"validators": [VALIDATORS[0], {**VALIDATORS[1], "power": "3"}]}, "validators/1/power"),
        ({"validators": [{**VALIDATORS[0], "name": "c"}, VALIDATORS[1]]}, "validators/0/name"),
        ({"app_state": {**FILE["app_state"], "bank": {"supply": "999"}}}, "app_state"),
        ({"app_state": {**FILE["app_state"], "x": 1}}, "app_state"),
        ({"app_state": {**FILE["app_state"], "n": "1"}}, "app_state"),
        ({"app_state": {**FILE["app_state"], "z": 1.0}}, "app_state"),
        ({"app_state": None}, "app_state"),
        (
            {"consensus_params": {**PARAMS, "block": {"max_bytes": "1", "max_gas": "-1"}}},
            "consensus_params/block/max_bytes",
        ),
    ],
)
def test_each_field_is_compared(change: dict[str, Any], differs: str):
    assert compare(FILE, STORED | change).differs == (differs,)


def test_the_order_of_keys_in_the_state_counts_because_a_node_keeps_it():
    turned = dict(reversed(FILE["app_state"].items()))
    assert compare(FILE, {**STORED, "app_state": turned}).differs == ("app_state",)


def test_the_order_and_the_number_of_validators_count():
    turned = compare(FILE, STORED | {"validators": VALIDATORS[::-1]})
    assert "validators/0/key" in turned.differs
    fewer = compare(FILE, STORED | {"validators": VALIDATORS[:1]})
    assert fewer.differs == ("validators/1/key", "validators/1/name", "validators/1/power")


def test_parameters_that_the_node_left_out_differ():
    stored = STORED | {"consensus_params": {"version": {"app": "0"}}}
    places = ("consensus_params/block/max_bytes", "consensus_params/block/max_gas")
    assert compare(FILE, stored).differs == places


@pytest.mark.parametrize(
    ("change", "stored", "why"),
    [
        ({"consensus_params": None}, {}, "defaults"),
        ({"genesis_time": None}, {}, "no genesis_time"),
        ({}, {"consensus_params": {**PARAMS, "abci": {"height": "7"}}}, "the node added"),
    ],
)
def test_what_the_file_leaves_open_is_never_the_same(change: dict, stored: dict, why: str):
    file = {key: value for key, value in (FILE | change).items() if value is not None}
    compared = compare(file, STORED | stored)
    assert compared.differs == ()
    assert why in compared.unknown
    assert not compared.same


@pytest.mark.parametrize("text", [b"", b"x", b"[]", b'{"a":1,"a":2}'])
def test_what_is_not_a_document_is_unknown_on_either_side(text: bytes):
    for compared in (compare_stored(text, data(STORED)), compare_stored(data(FILE), text)):
        assert compared.unknown
        assert not compared.same
