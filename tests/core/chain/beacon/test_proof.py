"""Descent from the sealed genesis: what is shown without signatures, and that nothing holds."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.adapter import Unreachable
from aztrust.core.chain.beacon.adapter import Beacon
from aztrust.core.chain.beacon.proof import MAX_ANCESTORS, UNVERIFIED
from aztrust.core.chain.kinds import adapter_of, chain_options
from aztrust.core.chain.proving import prove_to
from tests.core.chain.beacon.fake_beacon import FakeBeacon
from tests.core.chain.cometbft.fake_node import silence
from tests.policies import policy

POWERS = [32, 32, 64, 32]
NODE = FakeBeacon(POWERS, head=20, skipped={3, 4})
ADAPTER = Beacon()
EXPECTED = ADAPTER.expected(NODE.ssz, ADAPTER.options)
OTHER = FakeBeacon(POWERS, head=20, skipped={3, 4}, state={"eth1_deposit_index": 1})


@pytest.mark.parametrize("slot", [0, 1, 5, 20])
def test_a_block_that_descends_from_the_genesis_has_nothing_wrong_and_is_not_proven(slot):
    proof = ADAPTER.prove(EXPECTED, NODE, slot)
    assert proof is not None
    assert (proof.wrong, proof.id, proof.height) == ((), NODE.id(slot), slot)
    assert proof.unverified == UNVERIFIED
    assert not proof.holds
    assert (proof.signed, proof.total, proof.signers) == (0, 160, ())
    assert proof.time_ms == EXPECTED.genesis.time_ms + slot * 2000
    assert proof.raw


@pytest.mark.clause("AZ-32.2")
def test_no_power_makes_a_block_proven_whose_signatures_were_not_verified():
    proof = ADAPTER.prove(EXPECTED, NODE, 1)
    assert proof is not None
    assert not replace(proof, signed=proof.total).holds
    assert replace(proof, signed=proof.total, unverified="").holds


@pytest.mark.clause("AZ-10.2")
@pytest.mark.parametrize("slot", [0, 1, 20])
def test_a_block_of_a_network_with_another_genesis_is_wrong(slot):
    proof = ADAPTER.prove(EXPECTED, OTHER, slot)
    assert proof is not None
    assert proof.wrong == ("the genesis block is not the one of the sealed genesis",)


def test_a_block_is_compared_with_the_one_that_was_looked_at_before():
    before = ADAPTER.prove(EXPECTED, NODE, 5)
    assert before is not None
    follows = ADAPTER.prove(EXPECTED, NODE, 6, before)
    assert follows is not None
    assert follows.wrong == ()
    skips = ADAPTER.prove(EXPECTED, NODE, 7, before)
    assert skips is not None
    assert skips.wrong == ("the block does not follow the one of slot 5",)
    after_wrong = ADAPTER.prove(EXPECTED, NODE, 6, replace(before, wrong=("x",)))
    assert after_wrong is not None
    assert after_wrong.wrong == ("the block before is wrong",)


def test_a_slot_without_a_block_gives_no_proof():
    assert ADAPTER.prove(EXPECTED, NODE, 3) is None
    assert ADAPTER.prove(EXPECTED, NODE, 21) is None


def test_ancestors_that_are_not_served_are_named_and_nothing_is_wrong():
    node = FakeBeacon(POWERS, head=20)
    node.instead[f"/eth/v1/beacon/headers/{node.id(7)}"] = 404
    proof = ADAPTER.prove(EXPECTED, node, 9)
    assert proof is not None
    assert (proof.wrong, proof.unverified) == (
        (),
        f"{UNVERIFIED}; and the blocks before it are not served",
    )


def test_descent_is_followed_only_so_far(monkeypatch):
    node = FakeBeacon(POWERS, head=20)
    monkeypatch.setattr("aztrust.core.chain.beacon.proof.MAX_ANCESTORS", 4)
    near, far = (ADAPTER.prove(EXPECTED, node, slot) for slot in (3, 4))
    assert near is not None
    assert far is not None
    assert near.unverified == UNVERIFIED
    assert far.unverified.endswith("and the genesis is more than 4 blocks before it")
    assert MAX_ANCESTORS > 4


def test_a_node_that_does_not_answer_raises():
    node = FakeBeacon(POWERS, head=20)
    node.instead["/eth/v1/beacon/headers/1"] = silence()
    with pytest.raises(Unreachable):
        ADAPTER.prove(EXPECTED, node, 1)


def test_blocks_in_a_row_end_with_the_first_and_name_the_cause():
    adapter = adapter_of("ethereum", chain_options(policy()))
    assert adapter.name == "ethereum"
    proven = prove_to(adapter, EXPECTED, NODE, 8)
    assert proven is not None
    assert not proven.holds
    assert proven.wrong() == (f"block 0: {UNVERIFIED}",)
