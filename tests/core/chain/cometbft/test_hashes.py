"""Hashes and signed bytes, against those that CometBFT 0.38.26 and 1.0.1 compute themselves.

`vectors.json` was written by a program in Go that calls `ValidatorSet.Hash`,
`ConsensusParams.Hash`, `Header.Hash` and `Commit.VoteSignBytes`; both versions wrote the same
bytes. The recorded answers of real nodes are a second source.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.times import parse_rfc3339
from aztrust.core.chain.cometbft.hashes import (
    ED25519,
    consensus_hash,
    ed25519_address,
    header_hash,
    read_block_id,
    validators_hash,
    vote_bytes,
)
from aztrust.core.chain.facts import Member
from tests.shared import shared_path

VECTORS: dict[str, Any] = json.loads(
    Path(__file__).with_name("vectors.json").read_text(encoding="utf-8")
)


def members(validators: list[dict[str, Any]]) -> list[Member]:
    return [Member(v["address"], v["power"], v["key"], ED25519, v["address"]) for v in validators]


@pytest.mark.parametrize("number", range(len(VECTORS["sets"])))
def test_a_validator_set_has_the_hash_and_addresses_that_cometbft_computes(number: int):
    found = VECTORS["sets"][number]
    assert validators_hash(members(found["validators"])) == found["hash"]
    assert validators_hash(members(found["validators"][::-1])) == found["hash"]
    for validator in found["validators"]:
        assert ed25519_address(bytes.fromhex(validator["key"])) == validator["address"]


def test_a_set_with_a_key_that_is_not_known_has_no_hash():
    (member,) = members(VECTORS["sets"][0]["validators"])
    assert validators_hash([member]) is not None
    assert validators_hash([Member("AA", 1, "00", "bls12381", "")]) is None
    assert validators_hash([Member("", 1, "00", "secp256k1", "")]) is None


@pytest.mark.parametrize("number", range(len(VECTORS["params"])))
def test_consensus_parameters_have_the_hash_that_cometbft_computes(number: int):
    found = VECTORS["params"][number]
    assert consensus_hash(found["max_bytes"], found["max_gas"]) == found["hash"]


@pytest.mark.parametrize("number", range(len(VECTORS["commits"])))
def test_a_header_has_the_hash_and_votes_the_bytes_that_cometbft_computes(number: int):
    found = VECTORS["commits"][number]
    header, commit = found["signed_header"]["header"], found["signed_header"]["commit"]
    assert header_hash(header) == commit["block_id"]["hash"]
    votes = [vote for vote in commit["signatures"] if vote["block_id_flag"] != 1]
    for vote, signed in zip(votes, found["sign_bytes"], strict=True):
        if vote["block_id_flag"] != 2:
            continue
        block, time = read_block_id(commit["block_id"], ""), parse_rfc3339(vote["timestamp"])
        assert time is not None
        made = vote_bytes(int(commit["height"]), commit["round"], block, time, header["chain_id"])
        assert made == base64.b64decode(signed)


@pytest.mark.parametrize(
    "name",
    [
        "version", "chain_id", "height", "time", "last_block_id", "last_commit_hash", "data_hash",
        "validators_hash", "next_validators_hash", "consensus_hash", "app_hash",
        "last_results_hash", "evidence_hash", "proposer_address",
    ],
)  # fmt: skip
def test_each_field_of_a_header_is_hashed(name: str):
    header = VECTORS["commits"][1]["signed_header"]["header"]
    other = {
        "version": {"block": "11", "app": "2"},
        "chain_id": "y",
        "height": "8",
        "time": "2026-11-29T23:53:59.319000001Z",
        "last_block_id": {**header["last_block_id"], "hash": "00" * 32},
    }.get(name, "00" * 20)
    assert header_hash({**header, name: other}) != header_hash(header)
    without = {key: value for key, value in header.items() if key != name}
    with pytest.raises(Malformed, match=name):
        header_hash(without)


RECORDED = ["gaia_fixtures", *(f"kvstore_fixtures/v0_{n}" for n in (34, 37, 38))]


@pytest.mark.parametrize("folder", RECORDED)
def test_recorded_blocks_of_other_networks_have_the_hash_that_is_computed(folder: str):
    path = shared_path(f"data/cometbft-rpc/{folder}/blockchain_from_1_to_10.json")
    metas = json.loads(path.read_bytes())["result"]["block_metas"]
    assert len(metas) == 10
    for meta in metas:
        assert header_hash(meta["header"]) == meta["block_id"]["hash"]
