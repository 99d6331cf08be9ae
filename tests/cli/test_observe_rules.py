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


@pytest.mark.parametrize(
    "words", [["-C", "{}", "rules"], ["-q", "-C", "{}", "rules"], ["-C", "{}", "rules", "-q"]]
)
def test_the_command_may_be_named_after_options(launch: Path, words: list[str]) -> None:
    done = run("observe", *(word.format(launch) for word in words))
    assert done.exit_code == 0
    assert done.out == (expected(launch) if "-q" not in words else done.out)
    assert "aztrust:" in done.out


def test_the_value_of_an_option_names_no_command(tmp_path: Path) -> None:
    made = make_launch(tmp_path / "made", policy=window_policy(SHORT)).path
    made.rename(tmp_path / "rules")
    for words in (["-C", tmp_path / "rules"], ["http://127.0.0.1:1", "-C", tmp_path / "rules"]):
        done = run("observe", *words)
        assert "no freeze of this scope is here" in done.err
    done = run("observe", "--nodes", "rules", "-C", tmp_path / "rules")
    assert "no freeze of this scope is here" in done.err


def test_the_help_of_the_group_lists_the_options_of_its_default() -> None:
    shown = run("observe", "--help").out
    for option in ("--watch", "--nodes FILE", "--metrics FILE", "--exec COMMAND"):
        assert option in shown
    assert "Options where no command is named (network):" in shown


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
