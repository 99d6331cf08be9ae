"""Recorded runs of a real beacon node, judged: exactly the signals that each must give."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aztrust.core.chain.beacon.adapter import Beacon
from aztrust.core.chain.facts import Reach, altered_genesis
from aztrust.core.chain.judge.criteria import criteria
from aztrust.core.chain.judge.judging import judge
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.signals import Signal
from aztrust.core.chain.judge.thresholds import Thresholds, thresholds_of
from tests.core.chain.beacon.recorded import RUNS, recorded
from tests.core.chain.watched import ROLLBACK
from tests.policies import policy

ADAPTER = Beacon()
TABLES = (
    """
[early]
block_interval = "4s"
max_error_rate = "1%"
min_participation = "70%"
startup_delay = "5s"
max_no_finality = "90s"
[steady]
block_interval = "4s"
max_error_rate = "2%"
min_participation = "67%"
startup_delay = "15s"
max_no_finality = "95s"
"""
    + ROLLBACK
)
LIMITS = thresholds_of(policy(TABLES), "early", ADAPTER.traits)


def replay(name: str, limits: Thresholds = LIMITS) -> tuple[Memory, list[tuple[int, Signal]]]:
    """The memory at the end, and every signal with its second after T0."""
    run = recorded(name)
    expected = ADAPTER.expected(run.genesis, ADAPTER.options)
    memory, found = Memory(), []
    for facts in run.facts(ADAPTER):
        memory, signals = judge(memory, [facts], expected, limits, facts.at_ms)
        second = (facts.at_ms - expected.genesis.time_ms) // 1000
        found += [(second, signal) for signal in signals]
    return memory, found


@pytest.mark.parametrize("name", RUNS)
def test_every_recorded_answer_is_read(name):
    for facts in recorded(name).facts(ADAPTER):
        assert facts.reach in (Reach.OK, Reach.REFUSED), facts.trouble


@pytest.mark.clause("AZ-11.2")
def test_a_healthy_network_gives_no_signal_and_becomes_final():
    memory, found = replay("healthy")
    assert [(second, s.code, s.detail) for second, s in found] == []
    assert memory.final >= 16
    assert memory.head > memory.final
    states = {one.criterion: one.state for one in criteria(memory, LIMITS)}
    assert {states[name] for name in ("halt", "participation", "cadence")} == {"not-met"}


def test_by_the_measure_of_instant_finality_it_would_be_halted():
    tight = policy(TABLES.replace('block_interval = "4s"', 'block_interval = "2s"'))
    for traits, halted in ((None, True), (ADAPTER.traits, False)):
        _, found = replay("healthy", thresholds_of(tight, "early", traits))
        assert ("rollback-halt" in {signal.code for _, signal in found}) is halted


@pytest.mark.clause("AZ-10.2")
def test_a_node_with_one_more_validator_has_another_genesis():
    _, found = replay("nine-validators")
    codes = {signal.code: signal for _, signal in found}
    assert codes.keys() >= {"genesis-served-other", "first-block-other", "chain-id-other"}
    served = codes["genesis-served-other"]
    assert served.anomaly == "genesis-mismatch"
    # No node reports its validators: how much power is affected is unknown.
    assert (served.power, served.guidance) == (None, "HOLD")
    sealed = ADAPTER.expected(recorded("nine-validators").genesis, ADAPTER.options).genesis
    genesis = next(f.genesis for f in recorded("nine-validators").facts(ADAPTER) if f.genesis)
    altered = altered_genesis(sealed, genesis)
    assert {"validators", "balances", "genesis_validators_root", "state_root"} <= set(altered)
    assert "genesis_time" not in altered
    assert "fork" not in altered


@pytest.mark.clause("AZ-10.2", "AZ-11.2", "AZ-26.1")
def test_below_two_thirds_blocks_go_on_and_nothing_becomes_final():
    memory, found = replay("three-of-eight-absent")
    assert memory.head > 30
    assert memory.final == 0
    first = {}
    for second, signal in found:
        first.setdefault(signal.code, (second, signal))
    assert first.keys() == {
        "quorum-missing", "rollback-participation", "participation-low",
    } | ({"no-finality"} if "no-finality" in first else set())  # fmt: skip
    second, quorum = first["quorum-missing"]
    assert quorum.power == Fraction(3, 8)
    assert "5/8 of the power voted in the epoch that ends with slot 15" in quorum.detail
    assert second > 32
    states = {one.criterion: one.state for one in criteria(memory, LIMITS)}
    assert (states["halt"], states["participation"]) == ("not-met", "met")
