"""A block is proven by the signatures of the genesis validators, and by nothing less."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.chain.adapter import ChainOptions, Reply
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.cometbft.hashes import header_hash
from aztrust.core.chain.cometbft.proof import prove
from aztrust.core.chain.facts import Expected, GenesisFact, Member, Proof
from tests.core.chain.cometbft.signed_blocks import (
    BLOCKS,
    MEMBERS,
    TOTAL,
    altered,
    asker,
    expected,
    node,
)
from tests.core.chain.recordings import recording
from tests.shared import shared_path

FIRST = BLOCKS[0]
LARGEST = MEMBERS[0].power
Block = dict[str, Any]


def proof(block: Block = FIRST, of: Expected | None = None) -> Proof:
    found = prove(of or expected(FIRST), node(block, 1), 1)
    assert found is not None
    return found


def test_the_signed_power_is_that_of_valid_votes_for_the_block():
    found = proof()
    absent = FIRST["commit"]["signatures"][2]
    nil = FIRST["commit"]["signatures"][3]["validator_address"]
    assert absent["block_id_flag"] == 1
    assert (found.wrong, found.total) == ((), TOTAL)
    assert nil not in found.signers
    assert len(found.signers) == len(MEMBERS) - 2
    powers = {member.id: member.power for member in MEMBERS}
    assert found.signed == sum(powers[address] for address in found.signers)
    assert found.holds
    assert found.text == f"{found.signed} of {TOTAL} signed block 1"
    assert len(found.raw) == 1


def vote_of(block: Block, number: int) -> dict[str, Any]:
    found: dict[str, Any] = block["commit"]["signatures"][number]
    return found


def without_the_largest(block: Block) -> None:
    vote_of(block, 0).update(block_id_flag=1, validator_address="", signature=None)


def with_a_vote_twice(block: Block) -> None:
    block["commit"]["signatures"].append(dict(vote_of(block, 1)))


def with_the_signature_of_another_height(block: Block) -> None:
    vote_of(block, 0)["signature"] = vote_of(BLOCKS[1], 0)["signature"]


def with_the_signature_of_another_validator(block: Block) -> None:
    vote_of(block, 0)["signature"] = vote_of(block, 1)["signature"]


def with_another_time_in_a_vote(block: Block) -> None:
    vote_of(block, 0)["timestamp"] = "2026-11-29T23:54:09Z"


def with_another_round(block: Block) -> None:
    block["commit"]["round"] = 1


def with_a_vote_for_no_block_turned(block: Block) -> None:
    vote_of(block, 3)["block_id_flag"] = 2


def with_another_block_id(block: Block) -> None:
    block["commit"]["block_id"]["hash"] = "00" * 32


def with_other_parts(block: Block) -> None:
    block["commit"]["block_id"]["parts"]["hash"] = "00" * 32


def with_another_app_hash(block: Block) -> None:
    block["header"]["app_hash"] = "AA"


def with_another_app_hash_and_its_block_id(block: Block) -> None:
    block["header"]["app_hash"] = "AA"
    block["commit"]["block_id"]["hash"] = header_hash(block["header"])


def with_another_commit_height(block: Block) -> None:
    block["commit"]["height"] = "2"


def with_a_stranger(block: Block) -> None:
    vote_of(block, 0)["validator_address"] = "AB" * 20


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (with_a_vote_twice, "two votes"),
        (with_the_signature_of_another_height, "not valid"),
        (with_the_signature_of_another_validator, "not valid"),
        (with_another_time_in_a_vote, "not valid"),
        (with_another_round, "not valid"),
        (with_a_vote_for_no_block_turned, "not valid"),
        (with_another_block_id, "another hash"),
        (with_other_parts, "not valid"),
        (with_another_app_hash, "another hash"),
        (with_another_app_hash_and_its_block_id, "not valid"),
        (with_another_commit_height, "commit is for height 2"),
        (with_a_stranger, "not a validator of this height"),
    ],
)
def test_an_altered_commit_proves_nothing(change: Callable[[Block], None], why: str):
    found = proof(altered(FIRST, change))
    assert not found.holds
    assert any(why in sentence for sentence in found.wrong), found.wrong
    assert found.signed <= proof().signed


def test_votes_are_verified_for_the_block_of_the_header_and_not_of_the_commit():
    found = proof(altered(FIRST, with_another_block_id))
    assert found.signed == proof().signed


def test_power_counts_once_where_a_vote_is_repeated():
    found = proof(altered(FIRST, with_a_vote_twice))
    assert found.signed == proof().signed
    assert len(found.signers) == len(set(found.signers))


def test_two_thirds_are_not_enough_without_the_largest_validator():
    found = proof(altered(FIRST, without_the_largest))
    assert found.wrong == ()
    assert found.signed == proof().signed - LARGEST
    assert not found.holds


def with_powers(*powers: int) -> Proof:
    """A proof with these powers signed, of 300 in all."""
    return Proof(1, "", 0, 0, sum(powers), 300, (), (), "")


def test_more_than_two_thirds_are_needed():
    assert not with_powers(100, 100).holds
    assert with_powers(100, 101).holds
    assert not Proof(1, "", 0, 0, 0, 0, (), (), "").holds


@pytest.mark.parametrize(
    ("of", "why"),
    [
        ({"network": "azlive-2"}, "another chain id"),
        ({"validators": "00" * 32}, "another validator set"),
        ({"params": "00" * 32}, "other consensus parameters"),
        ({"genesis": GenesisFact("t", (("genesis_time", "1795996440000000000"),), 0)}, "time"),
        ({"genesis": GenesisFact("t", (("genesis_time", "1"),), 0)}, "another time"),
        ({"members": (), "validators": None, "notes": ("why not",)}, "why not"),
    ],
)
def test_another_genesis_proves_nothing(of: dict[str, Any], why: str):
    found = proof(of=replace(expected(FIRST), **of))
    assert not found.holds
    assert any(why in sentence for sentence in found.wrong), found.wrong


def test_a_first_block_may_be_later_where_proposers_give_the_time():
    parts = (
        ("consensus_params/feature/pbts_enable_height", "1"),
        ("genesis_time", "1"),
    )
    of = replace(expected(FIRST), genesis=GenesisFact("t", parts, 0))
    assert proof(of=of).holds
    late = tuple((name, str(2**62) if name == "genesis_time" else v) for name, v in parts)
    of = replace(expected(FIRST), genesis=GenesisFact("t", late, 0))
    assert not proof(of=of).holds


def test_a_header_of_another_height_is_not_the_one_that_was_asked_for():
    second = BLOCKS[1]
    of = replace(expected(second), first_height=1)
    found = prove(of, node(second, 8), 8)
    assert found is not None
    assert any("8 was asked for" in sentence for sentence in found.wrong)
    asked = prove(of, node(second), 7)
    assert asked is not None
    assert asked.holds
    # The first block of a chain has none before it.
    first = prove(expected(second), node(second), 7)
    assert first is not None
    assert first.wrong == ("the first block has a block before it",)


def test_a_height_that_a_node_does_not_have_is_not_a_proof():
    assert prove(expected(FIRST), asker({}), 1) is None


def test_a_key_of_another_type_counts_in_the_total_and_never_signs():
    first = MEMBERS[0]
    other = Member(first.id, first.power, first.key, "secp256k1", first.shown)
    found = proof(of=replace(expected(FIRST), members=(other, *MEMBERS[1:])))
    assert found.total == TOTAL
    assert found.signed == proof().signed - first.power


@pytest.mark.parametrize(
    "case", ["healthy-t0-60s", "sdk-healthy", "governance", "double-sign", "wrong-app-state-2of4"]
)
def test_every_recorded_block_is_proven_from_the_genesis_alone(case: str):
    run, adapter = recording(case), CometBFT()
    of = adapter.expected(run.genesis, ChainOptions())
    get, height, last = run.get("node0"), 0, None
    heights = [
        int(p.partition("=")[2]) for poll in run.polls for p in poll.answers if "/commit?" in p
    ]
    for height in range(1, max(heights) + 1):
        last = adapter.prove(of, get, height, last)
        assert last is not None
        assert last.holds, (height, last.wrong)
    assert height >= (1 if case.startswith("wrong") else 10)


def test_a_changed_validator_set_is_not_proven_without_the_blocks_before():
    run, adapter = recording("governance"), CometBFT()
    of = adapter.expected(run.genesis, ChainOptions())
    get = run.get("node0")
    found = adapter.prove(of, get, 10)
    assert found is not None
    assert not found.holds
    eighth = adapter.prove(of, get, 8)
    assert eighth is not None
    assert eighth.holds
    ninth = adapter.prove(of, get, 9, eighth)
    assert ninth is not None
    assert ninth.holds
    assert ninth.total == eighth.total + 4
    # A block that does not follow the one proven before is not proven by it.
    eleventh = adapter.prove(of, get, 11, ninth)
    assert eleventh is not None
    assert any("does not follow block 9" in sentence for sentence in eleventh.wrong)
    # Neither does one of another height, or with another hash, whatever the rest is.
    for other in (replace(eighth, id="00" * 32), replace(eighth, height=7)):
        ninth = adapter.prove(of, get, 9, other)
        assert ninth is not None
        assert ninth.wrong == (
            f"the header does not follow block {other.height}, which was proven before",
        )
    ninth = adapter.prove(of, get, 9, replace(eighth, signed=0))
    assert ninth is not None
    assert "the block before is not proven" in ninth.wrong


def test_the_real_launch_signed_its_first_block_with_three_quarters():
    run, adapter = recording("sdk-healthy"), CometBFT()
    of = adapter.expected(run.genesis, ChainOptions())
    found = adapter.prove(of, run.get("node0"), 1)
    assert found is not None
    assert found.text == "303 of 406 signed block 1"
    # With another unit of power the same genesis expects another set.
    of = adapter.expected(run.genesis, ChainOptions(power_reduction=10**5))
    other = adapter.prove(of, run.get("node0"), 1)
    assert other is not None
    assert not other.holds


@pytest.mark.parametrize("folder", ["v0_34", "v0_37", "v0_38"])
def test_recorded_commits_of_other_versions_are_proven(folder: str):
    path = shared_path(f"data/cometbft-rpc/kvstore_fixtures/{folder}/genesis.json")
    genesis = json.loads(path.read_bytes())["result"]["genesis"]
    of = CometBFT().expected(json.dumps(genesis).encode(), ChainOptions())
    answer = json.loads(path.with_name("commit_at_height_10.json").read_bytes())["result"]
    found = prove(of, asker({"/commit?height=10": answer}), 10)
    assert found is not None
    assert found.wrong == ()
    assert found.text == "10 of 10 signed block 10"


def test_a_recorded_chain_that_started_from_genesis_transactions_is_proven():
    path = shared_path("data/cometbft-rpc/gaia_fixtures/genesis.json")
    genesis = json.loads(path.read_bytes())["result"]["genesis"]
    of = CometBFT().expected(json.dumps(genesis).encode(), ChainOptions())
    answer = json.loads(path.with_name("commit_at_height_10.json").read_bytes())["result"]
    found = prove(of, asker({"/commit?height=10": answer}), 10)
    assert found is not None
    assert found.wrong == ()
    assert found.holds


def test_a_commit_that_is_not_one_is_refused_with_its_place():
    broken = altered(FIRST, lambda block: vote_of(block, 0).update(block_id_flag=9))
    with pytest.raises(Malformed, match="block_id_flag is 9"):
        proof(broken)


def test_a_served_set_must_be_the_one_that_the_block_before_names():
    run, adapter = recording("governance"), CometBFT()
    of = adapter.expected(run.genesis, ChainOptions())
    get = run.get("node0")
    eighth = adapter.prove(of, get, 8)

    def ask(path: str, body: bytes | None) -> Reply:
        reply = get(path, body)
        if not path.startswith("/validators?"):
            return reply
        answer = json.loads(reply.body)
        answer["result"]["validators"][0]["voting_power"] = "4"
        return Reply(json.dumps(answer).encode())

    ninth = adapter.prove(of, ask, 9, eighth)
    assert ninth is not None
    (why,) = ninth.wrong
    assert why == "the set that the node serves is not the one that the block before names"
    assert (ninth.signed, ninth.total) == (0, 0)
