"""Real networks of four validators: what is proven of a healthy one, and what each fault shows.

Kinds and order of signals are asserted, never times. A busy machine may show more than the fault:
exact sets are asserted of recordings (tests/core/chain/test_judge_recordings.py).
"""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from aztrust.core.chain.cometbft.stored import compare_stored
from aztrust.core.chain.facts import Reach
from aztrust.storage.hoststate import read_stored
from tests.live.network import Network
from tests.live.observer import TIGHT, WIDE, Observer
from tools.homes import APP_STATE

OTHER_STATE = {**APP_STATE, "bank": {"supply": "999"}}


def kind(signal):
    return signal.code, signal.locus, signal.subject, signal.anomaly, signal.guidance


@pytest.mark.clause("AZ-10.2")
def test_a_healthy_network_is_proven_from_the_frozen_genesis_alone(folder, azlive):
    with Network(folder, azlive) as network, Observer(network, WIDE) as seen:
        network.start()
        # Rules about commits look at several of them.
        seen.until_height(9)
        first = seen.prove("ada", 1)
        assert first.holds, first
        assert first.total == 46
        assert first.signed * 3 > 46 * 2
        second = seen.prove("dora", 2, first)
        assert second.holds, second
        assert seen.adapter.prove(seen.expected, seen.get("bob"), 10**6) is None
        # The same blocks do not prove a genesis with another power of a validator.
        network.genesis["validators"][0]["power"] = "9"
        other = json.dumps(network.genesis).encode()
        seen.expected = seen.adapter.expected(other, seen.adapter.options)
        wrong = seen.prove("ada", 1)
        assert not wrong.holds
        assert any("another validator set than the genesis" in why for why in wrong.wrong)
        assert not seen.seen, "a healthy network gives no signal"
        assert {facts.version for facts in seen.last.values()} == {"0.38.26"}


@pytest.mark.clause("AZ-10.2", "AZ-27.1", "AZ-29.1")
def test_two_of_four_with_another_genesis_pass_block_1_and_stop(folder, azlive):
    with Network(folder, azlive) as network, Observer(network, TIGHT) as seen:
        for name in ("cleo", "dora"):
            network.give(name, app_state=OTHER_STATE)
        network.start()
        served, split, rounds = seen.until_signal(
            "genesis-served-other", "state-split", "rounds-climb"
        )
        assert kind(served)[1:] == ("network", "network", "genesis-mismatch", "ABORT")
        assert kind(split)[1:4] == ("network", "network", "genesis-mismatch")
        assert kind(rounds)[1:] == ("network", "network", "no-finality-anomaly", "HOLD")
        assert served.power == Fraction(25, 46)
        found = seen.codes
        assert found.index("genesis-served-other") < found.index("state-split")
        assert found.index("state-split") < found.index("rounds-climb")
        assert {seen.head(name) for name in network.names} == {1}
        assert seen.prove("ada", 1).holds, "block 1 does not show another app_state"


@pytest.mark.clause("AZ-10.2")
def test_a_node_that_was_started_early_runs_the_genesis_it_stored(folder, azlive):
    with Network(folder, azlive) as network, Observer(network, TIGHT) as seen:
        network.give("ada", app_state=OTHER_STATE)
        network.start("ada")
        database = network.home("ada") / "data" / "state.db"
        seen.until(lambda: database.is_dir() and read_stored(database).document, "a stored genesis")
        network.stop("ada")
        network.give("ada")
        stored = read_stored(database).document
        assert compare_stored(network.frozen, stored).differs == ("app_state",)
        network.start()
        served, split = seen.until_signal("genesis-served-other", "state-split")
        assert kind(served)[1:] == ("host", "ada", "genesis-mismatch", "HOLD")
        assert kind(split)[1:] == ("host", "ada", "genesis-mismatch", "HOLD")
        seen.until_height(3, "bob", "cleo", "dora")


@pytest.mark.clause("AZ-11.2", "AZ-27.1", "AZ-31.2", "RC-C.rollback")
def test_two_stopped_nodes_halt_the_network_until_one_is_back(folder, azlive):
    with Network(folder, azlive) as network, Observer(network, TIGHT) as seen:
        network.start()
        seen.until_height(3)
        assert not {"quorum-missing", "no-finality"} & {one.code for one in seen.signals}
        network.stop("cleo", "dora")
        seen.until_reach(Reach.REFUSED, "cleo", "dora")
        absent, quorum, late, halt = seen.until_signal(
            "validator-absent", "quorum-missing", "no-finality", "rollback-halt"
        )
        assert kind(absent)[1:4] == ("network", "network", "role-readiness-gap")
        assert kind(quorum)[1:] == ("network", "network", "no-finality-anomaly", "HOLD")
        assert kind(late)[1:] == ("network", "network", "no-finality-anomaly", "HOLD")
        assert kind(halt)[1:] == ("network", "network", "no-finality-anomaly", "DEFER")
        assert quorum.power is not None
        assert quorum.power >= Fraction(1, 3)
        halted = max(seen.head(name) for name in ("ada", "bob"))
        network.start("dora")
        seen.until_height(halted + 3, "ada", "bob", "dora")
        seen.until(
            lambda: not {"quorum-missing", "no-finality"} & {one.code for one in seen.signals},
            "the end of the halt",
        )


@pytest.mark.clause("AZ-11.2", "AZ-26.2")
def test_a_paused_node_does_not_answer_and_is_absent_from_commits(folder, azlive):
    with Network(folder, azlive) as network, Observer(network, TIGHT) as seen:
        network.start()
        seen.until_height(3)
        network.pause("ada")
        seen.until_reach(Reach.TIMEOUT, "ada")
        (absent,) = seen.until_signal("validator-absent")
        assert kind(absent) == ("validator-absent", "host", "ada", "role-readiness-gap", "HOLD")
        height = seen.head("dora")
        seen.until_height(height + 2, "bob", "cleo", "dora")
        network.resume("ada")
        seen.until_reach(Reach.OK, "ada")
        seen.until(
            lambda: not any(kind(one)[0] == "validator-absent" for one in seen.signals),
            "its return",
        )


@pytest.mark.clause("AZ-29.1")
def test_a_node_that_computes_another_state_is_a_replay_anomaly(folder, azlive):
    with Network(folder, azlive) as network, Observer(network, TIGHT) as seen:
        network.start("ada", AZLIVE_DIVERGE_AT="3")
        network.start("bob", "cleo", "dora")
        (split,) = seen.until_signal("state-split")
        assert kind(split)[1:] == ("host", "ada", "deterministic-replay-anomaly", "ABORT")
        assert "genesis-served-other" not in seen.codes
        assert seen.head("ada") == 3
        seen.until_height(5, "bob", "cleo", "dora")
