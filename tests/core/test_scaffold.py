from __future__ import annotations

import pytest

from aztrust.core.policy.holder_lines import add_holder_line
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Severity
from aztrust.core.policy.scaffold import CHAINS, Answers, Chain, count_blanks, scaffold_policy
from aztrust.core.policy.text import blanks, vacant_roles
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.policy.validate import parse_policy
from tests.policies import key

ROLES = ("release-manager", "security-lead", "consensus-lead", "genesis-custodian")


def with_holder(data: bytes, name: str, roles: list[str], fingerprint: str) -> bytes:
    return add_holder_line(data, name, roles, fingerprint)[0]


def filled(data: bytes) -> bytes:
    """What a person does to a scaffold."""
    text = data.decode().replace('chain_id_at = "TODO"', 'chain_id_at = "#/chain_id"')
    text = text.replace('network_class = "TODO"', 'network_class = "devnet"')
    data = text.replace('"TODO"', '"node.tar.gz"').encode()
    for role in ROLES:
        data = with_holder(data, f"{role[0]}olly", [role], key(role))
    return data


@pytest.mark.parametrize("chain", CHAINS)
def test_only_the_blanks_are_wrong_with_a_scaffold(chain: Chain):
    data = scaffold_policy(Answers(chain))
    remarks = lint_policy(data)
    assert {r.topic for r in remarks} == {"blank", "no-holder"}
    assert len(remarks) == count_blanks(data) == data.count(b'"TODO"') + 1
    assert all("(line " in r.message for r in remarks if r.topic == "blank")


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("network_class", [None, "mainnet"])
def test_filled_in_it_is_a_policy_without_errors(chain: Chain, network_class: str | None):
    data = filled(scaffold_policy(Answers(chain, None, network_class)))  # type: ignore[arg-type]
    assert parse_policy(data)
    assert not [r for r in lint_policy(data) if r.severity is Severity.ERROR]


def test_answers_are_in_it_as_given():
    data = scaffold_policy(Answers("cosmos", 'A "zero" \\ \x7fü', "testnet", "zero-1"))
    launch = read_toml(data, what="p")["launch"]
    assert launch == {"name": 'A "zero" \\ \x7fü', "network_class": "testnet", "chain_id": "zero-1"}


def test_it_fits_a_hundred_columns():
    for chain in CHAINS:
        lines = scaffold_policy(Answers(chain, "n" * 20, "mainnet", "c" * 20)).decode().splitlines()
        assert max(map(len, lines)) <= 100


def test_vacant_roles_are_offered_one_after_another():
    data = scaffold_policy(Answers())
    assert vacant_roles(data) == ROLES
    data = with_holder(data, "rita", ["release-manager"], key("rita"))
    assert vacant_roles(data) == ROLES[1:]


def test_a_holder_with_a_dot_is_one_key():
    data = with_holder(scaffold_policy(Answers()), "rita.laptop", ["x"], key("rita"))
    assert list(read_toml(data, what="p")["holders"]) == ["rita.laptop"]


def test_blanks_are_found_wherever_they_are():
    document = {"a": "TODO", "b": [{"c": "TODO later"}, "x TODO"], "d": {"e": ("TODO",)}}
    assert list(blanks(document)) == ["a", "b[0].c", "d.e[0]"]
