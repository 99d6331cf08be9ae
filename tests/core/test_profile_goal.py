"""What keeps a policy from the goal of its profile: each cause alone, with its command."""

from __future__ import annotations

import re

import pytest

from aztrust.core.policy.holder_lines import add_holder_line
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Severity
from aztrust.core.policy.model import ProfileName
from aztrust.core.policy.profiles import PROFILES
from aztrust.core.policy.scaffold import Answers, Installed, scaffold_policy
from aztrust.core.policy.validate import parse_policy
from tests.policies import key, text

MAINNET = [role for role, _ in PROFILES["mainnet"].roles]


def scaffold(name: ProfileName, *, but: tuple[str, ...] = ()) -> str:
    """What `init` writes, with a holder of its own for each role."""
    answers = Answers("cosmos", "x", None, "x-1", name, (Installed("node", "linux/amd64"),))
    data = scaffold_policy(answers)
    for role, _ in PROFILES[name].roles:
        if role not in but:
            data, _ = add_holder_line(data, f"h-{role}", (role,), key(role))
    return data.decode()


def held(policy: str) -> list[tuple[str, str]]:
    """Topic and mend of what the goal waits for; there is nothing worse."""
    remarks = lint_policy(policy.encode())
    assert not [r for r in remarks if r.severity is Severity.ERROR], remarks
    return [(r.topic, r.mend) for r in remarks if r.severity is Severity.HOLD]


@pytest.mark.parametrize("name", PROFILES)
def test_with_a_holder_for_each_role_it_is_clean(name: ProfileName):
    policy = scaffold(name)
    assert parse_policy(policy.encode()).launch.profile == name
    found = {r.topic for r in lint_policy(policy.encode()) if r.severity is not Severity.NOTE}
    # How young a head has to be, the team chooses: the line of the profile is a comment.
    assert found == ({"head-age-missing"} if name == "mainnet" else set())
    chosen = policy.replace("# max_head_age", "max_head_age")
    assert {r.severity for r in lint_policy(chosen.encode())} <= {Severity.NOTE}


@pytest.mark.parametrize("name", PROFILES)
def test_without_holders_each_role_is_named_with_the_command(name: ProfileName):
    policy = scaffold(name, but=tuple(role for role, _ in PROFILES[name].roles))
    mends = [f"aztrust key generate --role {role}" for role, _ in PROFILES[name].roles]
    assert sorted(mend for _, mend in held(policy)) == sorted(mends)


@pytest.mark.parametrize("role", MAINNET)
def test_a_mainnet_lacks_each_role_that_it_has_no_holder_for(role: str):
    found = held(scaffold("mainnet", but=(role,)))
    command = f"aztrust key generate --role {role}"
    topics = {topic for topic, mend in found if mend == command}
    assert topics
    assert topics == {"role-vacant"}


def test_a_deputy_is_listed():
    policy = scaffold("mainnet")
    tables = policy.count("[[ledger.keepers]]")
    assert (tables, held(policy)) == (2, [])
    alone = re.sub(r"\[\[ledger.keepers\]\] [^\[]*deputy.*?\n\n", "", policy, flags=re.DOTALL)
    assert alone.count("[[ledger.keepers]]") == 1
    assert [topic for topic, _ in held(alone)] == ["deputy-missing"]


def changed(name: ProfileName, old: str, new: str) -> list[str]:
    policy = re.sub(old, new, scaffold(name), flags=re.DOTALL)
    assert policy != scaffold(name)
    return [topic for topic, _ in held(policy)]


@pytest.mark.parametrize(
    ("name", "old", "new", "topic"),
    [
        ("mainnet", r"\[ledger\].*?\[checks", "[checks", "keeper-missing"),
        ("mainnet", r"pairs = \[.*?\n\]\n", "", "separation-empty"),
        ("mainnet", r"coordinator = 1, security-lead = 1", "coordinator = 1", "verdicts-few"),
        ("mainnet", r"distinct_holders = 3", "distinct_holders = 2", "profile-too-few"),
        ("mainnet", r"distinct_holders = 3", "distinct_holders = 4", "threshold-unmeetable"),
        ("mainnet", r"consensus-lead = 1 }", "consensus-lead = 2 }", "threshold-unmeetable"),
        ("mainnet", r"coordinator = 1, s", "coordinator = 2, s", "threshold-unmeetable"),
        ("testnet", r"distinct_holders = 2", "distinct_holders = 1", "profile-too-few"),
        ("testnet", r"\[verdicts\].*?\n\n", "", "freeze-unmeetable"),
        (
            "testnet",
            r"\[verdicts\].*?\n\n",
            '[freeze]\nnot_applicable = "x"\n\n',
            "freeze-unmeetable",
        ),
        ("solo", r"\[freeze\].*?\n\n", "\n", "freeze-unmeetable"),
    ],
)
def test_each_cause_alone(name: ProfileName, old: str, new: str, topic: str):
    assert set(changed(name, old, new)) == {topic}


def test_one_keeper_without_a_holder_and_a_deputy():
    table = f'keeper = "{key("stranger")}"\n\n[checks'
    policy = re.sub(
        r"\n\[\[ledger.*?\[checks", table, scaffold("mainnet"), count=1, flags=re.DOTALL
    )
    assert [topic for topic, _ in held(policy)] == ["keeper-missing", "deputy-missing"]


def test_two_signers_who_are_one_person_are_one():
    policy = scaffold("mainnet").replace('  ["launch-coordinator", "security-lead"],\n', "")
    assert held(policy) == []
    policy = policy.replace('["launch-coordinator"], keys', '["launch-coordinator", "x"], keys')
    assert held(policy) == []
    both = policy.replace('["launch-coordinator", "x"]', '["launch-coordinator", "security-lead"]')
    assert [topic for topic, _ in held(both)] == ["verdicts-few"]


def test_without_a_profile_a_role_without_a_holder_is_an_error():
    policy = text(holders={"rita": ["release-manager"], "gabi": ["genesis-custodian"]})
    severities = {r.topic: r.severity for r in lint_policy(policy.encode())}
    assert severities["threshold-unmeetable"] is Severity.ERROR
    policy = policy.replace('name = "test"', 'name = "x"\nprofile = "testnet"')
    severities = {r.topic: r.severity for r in lint_policy(policy.encode())}
    assert severities["role-vacant"] is Severity.HOLD
    assert Severity.ERROR not in severities.values()


def test_what_no_holder_mends_is_an_error_with_a_profile_too():
    policy = scaffold("testnet").replace(
        '["release-manager"], keys', '["release-manager", "genesis-custodian"], keys'
    )
    found = {r.topic: r.severity for r in lint_policy(policy.encode())}
    assert found["separation-violated"] is Severity.ERROR


def test_one_person_alone_is_the_goal_of_solo_and_of_no_other():
    solo = scaffold("solo")
    assert "single-holder" in {r.topic for r in lint_policy(solo.encode())}
    without = solo.replace('profile = "solo" ', "# ")
    found = {r.topic: r.severity for r in lint_policy(without.encode())}
    assert found["single-holder"] is Severity.WARNING
