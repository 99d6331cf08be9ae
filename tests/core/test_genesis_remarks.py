"""What sealers and approvers of a genesis are warned of."""

from __future__ import annotations

import pytest

from aztrust.core.genesis.remarks import genesis_remarks

STARTS = 1_800_000_000_000
FACTS = {
    "format": "cosmos",
    "genesis_time": "2027-01-15T08:00:00Z",
    "genesis_time_unix_ms": STARTS,
    "power": {"gen_txs": 0, "validators": [{"moniker": "a"}]},
}


def codes(now: int = STARTS, **changes: object) -> list[str]:
    return [remark.code for remark in genesis_remarks({**FACTS, **changes}, now)]


def test_a_genesis_that_starts_later_and_has_a_validator_has_no_warning() -> None:
    assert codes() == []
    assert list(genesis_remarks(None, STARTS)) == []


def test_a_genesis_time_in_the_past_is_named_with_its_time() -> None:
    (remark,) = genesis_remarks(FACTS, STARTS + 1)
    assert (remark.code, "2027-01-15T08:00:00Z" in remark.text) == ("genesis-time-past", True)


@pytest.mark.parametrize("power", [None, {}, {"gen_txs": 0, "validators": []}])
def test_a_cosmos_genesis_without_a_validator(power: object) -> None:
    assert codes(power=power) == ["genesis-without-validator"]
    assert codes(power=power, format="ethereum") == []


def test_signatures_of_gen_txs_are_named_as_not_verified() -> None:
    power = {"gen_txs": 2, "validators": [{"moniker": "a"}, {"moniker": "b"}]}
    assert codes(power=power) == ["gentx-signatures-unverified"]


@pytest.mark.parametrize("form", ["json", "toml", "yaml", "opaque"])
def test_identities_of_another_format_are_named_as_not_compared(form: str) -> None:
    assert codes(format=form, power=None) == ["identities-not-compared"]
    assert codes(format="ethereum", power=None) == []
