"""What sets of holders can do under a policy, counted the way `verify` counts (law 8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations

from aztrust.core.policy import ApprovalRule, PackageClass, Policy
from aztrust.core.signed.threshold import Voice, tally
from aztrust.core.value import frozen

SEARCH_LIMIT = 20
"""Above this many holders with a say, the smallest set is not searched for: 2^20 sets are."""


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
    voices = tuple(_voices(policy, holders))
    return all(tally(rule, voices).met for rule in rules)


def with_a_say(policy: Policy, rules: Iterable[ApprovalRule]) -> tuple[str, ...]:
    """The holders of any role that the rules ask for, sorted."""
    asked = {role for rule in rules for role in rule.roles}
    return tuple(sorted(n for n, h in policy.holders.items() if not asked.isdisjoint(h.roles)))


def is_searchable(policy: Policy, rules: Iterable[ApprovalRule]) -> bool:
    """Whether `smallest_set` is exact here; beyond `SEARCH_LIMIT` holders it is not tried."""
    return len(with_a_say(policy, rules)) <= SEARCH_LIMIT


def smallest_set(policy: Policy, rules: tuple[ApprovalRule, ...]) -> tuple[str, ...]:
    """The fewest holders that meet all the rules together, the first of them by name.

    () where not even all holders do. Only where `is_searchable`.
    """
    candidates = with_a_say(policy, rules)
    if not can_meet(policy, candidates, rules):
        return ()
    asked = {role for rule in rules for role in rule.roles}
    kinds: dict[tuple[frozenset[str], frozenset[str]], int] = {}
    kind_of = {
        name: kinds.setdefault(
            (frozenset(policy.holders[name].roles) & asked, _shared_keys(policy, name)), len(kinds)
        )
        for name in candidates
    }
    floor = max(max(rule.distinct_holders, *rule.roles.values()) for rule in rules)
    for size in range(floor, len(candidates) + 1):
        # Holders with the same roles are interchangeable: each mixture is counted once.
        tried: set[tuple[int, ...]] = set()
        for chosen in combinations(candidates, size):
            mixture = tuple(sorted(kind_of[name] for name in chosen))
            if mixture in tried:
                continue
            tried.add(mixture)
            if can_meet(policy, chosen, rules):
                return chosen
    return candidates


def fewest_losses(policy: Policy, rule: ApprovalRule) -> Loss:
    """How few lost keys make a rule unmeetable: 0 where it cannot be met as it stands."""
    everyone = with_a_say(policy, [rule])
    needs = [("different holders", rule.distinct_holders, everyone)]
    needs += [(role, n, policy.holders_of_role(role)) for role, n in rule.roles.items()]
    losses = []
    for why, count, holders in needs:
        cheapest = sorted(holders, key=lambda name: (len(policy.holders[name].keys), name))
        lost = tuple(cheapest[: max(0, len(holders) - count + 1)])
        losses.append(Loss(sum(len(policy.holders[n].keys) for n in lost), lost, why))
    return min(losses, key=lambda loss: (loss.keys, loss.why == "different holders", loss.why))


def _voices(policy: Policy, holders: Iterable[str]) -> Iterator[Voice]:
    for name in holders:
        holder = policy.holders[name]
        for key in holder.keys:
            yield name, key.encode(), frozenset(holder.roles)


def _shared_keys(policy: Policy, name: str) -> frozenset[str]:
    """Keys that another holder lists too: they make holders with equal roles differ."""
    mine = set(policy.holders[name].keys)
    others = {k for n, h in policy.holders.items() if n != name for k in h.keys}
    return frozenset(mine & others)
