"""The row "monitoring live" of the final checks, answered by a real Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from aztrust.core.chain.alerts.alert import WATCHDOG
from aztrust.core.chain.alerts.group import alert_group
from aztrust.core.chain.alerts.loaded import Loaded, loaded
from aztrust.core.policy.model import policy_digest
from aztrust.core.policy.validate import parse_policy
from aztrust.report.exposition import CONTENT_TYPE
from aztrust.report.observe.alert_rules import rule_file
from aztrust.report.observe.document import observe_report
from aztrust.report.observe.metrics import metrics_text
from aztrust.report.observe.model import ObserveReport
from aztrust.storage.prometheus import read_prometheus
from tests.cli_launch import Desk, window_policy
from tests.core.chain.watched import SHORT, has, silent
from tests.disk_launch import make_launch
from tests.patience import PATIENCE
from tests.policies import text
from tests.prometheus.running import Prometheus
from tests.report.test_observe_document import ABOUT, looked
from tests.servers import running

LONG = int(PATIENCE * 1000)
WELL = looked()
WRONG = looked(has("d", network="other-1"))
BLIND = looked(silent("c", 20, 40), silent("d", 20, 40))


class Rules:
    """The rules of a launch, as its policy makes them."""

    def __init__(self, policy: bytes) -> None:
        self.policy, self.digest = policy, policy_digest(policy)
        self.group = alert_group(parse_policy(policy), self.digest)
        self.text = rule_file(self.group, "Atlas")

    def loaded(self, prometheus: Prometheus) -> Loaded:
        """What a final check makes of what is loaded now."""
        reading = read_prometheus(prometheus.url, LONG)
        assert reading.fault == ""
        return loaded(self.group, reading.rules, reading.alerts, reading.at_unix_ms)


@contextmanager
def exporting(rules: Rules, reports: list[ObserveReport]) -> Iterator[str]:
    """The address of what an observer exports: the last report, as if it were of this moment."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            now = time.time_ns() // 1_000_000
            report = reports[-1].model_copy(
                update={"policy_digest": rules.digest, "at_unix_ms": now}
            )
            body = metrics_text(report).encode()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with running(Handler) as url:
        yield url.removeprefix("http://")


def desk_of(folder: Path, prometheus: Prometheus) -> tuple[Desk, Rules]:
    """A frozen launch whose monitoring is that Prometheus, and its rules."""
    table = f'[checks.monitoring-live.prometheus]\nurl = "{prometheus.url}"\n'
    timeout = f'timeout = "{PATIENCE:g}s"\n'
    desk = Desk(make_launch(folder, policy=window_policy(table + timeout + SHORT)))
    desk.freeze()
    desk.answer_all(but=("monitoring-live",))
    return desk, Rules((desk.launch.path / "manifests/launch.toml").read_bytes())


def status(desk: Desk) -> tuple[int, str, str]:
    """The exit code of a final check, and the row's status and finding."""
    exit_code, document = desk.json("final-check", "--dry-run")
    row = next(one for one in document["matrix"] if one["id"] == "monitoring-live")
    (check,) = (one for one in document["checks"] if one["id"] == "monitoring-live")
    return exit_code, row["status"], "".join(f["message"] for f in check["findings"])


@pytest.mark.clause("AZ-26.2", "AZ-31.3")
def test_the_row_passes_for_exactly_the_sealed_rules(
    prometheus: Prometheus, tmp_path: Path
) -> None:
    desk, rules = desk_of(tmp_path / "launch", prometheus)
    with exporting(rules, [observe_report(WELL, ABOUT)]) as target:
        prometheus.load({"a.yml": rules.text}, (target,))
        prometheus.wait(lambda: not rules.loaded(prometheus).wrong)
        assert status(desk) == (0, "pass", "")
        altered = rules.text.replace('> 3"', '> 4"', 1)
        assert altered != rules.text
        prometheus.load({"a.yml": altered}, (target,))
        exit_code, row, message = status(desk)
        assert (exit_code, row) == (11, "fail")
        assert "has another expr than this policy makes" in message
    prometheus.stop()
    exit_code, row, message = status(desk)
    assert (exit_code, row) == (1, "error")
    assert "/api/v1/rules: no answer: " in message


@pytest.mark.clause("AZ-26.2", "AZ-31.3")
def test_rules_that_are_not_exactly_the_sealed_ones_are_named(prometheus: Prometheus) -> None:
    rules = Rules((text() + SHORT).encode())
    later = Rules((text() + SHORT.replace('"3s"', '"4s"')).encode())
    with exporting(rules, [observe_report(WELL, ABOUT)]) as target:

        def wrong(**files: str) -> str:
            prometheus.load({f"{name}.yml": file for name, file in files.items()}, (target,))
            return rules.loaded(prometheus).wrong[0].message

        start = '      - alert: "AztrustBlind"'
        end = '      - alert: "AztrustCriterionUnknown"'
        removed = rules.text[: rules.text.index(start)] + rules.text[rules.text.index(end) :]
        assert wrong(a=removed) == "AztrustBlind is missing"
        assert wrong(a=rules.text, b=later.text).startswith("alert rules of another policy are")
        assert wrong(a=later.text) == "the alert rules of this policy are not loaded"
        assert "loaded 2 times" in wrong(a=rules.text, b=rules.text)
        assert "at another interval" in wrong(a=rules.text.replace("interval: 5s", "interval: 1m"))
        assert "another for" in wrong(a=rules.text.replace("for: 1m", "for: 2m", 1))
        limited = rules.text.replace("interval: 5s", "interval: 5s\n    limit: 1")
        assert wrong(a=limited) == "the group has a limit of 1 alerts"
        prometheus.load({"a.yml": rules.text}, (target,))
        prometheus.wait(lambda: not rules.loaded(prometheus).wrong)


@pytest.mark.clause("AZ-26.2", "AZ-27.1")
def test_what_an_observer_sees_fires(prometheus: Prometheus) -> None:
    rules, reports = Rules((text() + SHORT).encode()), [observe_report(WELL, ABOUT)]
    with exporting(rules, reports) as target:
        prometheus.load({"a.yml": rules.text}, (target,))
        prometheus.wait(lambda: WATCHDOG in prometheus.firing())
        assert "AztrustSignalPeerCompatibilityAnomaly" not in prometheus.firing()
        reports.append(observe_report(WRONG, ABOUT))
        prometheus.wait(lambda: "AztrustSignalPeerCompatibilityAnomaly" in prometheus.firing())
        found = [
            one["labels"]
            for one in prometheus.get("/api/v1/alerts")["alerts"]
            if one["labels"]["alertname"] == "AztrustSignalPeerCompatibilityAnomaly"
        ]
        prometheus.wait(lambda: not rules.loaded(prometheus).wrong)
        reports.append(observe_report(BLIND, ABOUT))
        prometheus.wait(lambda: rules.loaded(prometheus).wrong)
        assert "the monitoring is blind: Aztrust" in rules.loaded(prometheus).wrong[0].message
    assert {one["aztrust_class"] for one in found} == {"peer-compatibility-anomaly"}
    assert {one["policy"] for one in found} == {rules.digest[7:23]}
    assert {one["clause"] for one in found} == {"AZ-10.2"}
    assert {one["guidance"] for one in found} <= {"HOLD", "DEFER", "ABORT"}
