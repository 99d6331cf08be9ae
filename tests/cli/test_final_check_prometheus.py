"""A final check that asks a Prometheus, at the command line; the Prometheus answers as prepared."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.base.times import parse_rfc3339
from aztrust.core.chain.alerts.alert import AlertGroup
from aztrust.core.chain.alerts.group import alert_group
from aztrust.core.chain.alerts.loaded import loaded
from aztrust.core.policy.model import policy_digest
from aztrust.core.policy.validate import parse_policy
from tests.cli_launch import Desk, window_policy
from tests.core.chain.watched import SHORT
from tests.disk_launch import make_launch
from tests.patience import PATIENCE
from tests.prometheus_answers import Bend, alerts_answer, rules_answer, without
from tests.servers import Answer, answer, closed, serving

RULES, ALERTS = "/api/v1/rules", "/api/v1/alerts"


def desk_of(folder: Path, url: str) -> Desk:
    table = f'[checks.monitoring-live.prometheus]\nurl = "{url}"\ntimeout = "{PATIENCE:g}s"\n'
    desk = Desk(make_launch(folder, policy=window_policy(table + SHORT)))
    desk.freeze()
    desk.answer_all(but=("monitoring-live",))
    return desk


def group_of(desk: Desk) -> AlertGroup:
    data = (desk.launch.path / "manifests/launch.toml").read_bytes()
    return alert_group(parse_policy(data), policy_digest(data))


def row(document: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in document["matrix"] if one["id"] == "monitoring-live")


def loading(answers: dict[str, Answer], group: AlertGroup, *bends: Bend) -> None:
    """Has the server answer as a Prometheus that evaluates the rules at this moment."""
    now = time.time_ns() // 1_000_000
    answers[RULES] = answer(200, rules_answer(group, now, *bends))
    answers[ALERTS] = answer(200, alerts_answer(group))


@pytest.mark.clause("AZ-26.2", "AZ-31.3")
def test_both_answers_are_kept_and_can_be_judged_again(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {}
    with serving(answers) as (url, asked):
        desk = desk_of(tmp_path, url)
        group = group_of(desk)
        loading(answers, group)
        assert asked == []
        exit_code, document = desk.json("final-check")
        assert asked == [RULES, ALERTS]
    assert (exit_code, row(document)["status"]) == (0, "pass")
    kept = desk.launch.path / "observations"
    bodies = []
    for digest in row(document)["evidence"]:
        body = (kept / digest.removeprefix("sha256:")).read_bytes()
        assert hashlib.sha256(body).hexdigest() == digest.removeprefix("sha256:")
        bodies.append(body)
    rules, alerts = bodies
    evaluated = json.loads(rules)["data"]["groups"][0]["lastEvaluation"]
    assert loaded(group, rules, alerts, _moment(evaluated)).wrong == ()
    assert len(list(kept.iterdir())) == 2


@pytest.mark.clause("AZ-31.3")
def test_what_fails_is_kept_too_and_a_dry_run_keeps_nothing(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {}
    with serving(answers) as (url, _):
        desk = desk_of(tmp_path, url)
        loading(answers, group_of(desk), without("AztrustBlind"))
        exit_code, document = desk.json("final-check", "--dry-run")
        assert (exit_code, row(document)["status"]) == (11, "fail")
        assert not (desk.launch.path / "observations").exists()
        desk.json("final-check")
    assert len(list((desk.launch.path / "observations").iterdir())) == 2


def test_where_nothing_answers_nothing_is_kept(tmp_path: Path) -> None:
    with closed() as port:
        desk = desk_of(tmp_path, f"http://127.0.0.1:{port}")
        exit_code, document = desk.json("final-check")
    assert (exit_code, row(document)["status"]) == (1, "error")
    assert not (desk.launch.path / "observations").exists()


def _moment(text: str) -> int:
    found = parse_rfc3339(text)
    assert found is not None
    return found // 1_000_000
