"""What follows from a sealed `genesis.ssz`, and the parts in which a served genesis differs."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.beacon.adapter import Beacon
from aztrust.core.chain.beacon.expected import expected
from aztrust.core.chain.beacon.state import read_state
from aztrust.core.chain.facts import altered_genesis
from tests.core.chain.beacon.fake_beacon import GENESIS_TIME, FakeBeacon, serialize, validator

POWERS = [32, 32, 64, 32]
SEALED = FakeBeacon(POWERS)


def served(node: FakeBeacon):
    facts, _ = Beacon().read("a", node, Beacon().fresh())
    assert facts.genesis is not None, facts.trouble
    return facts.genesis


def test_validators_time_and_roots_follow_from_the_file():
    found = Beacon().expected(SEALED.ssz, ChainOptions())
    assert found.first_height == 0
    assert found.genesis.time_ms == GENESIS_TIME * 1000
    assert [(m.id, m.power, m.key) for m in found.members] == [
        (str(n), power, bytes([n + 1]).hex() * 48) for n, power in enumerate(POWERS)
    ]
    assert found.total == 160
    assert dict(found.genesis.parts)["state_root"] == f"0x{SEALED.root.hex()}"
    assert found.first_block == SEALED.id(0)
    assert found.network == found.validators == dict(found.genesis.parts)["genesis_validators_root"]
    assert found.params is None
    assert found.notes == ()


def test_validators_that_are_not_active_at_genesis_have_no_power():
    rows = [
        validator(0, 32),
        validator(1, 32, activation_epoch=1),
        validator(2, 32, exit_epoch=0),
        validator(3, 16),
    ]
    node = FakeBeacon([32] * 4, state={"validators": rows})
    assert [(m.id, m.power) for m in expected(node.ssz).members] == [("0", 32), ("3", 16)]
    nothing = FakeBeacon([32], state={"validators": rows[1:2]})
    assert expected(nothing.ssz).notes == (
        "no validator of the genesis state is active in epoch 0",
    )


def test_a_node_with_the_sealed_genesis_serves_the_same_parts():
    for fork in ("phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu"):
        node = FakeBeacon(POWERS, fork=fork)
        found = expected(node.ssz).genesis
        assert altered_genesis(found, served(node)) == ()
        assert len(found.parts) == len(node.kind.fields) + 1
        assert found.parts == served(node).parts


ALTERED: dict[str, tuple[FakeBeacon, set[str]]] = {
    "time": (FakeBeacon(POWERS, time=GENESIS_TIME + 1), {"genesis_time"}),
    "one more validator": (
        FakeBeacon([*POWERS, 32]),
        {"validators", "balances", "genesis_validators_root"},
    ),
    "another power": (
        FakeBeacon([32, 32, 32, 32]),
        {"validators", "balances", "genesis_validators_root"},
    ),
    "a balance": (FakeBeacon(POWERS, state={"balances": [1, 2, 3, 4]}), {"balances"}),
    "fork": (
        FakeBeacon(
            POWERS,
            state={
                "fork": {"previous_version": b"\0" * 4, "current_version": b"\4" * 4, "epoch": 0}
            },
        ),
        {"fork"},
    ),
    "deposit": (FakeBeacon(POWERS, state={"eth1_deposit_index": 7}), {"eth1_deposit_index"}),
}


@pytest.mark.clause("AZ-10.2")
@pytest.mark.parametrize("name", sorted(ALTERED))
def test_each_field_that_differs_is_named(name):
    node, fields = ALTERED[name]
    sealed = expected(SEALED.ssz).genesis
    assert set(altered_genesis(sealed, served(node))) == {*fields, "state_root"}


@pytest.mark.clause("AZ-10.2")
def test_fields_that_a_node_does_not_serve_are_unknown_and_the_root_still_differs():
    node = FakeBeacon(POWERS, state={"eth1_deposit_index": 7})
    node.instead["/eth/v2/debug/beacon/states/genesis"] = 404
    found = served(node)
    assert "eth1_deposit_index" in found.unknown
    assert "validators" not in found.unknown
    assert altered_genesis(expected(SEALED.ssz).genesis, found) == ("state_root",)
    node.instead |= {
        f"/eth/v1/beacon/states/genesis/{name}": 404 for name in ("validators", "fork")
    }
    found = served(node)
    assert {"validators", "balances", "fork"} <= set(found.unknown)
    assert [name for name, _ in found.parts] == [
        "genesis_time", "genesis_validators_root", "state_root",
    ]  # fmt: skip


def test_a_whole_state_with_another_root_than_the_served_one_is_not_believed():
    node = FakeBeacon(POWERS)
    lie = FakeBeacon(POWERS, state={"eth1_deposit_index": 7})
    node.instead["/eth/v2/debug/beacon/states/genesis"] = lie.offered()[
        "/eth/v2/debug/beacon/states/genesis"
    ]
    assert "eth1_deposit_index" in served(node).unknown


def altered_bytes(**other: Any) -> bytes:
    node = FakeBeacon(POWERS)
    return serialize(node.kind, {**node.genesis, **other})


REFUSED = {
    "not a state": (b"{}", "is not a BeaconState in SSZ"),
    "later slot": (altered_bytes(slot=8), "it is the state of slot 8"),
    "another set root": (
        altered_bytes(genesis_validators_root=bytes(32)),
        "genesis_validators_root is not the root of the validators",
    ),
    "balances": (altered_bytes(balances=[1]), "not as many balances as validators"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_that_is_not_a_genesis_state_is_refused(name):
    data, message = REFUSED[name]
    assert expected(altered_bytes(eth1_deposit_index=3)).total == 160
    with pytest.raises(Malformed, match=message) as caught:
        expected(data)
    assert caught.value.code == "genesis-malformed"
    assert "genesis.ssz" in caught.value.mend


def test_the_genesis_block_keeps_a_state_root_that_its_header_has():
    node = FakeBeacon(POWERS)
    header = {**node.genesis["latest_block_header"], "state_root": b"\1" * 32}
    state = read_state(altered_bytes(latest_block_header=header), "state")
    assert expected(altered_bytes(latest_block_header=header)).first_block != node.id(0)
    assert state.root != node.root
