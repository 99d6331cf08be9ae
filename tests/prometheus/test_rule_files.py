"""The rule files in the real promtool: they are valid, and each rule fires when it must."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from aztrust.core.chain.alerts.group import alert_group
from aztrust.report.observe.alert_rules import rule_file
from aztrust.report.observe.document import observe_report
from aztrust.report.observe.metrics import metrics_text
from tests.core.chain.watched import SHORT, silent
from tests.policies import policy
from tests.report.test_observe_document import ABOUT, looked

DIGEST = "sha256:" + "1" * 64
P = 'policy="1111111111111111"'
CHAIN = '[chain]\nkind = "cometbft"\nepoch_blocks = 10\n'
ODD = "[anomalies.bvm-anomaly]\nrunbook = 'é \"{{ $x }} \\ # : {{{ \U0001f600'\n"


def written(folder: Path, tables: str) -> Path:
    path = folder / "rules.yml"
    path.write_text(rule_file(alert_group(policy(tables), DIGEST), "Atlas"), "ascii")
    return path


def run(*words: object, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, words)), input=given, capture_output=True, text=True)


@pytest.mark.parametrize(
    "tables", ["", SHORT, SHORT + ODD, SHORT + CHAIN], ids=["none", "all", "odd", "nodes"]
)
def test_a_rule_file_is_valid(promtool: str, tmp_path: Path, tables: str) -> None:
    done = run(promtool, "check", "rules", written(tmp_path, tables))
    count = len(alert_group(policy(tables), DIGEST).alerts)
    assert done.returncode == 0, done.stderr
    assert f"{count} rules found" in done.stdout


def test_the_exported_series_are_valid(promtool: str) -> None:
    text = metrics_text(observe_report(looked(silent("d", 20, 40)), ABOUT))
    done = run(promtool, "check", "metrics", given=text)
    assert done.returncode == 0, done.stdout + done.stderr


EARLY = {f'aztrust_chain_phase{{phase="early",{P}}}': "1x400"}
STEADY = {f'aztrust_chain_phase{{phase="steady",{P}}}': "1x400"}
CLOCK = "0+5x400"
"""A time that is always now: samples are five seconds apart, and time begins with 0."""
T0 = {f"aztrust_chain_genesis_timestamp_seconds{{{P}}}": "10x400"}


def signal_of(anomaly: str, guidance: str = "HOLD") -> str:
    labels = f'aztrust_class="{anomaly}",code="x",guidance="{guidance}",subject="d",{P}'
    return f"aztrust_signal{{{labels}}}"


def criterion(state: str) -> str:
    return f'aztrust_rollback_criterion{{criterion="halt",state="{state}",{P}}}'


BEATS = f"aztrust_observer_heartbeat_timestamp_seconds{{{P}}}"
BLOCK_TIME = f"aztrust_chain_block_time_seconds{{{P}}}"
POWER = f"aztrust_chain_participation_ratio{{{P}}}"
FINAL = f"aztrust_chain_finality_timestamp_seconds{{{P}}}"
HALTED = f"aztrust_chain_halted_blocks{{{P}}}"
UP, ANSWERED = (f'aztrust_node_{n}{{node="d",{P}}}' for n in ("up", "answer_timestamp_seconds"))
OTHER = 'aztrust_chain_block_time_seconds{policy="2222222222222222"}'
Series = dict[str, str]
"""Series to their values, in the notation of promtool."""
BLIND = f"aztrust_chain_blind_power_ratio{{{P}}}"
LATE_GENESIS = {f"aztrust_chain_genesis_timestamp_seconds{{{P}}}": "9000x400"}
UNKNOWN = {criterion("unknown"): "1x400"}
GENESIS, GAP = signal_of("genesis-mismatch"), signal_of("role-readiness-gap")
NOTE = signal_of("role-readiness-gap", "CONTINUE")
WAITING = {UP: "0x400", **T0, **EARLY}


def early(series: str, values: str) -> Series:
    return {series: values, **EARLY}


def steady(series: str, values: str) -> Series:
    return {series: values, **STEADY}


CASES: list[tuple[str, Series, Series]] = [
    ("ObserverGone", {}, {BEATS: CLOCK}),
    ("ObserverGone", {BEATS: "0x400"}, {BEATS: CLOCK}),
    ("Blind", {BLIND: "0.3333333333333333x400"}, {BLIND: "0.3333x400"}),
    ("CriterionUnknown", UNKNOWN | T0, {criterion("met"): "1x400"} | T0),
    ("CriterionUnknown", UNKNOWN | T0, UNKNOWN | LATE_GENESIS),
    ("SignalGenesisMismatch", {GENESIS: "1x400"}, {GAP: "1x400"}),
    ("SignalRoleReadinessGap", {GAP: "1x400"}, {NOTE: "1x400"}),
    ("BlockIntervalEarly", early(BLOCK_TIME, "3.001x400"), early(BLOCK_TIME, "3x400")),
    ("BlockIntervalEarly", early(BLOCK_TIME, "4x400"), steady(BLOCK_TIME, "4x400")),
    ("BlockIntervalEarly", early(BLOCK_TIME, "4x400"), early(OTHER, "4x400")),
    ("BlockIntervalSteady", steady(BLOCK_TIME, "4x400"), early(BLOCK_TIME, "4x400")),
    ("ParticipationEarly", early(POWER, "0.79x400"), early(POWER, "0.8x400")),
    ("ParticipationSteady", steady(POWER, "0.66x400"), steady(POWER, "0.67x400")),
    ("StartupDelayEarly", WAITING, WAITING | {UP: "1x400"}),
    ("StartupDelayEarly", WAITING, WAITING | {ANSWERED: "5x400"}),
    ("StartupDelayEarly", WAITING, WAITING | LATE_GENESIS),
    ("NoFinalityEarly", early(FINAL, "10x400"), early(FINAL, CLOCK)),
    ("NoFinalitySteady", steady(FINAL, "10x400"), early(FINAL, "10x400")),
    ("ErrorRateEarly", early("errors", "0.011x400"), early("errors", "0.01x400")),
    ("ErrorRateSteady", steady("errors", "0.021x400"), steady("errors", "0.02x400")),
    ("RollbackHalt", {HALTED: "4x400"}, {HALTED: "3x400"}),
    ("RollbackParticipation", {POWER: "0.66x400"}, {POWER: "0.67x400"}),
    ("RollbackCadence", {BLOCK_TIME: "6.1x400"}, {BLOCK_TIME: "6x400"}),
    ("RollbackErrors", {"errors": "0.021x400"}, {"errors": "0.02x400"}),
    ("RollbackReconciliation", {"books": "0.006x400"}, {"books": "0.005x400"}),
    ("RollbackWorkflow", {"disputes": "0x400"}, {"disputes": "1x400"}),
    ("RollbackHaltMet", {criterion("met"): "1x400"}, {criterion("not-met"): "1x400"}),
]
"""A rule, series with which it fires, and series with which it does not."""


@pytest.mark.clause("AZ-26.2", "AZ-31.2", "RC-C.rollback")
def test_each_rule_fires_beyond_its_threshold_and_not_at_it(promtool: str, tmp_path: Path) -> None:
    tests = [_test("Watchdog", {}, 1), *_both(CASES)]
    assert _tried(promtool, tmp_path, SHORT, tests) == ""


def test_a_rule_that_fires_where_it_must_not_is_found(promtool: str, tmp_path: Path) -> None:
    """What the other tests rest on: promtool reports a wrong count."""
    found = _tried(promtool, tmp_path, SHORT, [_test("Watchdog", {}, 0)])
    assert "FAILED" in found


@pytest.mark.parametrize("at", ["65s", "70s", "75s"])
def test_a_short_deviation_is_not_one(promtool: str, tmp_path: Path, at: str) -> None:
    """A share must be low for longer than the 20 s of the policy."""
    short, long = ({POWER: f"1x10 0.5x{count} 1x400"} for count in (3, 6))
    tests = [
        _test("RollbackParticipation", short, 0, at),
        _test("RollbackParticipation", long, 1, "80s"),
    ]
    assert _tried(promtool, tmp_path, SHORT, tests) == ""


@pytest.mark.clause("AZ-31.2")
def test_nodes_that_are_scraped_directly(promtool: str, tmp_path: Path) -> None:
    def of(name: str, values: str, chain: str = "test-1") -> Series:
        return {f'cometbft_{name}{{chain_id="{chain}"}}': values}

    height, missing = "consensus_latest_block_height", "consensus_missing_validators_power"
    total = of("consensus_validators_power", "100x400")
    twice = "consensus_byzantine_validators"
    cases = [
        ("NodesNoBlock", of(height, "7x400"), of(height, "7+1x400")),
        ("NodesNoBlock", of(height, "7x400"), of(height, "7x400", "other-1")),
        ("NodesPowerMissing", of(missing, "34x400") | total, of(missing, "33x400") | total),
        ("NodesRoundsClimb", of("consensus_rounds", "3x400"), of("consensus_rounds", "2x400")),
        ("NodesDoubleSign", of(twice, "0x20 1 0x400"), of(twice, "0x400")),
        ("NodeNoPeers", of("p2p_peers", "0x400"), of("p2p_peers", "1x400")),
    ]
    assert _tried(promtool, tmp_path, SHORT + CHAIN, _both(cases)) == ""


def _both(cases: list[tuple[str, Series, Series]]) -> list[dict[str, object]]:
    found = []
    for name, fires, quiet in cases:
        found += [_test(name, fires, 1), _test(name, quiet, 0)]
    return found


def _test(name: str, series: dict[str, str], fired: int, at: str = "5m") -> dict[str, object]:
    """One test of promtool: how many alerts of a name fire at a time."""
    count = f'count(ALERTS{{alertname="Aztrust{name}",alertstate="firing"}}) or vector(0)'
    samples = [{"labels": "{}", "value": fired}]
    return {
        "name": f"{name} {fired}",
        "interval": "5s",
        "input_series": [{"series": s, "values": v} for s, v in series.items()],
        "promql_expr_test": [{"expr": count, "eval_time": at, "exp_samples": samples}],
    }


def _tried(promtool: str, folder: Path, tables: str, tests: list[dict[str, object]]) -> str:
    rules = written(folder, tables)
    file = folder / "tests.yml"
    file.write_text(
        json.dumps({"rule_files": [rules.name], "evaluation_interval": "5s", "tests": tests})
    )
    done = run(promtool, "test", "rules", file)
    return "" if done.returncode == 0 else done.stdout + done.stderr
