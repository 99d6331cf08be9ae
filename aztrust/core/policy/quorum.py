"""Counting votes: how many different holders, and how many in each role (law 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from aztrust.core.base.model import Model, Name
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen

# Who signed, the raw value of the key they signed with, and the roles they signed in.
Vote = tuple[str, bytes, frozenset[str]]


@frozen
class Quorum:
    """A count against a rule. `missing_roles` are those with too few holders, sorted."""

    rule: ApprovalRule
    holders: frozenset[str]
    missing_roles: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether the rule is satisfied."""
        return len(self.holders) >= self.rule.distinct_holders and not self.missing_roles


def count_votes(rule: ApprovalRule, votes: Iterable[Vote]) -> Quorum:
    """Count votes by holder and by key material; repeating one changes nothing.

    A key that two holders signed with counts for neither: its owner could be either.
    """
    votes = tuple(votes)
    owners: dict[bytes, set[str]] = {}
    for holder, material, _ in votes:
        owners.setdefault(material, set()).add(holder)
    by_role: dict[str, set[str]] = {role: set() for role in rule.roles}
    holders = set()
    for holder, material, roles in votes:
        if len(owners[material]) > 1 or not roles & by_role.keys():
            continue
        holders.add(holder)
        for role in roles & by_role.keys():
            by_role[role].add(holder)
    missing = (role for role, count in rule.roles.items() if len(by_role[role]) < count)
    return Quorum(rule, frozenset(holders), tuple(sorted(missing)))


class ApprovalRule(Model):
    """`[approvals.CLASS]`: how many different holders, and how many in each role."""

    distinct_holders: Count
    roles: RoleCounts


Count = Annotated[int, Field(ge=1, le=1000)]


RoleCounts = Annotated[dict[Name, Count], Field(min_length=1)]
