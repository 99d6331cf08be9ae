"""Genesis files of real launches: published hashes, weights, and the linkage Holesky lacked."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.genesis.conventions import genesis_hash, matching_conventions
from aztrust.core.genesis.differences import diff_genesis
from aztrust.core.genesis.facts import genesis_facts
from aztrust.core.linkage.pointers import Sources, parse_reference, resolve
from aztrust.core.linkage.scalars import compare
from tests.shared import shared_path

FAILED, RELAUNCH = "holesky/failed-launch-2023-09-15", "holesky/relaunch-2023-09-28"


def read(relative: str) -> bytes:
    return shared_path(f"data/{relative}").read_bytes()


@pytest.mark.clause("RC-D")
@pytest.mark.parametrize(
    ("file", "published"),
    [
        (
            "crypto-org/genesis.json",
            "sha256:d299dcfee6ae29ca280006eaa065799552b88b978e423f9ec3d8ab531873d882",
        ),
        (
            "stride/genesis.json",
            "sha256:e31b8d1a9090f128b6f7db024836213d1af2b424bfb757e38f3b5c39be738aa4",
        ),
    ],
)
def test_published_hashes_are_of_the_raw_bytes(file: str, published: str) -> None:
    data = read(file)
    assert genesis_hash("raw", data) == published
    assert matching_conventions(data, published) == ("raw",)
    assert genesis_hash("jq-S-c", data) != published


def test_crypto_org() -> None:
    facts = genesis_facts(read("crypto-org/genesis.json"), "#/chain_id", "genesis.json")
    assert facts.chain_id == "crypto-org-chain-mainnet-1"
    assert facts.genesis_time == "2021-03-25T01:00:00Z"
    assert len(facts.power.validators) == facts.power.gen_txs == 6
    assert (facts.power.third, facts.power.two_thirds) == (2, 4)
    assert facts.power.unit == "basecro staked"
    assert facts.supply.accounts == 201
    assert facts.notes == ()


def test_stride() -> None:
    facts = genesis_facts(read("stride/genesis.json"), "#/chain_id", "genesis.json")
    assert facts.chain_id == "stride-1"
    assert facts.genesis_time == "2022-09-04T19:00:00.451745Z"
    assert (len(facts.power.validators), facts.power.total) == (19, 190_000_000)
    assert (facts.power.third, facts.power.two_thirds) == (7, 13)


@pytest.mark.parametrize("launch", [FAILED, RELAUNCH])
def test_holesky(launch: str) -> None:
    facts = genesis_facts(read(f"{launch}/genesis.json"), "#/config/chainId", "genesis.json")
    assert (facts.format, facts.chain_id, facts.chain_id_type) == ("ethereum", "17000", "integer")
    assert facts.supply.accounts == 317


def test_a_nodes_rpc_answer_is_not_the_genesis() -> None:
    data = read("cometbft-rpc/gaia_fixtures/genesis.json")
    with pytest.raises(Malformed, match=r"result\.genesis"):
        genesis_facts(data, "#/chain_id", "genesis.json")
    inner = json.dumps(json.loads(data)["result"]["genesis"]).encode()
    assert genesis_facts(inner, "#/chain_id", "genesis.json").power.gen_txs == 1
    plain = read("cometbft-rpc/kvstore_fixtures/v0_38/genesis.json")
    inner = json.dumps(json.loads(plain)["result"]["genesis"]).encode()
    assert genesis_facts(inner, "#/chain_id", "genesis.json").power.unit == "voting power"


def linkage(launch: str, left: str, right: str, reading: str | None) -> bool:
    sources = Sources(
        {
            ("genesis", "genesis.json"): read(f"{launch}/genesis.json"),
            ("release", "config.yaml"): read(f"{launch}/config.yaml"),
        }
    )
    sides = (resolve(parse_reference(side), sources) for side in (left, right))
    return compare(*sides, reading).holds


@pytest.mark.clause("AZ-6.2")
def test_a_linkage_rule_tells_the_failed_holesky_launch_from_its_relaunch() -> None:
    """The consensus layer was built for an execution genesis with no extraData."""
    rule = ("genesis:genesis.json#/extraData", "'0x'", "hex")
    assert not linkage(FAILED, *rule)
    assert linkage(RELAUNCH, *rule)


@pytest.mark.parametrize("launch", [FAILED, RELAUNCH])
def test_linkage_across_types_and_formats(launch: str) -> None:
    chain = ("release:config.yaml#/DEPOSIT_CHAIN_ID", "genesis:genesis.json#/config/chainId")
    assert linkage(launch, *chain, "integer")
    assert not linkage(launch, *chain, None)
    time = ("release:config.yaml#/MIN_GENESIS_TIME", "genesis:genesis.json#/timestamp")
    assert linkage(launch, *time, "time")
    other = RELAUNCH if launch == FAILED else FAILED
    assert read(f"{launch}/config.yaml") != read(f"{other}/config.yaml")


def test_what_changed_between_the_holesky_launches() -> None:
    told = diff_genesis(read(f"{FAILED}/genesis.json"), read(f"{RELAUNCH}/genesis.json")).lines()
    assert '~ extraData  "0x686f77206d7563682069732074686520666973683f" -> ""' in told
    assert "~ config.shanghaiTime  1694884704 -> 1696000704" in told
    assert told[-1] == "= supply, all else"


@pytest.mark.parametrize("launch", [FAILED, RELAUNCH])
def test_an_lfs_pointer_is_named_as_one(launch: str) -> None:
    with pytest.raises(Malformed, match="Git-LFS pointer"):
        genesis_facts(read(f"{launch}/genesis.ssz.lfs-pointer"), "#/chain_id", "genesis.ssz")
