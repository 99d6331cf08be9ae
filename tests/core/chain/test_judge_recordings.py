"""Recorded runs of real networks, judged: each gives exactly its signals, healthy ones none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.facts import Expected, NodeFacts
from aztrust.core.chain.judge.criteria import criteria
from aztrust.core.chain.judge.judging import judge
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.signals import Signal
from tests.core.chain.recordings import recording
from tests.core.chain.watched import EARLY
from tests.shared import shared_root

GAP, GENESIS, FINALITY = "role-readiness-gap", "genesis-mismatch", "no-finality-anomaly"
REPLAY, PREFLIGHT, PEERS = (
    "deterministic-replay-anomaly",
    "preflight-mismatch",
    "peer-compatibility-anomaly",
)
ABSENT = ("validator-absent", "host", GAP)
BEHIND = ("node-behind", "host", GAP)
FEW = ("participation-low", "network", GAP)
SERVED = ("genesis-served-other", "host", GENESIS)
SPLIT = ("state-split", "host", GENESIS)
RESTARTED = ("node-restarted", "host", GAP)
SLOW = ("blocks-slow", "network", FINALITY)
HALTED = {
    ("rollback-halt", "network", FINALITY),
    ("no-finality", "network", FINALITY),
    SLOW,
}
OUT = {ABSENT, BEHIND, FEW}
"""What a validator that takes no part in consensus shows."""

EXPECTED: dict[str, set[tuple[str, str, str]]] = {
    "healthy-t0-60s": set(),
    "sdk-healthy": set(),
    # A clock that is behind does not show: a known gap.
    "clock-behind-8s": set(),
    "clock-ahead-8s": {
        ("up-before-t0", "host", PREFLIGHT),
        ("vote-clock-ahead", "host", PREFLIGHT),
    },
    "crash-restart": {RESTARTED},
    "one-stopped": {ABSENT, FEW, RESTARTED},
    "sigstop": {ABSENT, FEW},
    "never-started": {ABSENT},
    "slow-node": OUT,
    "two-stopped": {
        *HALTED,
        ("validator-absent", "network", GAP),
        ("quorum-missing", "network", FINALITY),
        ("rollback-participation", "network", GAP),
        # One of the two is back.
        RESTARTED,
        ABSENT,
    },
    "diverges-at-5": {("state-split", "host", REPLAY), *OUT},
    "double-sign": {
        ("double-sign", "network", "contradictory-notarization-anomaly"),
        ("validators-changed", "network", "governance-activation-anomaly"),
        # The second process with the key starts twelve seconds after T0.
        ("node-unseen", "host", "telemetry-blindness-anomaly"),
    },
    "governance": {("validators-changed", "network", "governance-activation-anomaly")},
    "other-chain-id": {
        SERVED,
        ("chain-id-other", "host", PEERS),
        ("no-peers", "host", PEERS),
        ABSENT,
        FEW,
    },
    "stale-db-genesis": {SERVED, SPLIT, *OUT},
    "wrong-app-state-1of4": {SERVED, SPLIT, *OUT},
    "sdk-wrong-app-state-1of4": {SERVED, SPLIT, *OUT},
    "wrong-app-state-2of4": {
        ("genesis-served-other", "network", GENESIS),
        ("state-split", "network", GENESIS),
        ("rounds-climb", "network", FINALITY),
        ("rollback-cadence", "network", FINALITY),
        *HALTED,
    },
    "wrong-app-state-early-hash": {SERVED, ABSENT, BEHIND},
    "wrong-app-state-kvstore": {SERVED},
    "dead-consensus-health": {SERVED, *OUT},
    # On the loaded machine that recorded these two a block took four seconds and more.
    "wrong-params": {SERVED, ABSENT, BEHIND, SLOW},
    "wrong-time": {SERVED, BEHIND, SLOW},
}


@cache
def facts(case: str) -> tuple[Expected, tuple[NodeFacts, ...]]:
    run, adapter = recording(case), CometBFT()
    return adapter.expected(run.genesis, ChainOptions()), tuple(run.facts(adapter))


def rounds(answers: Iterable[NodeFacts]) -> Iterator[list[NodeFacts]]:
    """The answers as they were polled: every node once."""
    batch: dict[str, NodeFacts] = {}
    for answer in answers:
        if answer.node in batch:
            yield list(batch.values())
            batch = {}
        batch[answer.node] = answer
    yield list(batch.values())


def replay(
    expected: Expected, batches: Iterable[list[NodeFacts]]
) -> tuple[Memory, list[tuple[int, Signal]]]:
    """The memory at the end, and every signal at every look with its time after T0."""
    memory, found, now = Memory(), [], 0
    for batch in batches:
        now = max(now, *(answer.at_ms for answer in batch))
        memory, signals = judge(memory, batch, expected, EARLY, now)
        found += [(now - expected.genesis.time_ms, signal) for signal in signals]
    return memory, found


def kinds(found: Iterable[tuple[int, Signal]]) -> set[tuple[str, str, str]]:
    return {(signal.code, signal.locus, signal.anomaly) for _, signal in found}


def test_every_recording_is_judged():
    folder = shared_root() / "data" / "live"
    if not folder.is_dir():
        pytest.skip(f"shared data absent: {folder}")
    assert {path.name for path in folder.iterdir() if path.is_dir()} == EXPECTED.keys()


@pytest.mark.clause("AZ-10.2", "AZ-26.1", "AZ-27.1", "AZ-11.2", "RC-C.rollback")
@pytest.mark.parametrize("case", EXPECTED)
def test_a_recording_gives_exactly_its_signals(case):
    expected, answers = facts(case)
    _, found = replay(expected, rounds(answers))
    assert kinds(found) == EXPECTED[case]


@pytest.mark.parametrize("case", EXPECTED)
def test_nodes_may_be_judged_one_by_one_without_a_barrier(case):
    expected, answers = facts(case)
    _, found = replay(expected, ([answer] for answer in answers))
    # Where two nodes are affected, one is seen first: it is a host's matter for a moment.
    moment = {(code, "host", anomaly) for code, _, anomaly in EXPECTED[case]}
    assert EXPECTED[case] <= kinds(found) <= EXPECTED[case] | moment


@pytest.mark.parametrize(
    ("case", "code", "subjects", "guidance"),
    [
        ("wrong-app-state-1of4", "genesis-served-other", {"node3"}, "HOLD"),
        ("wrong-app-state-2of4", "genesis-served-other", {"network"}, "ABORT"),
        ("diverges-at-5", "state-split", {"node3"}, "ABORT"),
        ("stale-db-genesis", "state-split", {"node3"}, "HOLD"),
        ("two-stopped", "rollback-halt", {"network"}, "DEFER"),
        ("crash-restart", "node-restarted", {"node3"}, "CONTINUE"),
        ("double-sign", "double-sign", {"height 17"}, "HOLD"),
        ("governance", "validators-changed", {"height 7"}, "HOLD"),
    ],
)
def test_who_it_is_and_what_is_suggested(case, code, subjects, guidance):
    expected, answers = facts(case)
    _, found = replay(expected, rounds(answers))
    ours = [signal for _, signal in found if signal.code == code]
    assert {signal.subject for signal in ours} == subjects
    assert {signal.guidance for signal in ours} == {guidance}
    known = {digest for answer in answers for digest in answer.raw}
    assert all(signal.evidence and known.issuperset(signal.evidence) for signal in ours)


@pytest.mark.parametrize(
    ("case", "order"),
    [
        ("wrong-app-state-2of4", ["genesis-served-other", "state-split", "rounds-climb"]),
        ("two-stopped", ["validator-absent", "rollback-halt", "rollback-participation"]),
        ("clock-ahead-8s", ["up-before-t0", "vote-clock-ahead"]),
    ],
)
def test_what_shows_first(case, order):
    expected, answers = facts(case)
    _, found = replay(expected, rounds(answers))
    first: dict[str, int] = {}
    for at_ms, signal in found:
        first.setdefault(signal.code, at_ms)
    assert sorted(order, key=lambda code: first[code]) == order


@pytest.mark.clause("RC-C.rollback")
@pytest.mark.parametrize(
    ("case", "met"),
    [("healthy-t0-60s", set()), ("wrong-app-state-2of4", {"halt", "cadence"})],
)
def test_the_rollback_criteria_of_a_recording(case, met):
    expected, answers = facts(case)
    memory, _ = replay(expected, rounds(answers))
    states = {one.criterion: one.state for one in criteria(memory, EARLY)}
    assert {name for name, state in states.items() if state == "met"} == met
    assert states["errors"] == states["reconciliation"] == "unknown"
    assert states["participation"] == "not-met"
