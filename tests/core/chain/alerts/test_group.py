"""The alert rules of a policy, made of its sealed thresholds."""

from __future__ import annotations

import re

import pytest

from aztrust.core.chain.alerts.alert import WATCHDOG, Alert, AlertGroup
from aztrust.core.chain.alerts.group import alert_group
from aztrust.core.chain.series import FAMILIES
from aztrust.core.policy.anomalies import ANOMALY_CLASSES
from aztrust.report.observe.alert_rules import rule_file
from tests.core.chain.watched import SHORT
from tests.policies import policy

DIGEST = "sha256:" + "1" * 64


def group(tables: str = SHORT) -> AlertGroup:
    return alert_group(policy(tables), DIGEST)


def named(name: str, tables: str = SHORT) -> Alert:
    (found,) = (alert for alert in group(tables).alerts if alert.name == f"Aztrust{name}")
    return found


@pytest.mark.clause("AZ-31.2")
@pytest.mark.parametrize(
    ("name", "changed", "part"),
    [
        ("BlockIntervalEarly", ("block_interval", "3s", "5s"), "> 5 and"),
        ("ParticipationEarly", ("min_participation", "80%", "85.5%"), "< 0.855 and"),
        ("StartupDelayEarly", ("startup_delay", "10s", "7s"), "> 7 and"),
        ("NoFinalityEarly", ("max_no_finality", "20s", "40s"), "> 40 and"),
        ("ErrorRateEarly", ("max_error_rate", "1%", "0.25%"), "errors > 0.0025 and"),
        ("BlockIntervalSteady", ("block_interval", "3s", "5s"), "> 5 and"),
        ("ParticipationSteady", ("min_participation", "67%", "70%"), "< 0.7 and"),
        ("StartupDelaySteady", ("startup_delay", "15s", "21s"), "> 21 and"),
        ("NoFinalitySteady", ("max_no_finality", "30s", "2m"), "> 120 and"),
        ("ErrorRateSteady", ("max_error_rate", "2%", "4%"), "errors > 0.04 and"),
    ],
)
def test_each_threshold_of_a_band_is_in_its_rule(
    name: str, changed: tuple[str, str, str], part: str
) -> None:
    key, before, after = changed
    early, steady = SHORT.split("[steady]")
    line, other = f'{key} = "{before}"', f'{key} = "{after}"'
    halves = [early, steady]
    halves[name.endswith("Steady")] = halves[name.endswith("Steady")].replace(line, other, 1)
    assert part not in named(name).expr
    assert part in named(name, "[steady]".join(halves)).expr


@pytest.mark.clause("RC-C.rollback")
@pytest.mark.parametrize(
    ("name", "tables", "part", "lasting_s"),
    [
        ("RollbackHalt", "[rollback.halt]\nblocks = 7\n", "aztrust_chain_halted_blocks", 0),
        ("RollbackHalt", "[rollback.halt]\nblocks = 7\n", "> 7", 0),
        ("RollbackParticipation", "[rollback.participation]\nleast = '71%'\n", "< 0.71", 600),
        ("RollbackCadence", "[rollback.cadence]\nmost = '1.5x'\nlasting = '4m'\n", "> 4.5", 240),
        (
            "RollbackErrors",
            "[rollback.errors]\nmetric = 'bad{a=\"b\"}'\n",
            'bad{a="b"} > 0.02',
            900,
        ),
        ("RollbackReconciliation", "[rollback.reconciliation]\nmetric = 'off'\n", "off > 0.005", 0),
        ("RollbackWorkflow", "[rollback.reconciliation]\nworkflow = 'ok'\n", "ok == 0", 0),
    ],
)
def test_each_limit_of_the_rollback_is_in_its_rule(
    name: str, tables: str, part: str, lasting_s: int
) -> None:
    bands = SHORT[: SHORT.index("[rollback")]
    found = named(name, bands + tables)
    assert part in found.expr
    assert found.lasting_ms == lasting_s * 1000
    assert found.labels["guidance"] in ("DEFER", "ABORT")


@pytest.mark.clause("AZ-26.2")
def test_the_watchdog_always_fires_and_is_not_an_anomaly() -> None:
    first = group().alerts[0]
    assert (first.name, first.expr, first.lasting_ms) == (WATCHDOG, "vector(1)", 0)
    assert first.labels["aztrust_class"] == "none"
    assert "none" not in ANOMALY_CLASSES


def test_every_alert_has_its_labels_and_its_runbook() -> None:
    for alert in group().alerts:
        assert alert.labels["policy"] == "1" * 16
        assert alert.annotations["runbook"].startswith("AZ-015: ")
        assert alert.annotations["summary"]
        by_series = alert.name.startswith("AztrustSignal")
        assert ({"clause", "guidance"} <= alert.labels.keys()) is not by_series
        assert alert.labels["aztrust_class"] in (*ANOMALY_CLASSES, "none")


def test_there_is_a_signal_alert_for_each_class() -> None:
    found = [a for a in group().alerts if a.name.startswith("AztrustSignal")]
    assert tuple(a.labels["aztrust_class"] for a in found) == ANOMALY_CLASSES
    assert all(f'aztrust_class="{a.labels["aztrust_class"]}"' in a.expr for a in found)


def test_the_runbook_and_the_guidance_of_a_class_are_those_of_the_policy() -> None:
    table = '[anomalies.role-readiness-gap]\nrunbook = "docs/late.md"\nguidance = "ABORT"\n'
    late = named("StartupDelayEarly", SHORT + table)
    assert late.annotations["runbook"] == "docs/late.md"
    assert (late.labels["guidance"], named("StartupDelayEarly").labels["guidance"]) == (
        "ABORT",
        "DEFER",
    )
    assert named("Blind", SHORT + table).annotations["runbook"] != "docs/late.md"


def test_a_runbook_is_a_text_and_not_a_template() -> None:
    table = "[anomalies.bvm-anomaly]\nrunbook = '{{ query \"up\" }} {{{'\n"
    found = named("SignalBvmAnomaly", SHORT + table).annotations["runbook"]
    assert found == '{{ "{{" }} query "up" }} {{ "{{" }}{'


def test_every_series_of_ours_in_a_rule_is_one_that_is_exported() -> None:
    used = {name for a in group().alerts for name in re.findall(r"aztrust_\w+(?=\{)", a.expr)}
    assert used
    assert used <= {family.name for family in FAMILIES}


def test_every_series_of_ours_is_asked_of_one_policy_only() -> None:
    for alert in group().alerts:
        for labels in re.findall(r"aztrust_\w+\{(.*?)\}", alert.expr):
            assert 'policy="1111111111111111"' in labels


def test_names_are_used_once() -> None:
    names = [alert.name for alert in group().alerts]
    assert len(set(names)) == len(names)


@pytest.mark.clause("AZ-31.3")
def test_the_group_is_named_by_the_whole_digest_of_the_policy() -> None:
    assert group().name == "aztrust:" + "1" * 64
    assert alert_group(policy(SHORT), "sha256:" + "1" * 63 + "2").name != group().name


def test_what_has_no_series_is_left_out_and_reported() -> None:
    found = group("")
    assert [a.name for a in found.alerts if "Errors" in a.name] == ["AztrustRollbackErrorsMet"]
    assert not [a for a in found.alerts if a.name.endswith(("Early", "Steady"))]
    assert found.left_out == (
        "early: the policy has no [early]",
        "steady: the policy has no [steady]",
        "rollback.halt and rollback.cadence: the policy has no [steady] block_interval",
        "rollback.errors.metric, and max_error_rate: it does not name a Prometheus series",
        "rollback.reconciliation.metric: it does not name a Prometheus series",
        "rollback.reconciliation.workflow: it does not name a Prometheus series",
    )
    assert group().left_out == ()


def test_a_criterion_that_does_not_apply_has_no_rule() -> None:
    tables = SHORT.replace("[rollback.errors]", "[rollback.errors]\nnot_applicable = 'none'")
    names = {alert.name for alert in group(tables).alerts}
    assert not {n for n in names if "Error" in n}
    assert "AztrustRollbackReconciliationMet" in names


def test_a_halt_that_no_span_holds_is_left_out() -> None:
    tables = SHORT + "[rollback.halt]\nblocks = 20\nwithin = '1m'\n"
    assert "AztrustRollbackHalt" not in {alert.name for alert in group(tables).alerts}
    assert len(group(tables).left_out) == 1
    longer = tables.replace("1m", "2m")
    assert "AztrustRollbackHalt" in {alert.name for alert in group(longer).alerts}


def test_the_file_depends_on_the_policy_alone() -> None:
    text = rule_file(group(), "Atlas")
    assert text == rule_file(group(), "Atlas")
    assert text.isascii()
    assert text != rule_file(group(SHORT.replace('"20s"', '"21s"')), "Atlas")


def test_a_name_of_the_launch_cannot_end_the_comment() -> None:
    text = rule_file(group(), "Atlas\ngroups: []\u2028")
    assert text.splitlines()[0].startswith("# Alert rules of Atlas\\n")
