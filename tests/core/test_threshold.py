"""Counting voices against a rule."""

from __future__ import annotations

import pytest

from aztrust.core.policy import ApprovalRule
from aztrust.core.signed.threshold import tally

RULE = ApprovalRule(distinct_holders=2, roles={"manager": 1, "security": 1})


def voice(holder: str, *roles: str, key: str = ""):
    return holder, (key or f"key of {holder}").encode(), frozenset(roles)


@pytest.mark.parametrize(
    ("voices", "count", "missing"),
    [
        ([], 0, ("manager", "security")),
        ([voice("rita", "manager")], 1, ("security",)),
        ([voice("rita", "manager"), voice("sonia", "security")], 2, ()),
        # One holder in both roles is one holder: the count is not met.
        ([voice("rita", "manager", "security")], 1, ()),
        ([voice("rita", "manager"), voice("rita", "security", key="second")], 1, ()),
        # A role the rule does not ask for adds nobody.
        ([voice("rita", "manager"), voice("dan", "ops")], 1, ("security",)),
        # A key that two holders spoke with is nobody's.
        ([voice("rita", "manager", key="k"), voice("sonia", "security", key="k")], 0, None),
    ],
)
def test_holders_and_roles_are_counted(voices, count, missing):
    result = tally(RULE, voices)
    assert len(result.holders) == count
    assert result.missing_roles == (("manager", "security") if missing is None else missing)
    assert result.met == (count >= 2 and not result.missing_roles)


def test_two_in_one_role_need_two_holders():
    rule = ApprovalRule(distinct_holders=2, roles={"manager": 2})
    voices = [voice("rita", "manager"), voice("rita", "manager", key="second")]
    assert not tally(rule, voices).met
    assert tally(rule, [*voices, voice("gabi", "manager")]).met


def test_every_role_may_be_met_and_the_count_not():
    rule = ApprovalRule(distinct_holders=3, roles={"manager": 1})
    result = tally(rule, [voice("rita", "manager"), voice("gabi", "manager")])
    assert result.missing_roles == ()
    assert not result.met
