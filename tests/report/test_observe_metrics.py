"""What an observer saw, as series of Prometheus."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.observation import Observation
from aztrust.core.chain.series import FAMILIES
from aztrust.report.observe.document import observe_report
from aztrust.report.observe.metrics import metrics_text
from tests.core.chain.watched import T0, silent
from tests.report.test_observe_document import ABOUT, looked

POLICY = 'policy="1111111111111111"'


def values(seen: Observation) -> dict[str, str]:
    """Series with labels to its value, as written."""
    lines = metrics_text(observe_report(seen, ABOUT)).splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_a_network_that_is_well_has_its_numbers_and_no_signal() -> None:
    found = values(looked())
    assert (
        found[f"aztrust_observer_heartbeat_timestamp_seconds{{{POLICY}}}"] == f"{T0 // 1000 + 40}"
    )
    assert found[f'aztrust_chain_phase{{phase="early",{POLICY}}}'] == "1"
    assert found[f"aztrust_chain_height{{{POLICY}}}"] == "20"
    assert found[f"aztrust_chain_participation_ratio{{{POLICY}}}"] == "1"
    assert found[f"aztrust_chain_block_time_seconds{{{POLICY}}}"] == "2"
    assert found[f"aztrust_chain_halted_blocks{{{POLICY}}}"] == "0"
    assert found[f"aztrust_chain_blind_power_ratio{{{POLICY}}}"] == "0"
    assert found[f"aztrust_chain_proven_height{{{POLICY}}}"] == "1"
    assert found[f'aztrust_node_up{{node="d",{POLICY}}}'] == "1"
    assert found[f'aztrust_rollback_criterion{{criterion="halt",state="not-met",{POLICY}}}'] == "1"
    assert not [series for series in found if series.startswith("aztrust_signal")]


@pytest.mark.clause("AZ-26.2")
def test_a_node_that_does_not_answer_is_blind_power_and_a_signal() -> None:
    found = values(looked(silent("d", 20, 40)))
    assert found[f"aztrust_chain_blind_power_ratio{{{POLICY}}}"] == "0.25"
    assert found[f'aztrust_node_up{{node="d",{POLICY}}}'] == "0"
    assert found[f'aztrust_node_up{{node="c",{POLICY}}}'] == "1"
    signals = [series for series in found if series.startswith("aztrust_signal")]
    assert [re.findall('code="(.*?)"', series) for series in signals] == [
        ["node-unseen"]
    ] or signals
    assert all('subject="d"' in series and 'aztrust_class="' in series for series in signals)


def test_what_is_unknown_has_no_line() -> None:
    seen = looked()
    picture = replace(seen.picture, participation=None, block_time_ms=None, halted=None, blind=None)
    found = " ".join(values(replace(seen, picture=picture, proofs=())))
    for name in ("participation_ratio", "block_time", "halted", "blind", "proven"):
        assert f"aztrust_chain_{name}" not in found
    assert "aztrust_chain_height" in found


def test_a_block_time_is_not_rounded_below_a_limit() -> None:
    seen = looked()
    slow = replace(seen, picture=replace(seen.picture, block_time_ms=Fraction(20_001, 10)))
    assert values(slow)[f"aztrust_chain_block_time_seconds{{{POLICY}}}"] == "2.001"


def test_a_name_that_a_node_gives_itself_stays_inside_its_quotes() -> None:
    seen = looked(silent("d", 20, 40))
    [*_, signal] = seen.signals
    evil = replace(signal, subject='d"} 1\naztrust_chain_height{policy="1111111111111111"} 9')
    found = values(replace(seen, signals=(evil,)))
    assert found[f"aztrust_chain_height{{{POLICY}}}"] == "20"


def test_two_signals_with_one_set_of_labels_are_one_series() -> None:
    seen = looked(silent("d", 20, 40))
    text = metrics_text(observe_report(replace(seen, signals=seen.signals * 2), ABOUT))
    assert len(re.findall("^aztrust_signal", text, re.MULTILINE)) == len(seen.signals)


def test_every_series_has_its_help_and_its_type_once() -> None:
    text = metrics_text(observe_report(looked(silent("d", 20, 40)), ABOUT))
    helps = re.findall(r"^# HELP (\S+)", text, re.MULTILINE)
    assert helps == re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE)
    assert set(helps) <= {family.name for family in FAMILIES}
    assert len(set(helps)) == len(helps)


def test_no_address_of_a_node_is_in_it() -> None:
    assert ".test" not in metrics_text(observe_report(looked(), ABOUT, addresses=True))
