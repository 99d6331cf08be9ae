"""A holder's line: where it goes, what it fills, and what is left as it was."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.policy.holder_lines import (
    add_holder_line,
    holder_blank,
    holder_line,
    key_blank,
    role_of_blank,
    slot,
)
from aztrust.core.policy.tomldoc import read_toml
from tests.policies import key, text

SLOTS = f"""version = 1
[ledger]
keepers = ["{key_blank("lead")}", "{holder_blank("lead")}"] # the keeper

[holders]

{slot("lead", "leads")}
{slot("reviewer", "reviews")}
[revocation]
roles = ["lead"]
"""


def added(policy: str, name: str, *roles: str) -> tuple[str, int]:
    data, line = add_holder_line(policy.encode(), name, roles, key(name))
    return data.decode(), line


def test_the_line_goes_under_the_comment_of_its_first_role():
    result, line = added(SLOTS, "rita", "reviewer", "lead")
    lines = result.splitlines()
    assert lines[line - 1] == holder_line("rita", ("reviewer", "lead"), key("rita"))
    assert lines[line - 2] == "# reviewer: reviews"
    assert lines[line] == "[revocation]" or not lines[line]
    document = read_toml(result.encode(), what="policy")
    assert document["holders"]["rita"] == {"roles": ["reviewer", "lead"], "keys": [key("rita")]}


def test_every_other_line_is_kept():
    result, line = added(SLOTS, "rita", "reviewer")
    lines = result.split("\n")
    del lines[line - 1]
    assert "\n".join(lines) == SLOTS


def test_lines_of_one_role_are_in_the_order_of_names():
    policy = SLOTS
    for name in ("mona", "zoe", "anna"):
        policy, _ = added(policy, name, "reviewer")
    names = list(read_toml(policy.encode(), what="policy")["holders"])
    assert names == ["anna", "mona", "zoe"]


def test_the_blank_for_the_key_of_a_role_is_filled_once():
    policy, _ = added(SLOTS, "luca", "lead")
    assert f'keepers = ["{key("luca")}", "luca"] # the keeper' in policy
    policy, _ = added(policy, "mona", "lead")
    assert read_toml(policy.encode(), what="policy")["ledger"]["keepers"][1] == "luca"
    policy, _ = added(SLOTS, "rita", "reviewer")
    assert key_blank("lead") in policy
    blanks = (key_blank("lead"), holder_blank("lead"), "TODO", "x")
    assert [role_of_blank(blank) for blank in blanks] == ["lead", "lead", "", ""]


def test_without_a_comment_it_goes_to_the_end_of_the_table():
    result, line = added(SLOTS, "rita", "stranger")
    assert result.splitlines()[line].strip() in ("", "[revocation]", "# lead: leads")
    assert "rita" in read_toml(result.encode(), what="policy")["holders"]
    policy = f"[holders]\n{holder_line('anna', ('x',), key('anna'))}\n\n\n[seal]\n"
    result, line = added(policy, "rita", "x")
    assert line == 3


def test_a_policy_with_tables_gets_a_table_of_lines_at_its_end():
    result, line = added(text(), "eve", "security-lead")
    assert result.endswith(f"\n\n[holders]\n{holder_line('eve', ('security-lead',), key('eve'))}\n")
    assert line == len(result.splitlines())
    assert len(read_toml(result.encode(), what="policy")["holders"]) == 6


def test_a_name_with_a_dot_is_one_key():
    result, _ = added(SLOTS, "rita.laptop", "lead")
    assert list(read_toml(result.encode(), what="policy")["holders"]) == ["rita.laptop"]


def test_a_known_name_or_key_is_refused():
    policy, _ = added(SLOTS, "rita", "lead")
    with pytest.raises(Refused, match="has a holder rita already"):
        added(policy, "rita", "lead")
    with pytest.raises(Refused, match="lists this key for rita already"):
        add_holder_line(policy.encode(), "anna", ("lead",), key("rita"))
    assert added(policy, "anna", "lead")


@pytest.mark.parametrize(
    "policy",
    [
        'x = """\n[holders]\n"""\n',
        "holders = { anna = { roles = [], keys = [] } }\n",
    ],
    ids=["a header in a text", "an inline table"],
)
def test_what_a_program_cannot_edit_is_left_to_a_person(policy: str):
    with pytest.raises((Refused, Malformed)):
        added(policy, "rita", "lead")
