"""Counting votes against a rule."""

from __future__ import annotations

import pytest

from aztrust.core.policy.quorum import ApprovalRule, count_votes

RULE = ApprovalRule(distinct_holders=2, roles={"manager": 1, "security": 1})


def vote(holder: str, *roles: str, key: str = ""):
    return holder, (key or f"key of {holder}").encode(), frozenset(roles)


@pytest.mark.parametrize(
    ("votes", "count", "missing"),
    [
        ([], 0, ("manager", "security")),
        ([vote("rita", "manager")], 1, ("security",)),
        ([vote("rita", "manager"), vote("sonia", "security")], 2, ()),
        # One holder in both roles is one holder: the count is not met.
        ([vote("rita", "manager", "security")], 1, ()),
        ([vote("rita", "manager"), vote("rita", "security", key="second")], 1, ()),
        # A role the rule does not ask for adds no vote.
        ([vote("rita", "manager"), vote("dan", "ops")], 1, ("security",)),
        # A key that two holders signed with counts for neither.
        ([vote("rita", "manager", key="k"), vote("sonia", "security", key="k")], 0, None),
    ],
)
def test_holders_and_roles_are_counted(votes, count, missing):
    result = count_votes(RULE, votes)
    assert len(result.holders) == count
    assert result.missing_roles == (("manager", "security") if missing is None else missing)
    assert result.met == (count >= 2 and not result.missing_roles)


def test_two_in_one_role_need_two_holders():
    rule = ApprovalRule(distinct_holders=2, roles={"manager": 2})
    votes = [vote("rita", "manager"), vote("rita", "manager", key="second")]
    assert not count_votes(rule, votes).met
    assert count_votes(rule, [*votes, vote("gabi", "manager")]).met


def test_every_role_may_be_met_and_the_count_not():
    rule = ApprovalRule(distinct_holders=3, roles={"manager": 1})
    result = count_votes(rule, [vote("rita", "manager"), vote("gabi", "manager")])
    assert result.missing_roles == ()
    assert not result.met
