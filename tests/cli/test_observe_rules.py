"""`aztrust observe rules`: the rule file of a launch and of its kit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aztrust.core.chain.alerts.group import alert_group
from aztrust.core.policy.model import policy_digest
from aztrust.core.policy.validate import parse_policy
from aztrust.report.observe.alert_rules import rule_file
from tests.cli_launch import window_policy
from tests.command import run
from tests.core.chain.watched import SHORT
from tests.disk_launch import make_launch


@pytest.fixture
def launch(tmp_path: Path) -> Path:
    path: Path = make_launch(tmp_path / "launch", policy=window_policy(SHORT)).path
    return path


def expected(launch: Path) -> str:
    data = (launch / "manifests/launch.toml").read_bytes()
    policy = parse_policy(data)
    return rule_file(alert_group(policy, policy_digest(data)), policy.launch.name)


@pytest.mark.clause("AZ-31.3")
def test_the_file_is_what_the_policy_makes(launch: Path, tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    done = run("-C", launch, "observe", "rules", "-o", file)
    assert (done.exit_code, done.out) == (0, "")
    assert file.read_bytes() == expected(launch).encode()
    assert run("-C", launch, "observe", "rules").out == expected(launch)


def test_a_kit_makes_the_same(launch: Path, tmp_path: Path) -> None:
    kit = tmp_path / "launch.aztrust"
    assert run("-C", launch, "pack", kit).exit_code == 0
    assert run("-C", kit, "observe", "rules").out == expected(launch)


def test_it_is_given_as_json_and_as_the_name_of_the_group(launch: Path) -> None:
    digest = policy_digest((launch / "manifests/launch.toml").read_bytes())
    document = json.loads(run("-C", launch, "observe", "rules", "--format", "json").out)
    assert document["policy_digest"] == digest
    assert len(document["rules"]) == expected(launch).count("- alert: ")
    brief = run("-C", launch, "observe", "rules", "-q").out
    assert brief == f"{document['group']}\n" == f"aztrust:{digest[7:]}\n"


def test_a_policy_that_is_none_makes_no_rules(launch: Path, tmp_path: Path) -> None:
    (launch / "manifests/launch.toml").write_text("version = 1\n")
    file = tmp_path / "rules.yml"
    done = run("-C", launch, "observe", "rules", "-o", file)
    assert done.exit_code == 10
    assert "policy-malformed" in done.err
    # The failure is there, as of every command; it is not a rule file.
    assert "groups:" not in file.read_text()
