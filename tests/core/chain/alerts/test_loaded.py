"""Whether a Prometheus has loaded exactly the rules of a policy, from its two answers."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.times import format_rfc3339
from aztrust.core.chain.alerts import loaded as judging
from aztrust.core.chain.alerts import promql
from aztrust.core.chain.alerts.alert import GROUP_PREFIX, WATCHDOG
from aztrust.core.chain.alerts.group import alert_group
from aztrust.core.chain.alerts.loaded import Wrong, loaded
from tests.core.chain.watched import SHORT
from tests.policies import policy
from tests.prometheus_answers import (
    Bend,
    alerts_answer,
    bent,
    of_group,
    other_group,
    rules_answer,
    without,
)

AT = 1_790_000_000_000
DIGEST = "sha256:" + "1" * 64
GROUP = alert_group(policy(SHORT), DIGEST)
OTHER = alert_group(policy(SHORT), "sha256:" + "2" * 64)
BLIND = next(alert for alert in GROUP.alerts if alert.name == "AztrustBlind")


def after(milliseconds: int) -> str:
    return format_rfc3339((AT + milliseconds) * 1_000_000)


def wrong(*bends: Bend, alerts: bytes = alerts_answer(GROUP)) -> tuple[Wrong, ...]:
    return loaded(GROUP, rules_answer(GROUP, AT, *bends), alerts, AT).wrong


@pytest.mark.clause("AZ-26.2", "AZ-31.3")
def test_exactly_the_rules_that_run_are_well() -> None:
    found = loaded(GROUP, rules_answer(GROUP, AT), alerts_answer(GROUP), AT)
    assert (found.wrong, found.evaluated_ms) == ((), 2_000)


def test_rules_of_other_teams_do_not_matter() -> None:
    up = {**json.loads(rules_answer(GROUP, AT))["data"]["groups"][0]["rules"][0]}
    up |= {"name": "Down", "labels": {"severity": "page"}, "query": "up == 0", "health": "err"}
    recorded = {"name": "a:b", "query": "up", "type": "recording", "health": "ok"}
    assert wrong(other_group("theirs", up, recorded)) == ()


@pytest.mark.clause("AZ-31.3")
@pytest.mark.parametrize(
    ("bend", "message"),
    [
        (of_group(name="theirs"), "the alert rules of this policy are not loaded"),
        (without("AztrustBlind"), "AztrustBlind is missing"),
        (bent("AztrustBlind", query=BLIND.expr.replace("1", "2")), "AztrustBlind has another expr"),
        (bent("AztrustBlind", query="vector(0)" * 99_999), "AztrustBlind has another expr"),
        (bent("AztrustBlind", duration=1), "AztrustBlind has another for"),
        (bent("AztrustBlind", duration=0.001), "AztrustBlind has another for"),
        (bent("AztrustBlind", duration="0"), ""),
        (bent("AztrustBlind", duration=...), "AztrustBlind has another for"),
        (bent("AztrustBlind", duration=True), "AztrustBlind has another for"),
        (bent("AztrustBlind", keepFiringFor=60), "AztrustBlind has another keep_firing_for"),
        (bent("AztrustBlind", keepFiringFor=...), ""),
        (bent("AztrustBlind", type="recording"), "AztrustBlind has another type"),
        (
            bent("AztrustBlind", labels={**BLIND.labels, "guidance": "CONTINUE"}),
            "AztrustBlind has another label guidance",
        ),
        (
            bent("AztrustBlind", labels={**BLIND.labels, "severity": "none"}),
            "AztrustBlind has another label severity",
        ),
        (bent("AztrustBlind", labels=...), "AztrustBlind has another label aztrust_class"),
        (
            bent("AztrustBlind", annotations={**BLIND.annotations, "runbook": "none"}),
            "AztrustBlind has another annotation runbook",
        ),
        (bent("AztrustBlind", name="AztrustBlinds"), "AztrustBlinds is not a rule of this policy"),
        (bent("AztrustBlind", name="AztrustObserverGone"), "AztrustObserverGone is in the group"),
        (of_group(interval=60), "the group is evaluated at another interval"),
        (of_group(interval=...), "the group is evaluated at another interval"),
        (of_group(limit=1), "the group has a limit of 1 alerts"),
        (of_group(limit=...), ""),
    ],
)
def test_a_rule_that_was_altered_is_named(bend: Bend, message: str) -> None:
    found = wrong(bend)
    if message:
        assert found[0].message.startswith(message)
        assert "aztrust observe rules" in found[0].mend
    else:
        assert found == ()


def test_a_long_expression_is_not_read_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading its tokens may take the square of its length."""
    read: list[int] = []

    def counted(text: str) -> tuple[str, ...]:
        read.append(len(text))
        return promql.tokens(text)

    monkeypatch.setattr(judging, "tokens", counted)
    long = '"' + '\\"' * 5_000
    assert wrong(bent("AztrustBlind", query=long))[0].message.startswith("AztrustBlind has another")
    assert read
    assert max(read) < len(long)


@pytest.mark.clause("AZ-31.3")
def test_rules_of_another_policy_are_named_with_their_file() -> None:
    (found,) = wrong(other_group(OTHER.name, file="/etc/old.yml"))
    assert found.message == "alert rules of another policy are loaded, too, from /etc/old.yml"
    assert found.actual == OTHER.name
    assert "remove /etc/old.yml" in found.mend


def test_the_same_group_from_two_files_is_not_one_group() -> None:
    (found,) = wrong(other_group(GROUP.name, file="/b.yml"))
    assert "loaded 2 times: /etc/prometheus/aztrust.yml, /b.yml" in found.message


@pytest.mark.parametrize(
    "rule",
    [{"name": "AztrustBlind", "labels": {}}, {"name": "x", "labels": {"aztrust_class": "none"}}],
    ids=["name", "label"],
)
def test_a_rule_elsewhere_that_passes_for_ours_is_named(rule: dict[str, object]) -> None:
    whole = json.loads(rules_answer(GROUP, AT))["data"]["groups"][0]["rules"][1] | rule
    (found,) = wrong(other_group("theirs", whole))
    assert "has a name or a label of the alert rules of this policy" in found.message


@pytest.mark.clause("AZ-26.2")
@pytest.mark.parametrize(
    ("bend", "message"),
    [
        (bent("AztrustBlind", health="err", lastError="boom\n"), "evaluated: boom\\n"),
        (bent("AztrustBlind", health="unknown"), "AztrustBlind was not evaluated yet"),
        (bent("AztrustBlind", health="OK"), "AztrustBlind cannot be evaluated"),
        (bent("AztrustBlind", lastEvaluation=after(-60_000)), ""),
        (bent("AztrustBlind", lastEvaluation=after(-60_001)), "evaluated last 60s ago"),
        (of_group(lastEvaluation=after(-3_600_000)), "evaluated last 60m ago"),
        (bent("AztrustBlind", lastEvaluation=after(120_000)), ""),
        (bent("AztrustBlind", lastEvaluation=after(120_001)), "2m in the future"),
        (bent("AztrustBlind", lastEvaluation="today"), "does not show when"),
        (of_group(lastEvaluation=...), "does not show when"),
        (bent(WATCHDOG, state="pending"), "AztrustWatchdog does not fire"),
        (bent(WATCHDOG, state="inactive"), "AztrustWatchdog does not fire"),
    ],
)
def test_rules_that_do_not_run_are_named(bend: Bend, message: str) -> None:
    found = wrong(bend)
    assert [one for one in found if message in one.message] if message else not found


@pytest.mark.clause("AZ-26.2")
@pytest.mark.parametrize(
    "alerts",
    [
        alerts_answer(GROUP, "AztrustBlind"),
        alerts_answer(GROUP, state="pending"),
        alerts_answer(OTHER),
    ],
    ids=["another alert", "pending", "of another policy"],
)
def test_without_a_watchdog_that_fires_alerts_do_not_arrive(alerts: bytes) -> None:
    assert wrong(alerts=alerts)[0].message == "AztrustWatchdog does not fire"


@pytest.mark.clause("AZ-26.2")
def test_monitoring_that_reports_its_own_blindness_is_not_live() -> None:
    both = alerts_answer(GROUP, WATCHDOG, "AztrustObserverGone")
    (found,) = wrong(alerts=both)
    assert found.message == "the monitoring is blind: AztrustObserverGone fires"
    assert wrong(alerts=alerts_answer(GROUP, WATCHDOG, "AztrustRollbackHalt")) == ()


NOT_ONE = [
    b"",
    b"<html>",
    b"[]",
    b'{"status":"error","data":{"groups":[],"alerts":[]}}',
    b'{"status":"success","data":{}}',
    b'{"status":"success","data":{"groups":{},"alerts":{}}}',
    b'{"status":"success","data":{"groups":[1],"alerts":[1]}}',
    b'{"status":"success","data":{"groups":[],"groups":[],"alerts":[],"alerts":[]}}',
    b"[" * 10_000,
]


@pytest.mark.parametrize("body", NOT_ONE, ids=range(len(NOT_ONE)))
def test_what_is_not_an_answer_of_prometheus_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="/api/v1/rules"):
        loaded(GROUP, body, alerts_answer(GROUP), AT)
    with pytest.raises(Malformed, match="/api/v1/alerts"):
        loaded(GROUP, rules_answer(GROUP, AT), body, AT)


@pytest.mark.parametrize(
    "bend",
    [
        of_group(limit="1"),
        of_group(file=...),
        bent("AztrustBlind", health=...),
        bent("AztrustBlind", labels=[]),
        bent("AztrustBlind", labels={"a": 1}),
        bent("AztrustBlind", query=None),
    ],
)
def test_an_answer_with_values_of_another_type_is_refused(bend: Bend) -> None:
    with pytest.raises(Malformed, match="/api/v1/rules"):
        wrong(bend)


def test_a_prefix_alone_makes_a_group_one_of_a_policy() -> None:
    assert wrong(other_group(GROUP_PREFIX + "x"))
    assert not wrong(other_group("x" + GROUP_PREFIX))
