"""What sets of holders can do under a policy, counted the way `verify` counts (law 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from aztrust.core.base.value import frozen
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.policy.quorum import ApprovalRule, Vote, count_votes
from aztrust.core.policy.set_cover import TooLarge, first_smallest


@frozen
class Loss:
    """The fewest lost keys after which a rule cannot be met, and whose they would be."""

    keys: int
    holders: tuple[str, ...]
    why: str


def seal_rule(policy: Policy, package_class: PackageClass) -> ApprovalRule:
    """Sealing as a rule: one holder of the role."""
    return ApprovalRule(distinct_holders=1, roles={policy.seal_role(package_class): 1})


def verdict_rule(policy: Policy) -> ApprovalRule | None:
    """Signing a verdict as a rule; None where the policy has no `[verdicts]`."""
    if policy.verdicts is None:
        return None
    return ApprovalRule(distinct_holders=1, roles=policy.verdicts.roles)


def package_rules(
    policy: Policy, package_classes: Iterable[PackageClass]
) -> tuple[ApprovalRule, ...]:
    """What it takes to have these packages sealed and approved."""
    return tuple(
        rule
        for package_class in package_classes
        for rule in (seal_rule(policy, package_class), policy.approval_rule(package_class))
    )


def can_meet(policy: Policy, holders: Collection[str], rules: Iterable[ApprovalRule]) -> bool:
    """Whether these holders, each speaking with every key in every role, meet all the rules."""
    votes = tuple(_voices(policy, holders))
    return all(count_votes(rule, votes).met for rule in rules)


def with_a_say(policy: Policy, rules: Iterable[ApprovalRule]) -> tuple[str, ...]:
    """The holders of any role that the rules ask for, sorted."""
    asked = {role for rule in rules for role in rule.roles}
    return tuple(sorted(n for n, h in policy.holders.items() if not asked.isdisjoint(h.roles)))


def smallest_set(policy: Policy, rules: tuple[ApprovalRule, ...]) -> tuple[str, ...] | None:
    """The fewest holders that meet all the rules together, the first of them by name.

    () where not even all holders do; None where the search would be too long. A key that two
    holders list belongs to neither here, as where both sign; such a policy is refused anyhow.
    """
    candidates = with_a_say(policy, rules)
    if not can_meet(policy, candidates, rules):
        return ()
    demands: dict[frozenset[str], int] = {}
    for rule in rules:
        groups = {frozenset(rule.roles): rule.distinct_holders}
        for group, count in (
            *groups.items(),
            *((frozenset({r}), n) for r, n in rule.roles.items()),
        ):
            demands[group] = max(count, demands.get(group, 0))
    listed = Counter(key for holder in policy.holders.values() for key in holder.keys)
    helps = {
        name: frozenset(
            index
            for index, group in enumerate(demands)
            if not group.isdisjoint(policy.holders[name].roles)
        )
        for name in candidates
        if any(listed[key] == 1 for key in policy.holders[name].keys)
    }
    try:
        return first_smallest(helps, tuple(demands.values()))
    except TooLarge:
        return None


def fewest_losses(policy: Policy, rule: ApprovalRule) -> Loss:
    """How few lost keys make a rule unmeetable: 0 where it cannot be met as it is."""
    everyone = with_a_say(policy, [rule])
    needs = [("different holders", rule.distinct_holders, everyone)]
    needs += [(role, n, policy.holders_of_role(role)) for role, n in rule.roles.items()]
    losses = []
    for why, count, holders in needs:
        cheapest = sorted(holders, key=lambda name: (len(policy.holders[name].keys), name))
        lost = tuple(cheapest[: max(0, len(holders) - count + 1)])
        losses.append(Loss(sum(len(policy.holders[n].keys) for n in lost), lost, why))
    return min(losses, key=lambda loss: (loss.keys, loss.why == "different holders", loss.why))


def _voices(policy: Policy, holders: Iterable[str]) -> Iterator[Vote]:
    for name in holders:
        holder = policy.holders[name]
        for key in holder.keys:
            yield name, key.encode(), frozenset(holder.roles)
