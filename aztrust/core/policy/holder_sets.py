"""What sets of holders can do under a policy, counted the way `verify` counts (law 8).

`first_smallest` finds the fewest holders that satisfy several demands at once, exactly, and within
a bounded search. A demand asks for so many different holders of a group. Holders that help with the
same demands are one kind, and only their number matters: a policy of a thousand holders has a
handful of kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from aztrust.core.base.value import frozen
from aztrust.core.policy.model import Policy
from aztrust.core.policy.quorum import ApprovalRule, Vote, count_votes

STEPS = 20_000
"""States looked at before the search is given up: a fraction of a second."""

Demands = tuple[int, ...]


class TooLarge(Exception):
    """The search was given up. Caught by the only caller; no user ever meets it."""


@frozen
class Kind:
    """Holders that help with the same demands.

    Args:
        helps: indexes of the demands.
        supply: how many such holders there are.
    """

    helps: frozenset[int]
    supply: int


def first_smallest(
    helps: Mapping[str, frozenset[int]], wanted: Demands, steps: int = STEPS
) -> tuple[str, ...]:
    """The smallest set of names that meets all demands, the first of them in the names' order.

    Args:
        helps: name to the indexes of the demands it helps with, in order.
        wanted: how many names each demand asks for.
        steps: after how many states to give up.

    Raises:
        TooLarge: it was given up.
    """
    search = _Search(steps)
    names = [name for name in helps if helps[name]]
    if not search.fits(_kinds(helps, names), wanted, len(names)):
        return ()
    kinds = _kinds(helps, names)
    size = next(n for n in range(len(names) + 1) if search.fits(kinds, wanted, n))
    chosen: list[str] = []
    for index, name in enumerate(names):
        left = _less(wanted, helps[name])
        if search.fits(_kinds(helps, names[index + 1 :]), left, size - len(chosen) - 1):
            chosen.append(name)
            wanted = left
        if len(chosen) == size:
            break
    return tuple(chosen)


class _Search:
    def __init__(self, steps: int) -> None:
        self._left = steps

    def fits(self, kinds: Sequence[Kind], wanted: Demands, size: int) -> bool:
        """Whether at most `size` holders of these kinds meet the demands."""
        supplies = _supplies(kinds, len(wanted))
        # Kinds come the most helpful first.
        largest = [*(len(kind.helps) for kind in kinds), 0]
        failed: set[tuple[int, Demands, int]] = set()

        def go(index: int, wanted: Demands, size: int) -> bool:
            if not any(wanted):
                return size >= 0
            # Each holder counts once for a demand, so none may ask for more than are left.
            if any(n > size or n > have for n, have in zip(wanted, supplies[index], strict=True)):
                return False
            if sum(wanted) > size * largest[index] or (index, wanted, size) in failed:
                return False
            self._left -= 1
            if self._left < 0:
                raise TooLarge
            kind = kinds[index]
            most = min(kind.supply, size, max((wanted[j] for j in kind.helps), default=0))
            for count in range(most, -1, -1):
                if go(index + 1, _less(wanted, kind.helps, count), size - count):
                    return True
            failed.add((index, wanted, size))
            return False

        return go(0, wanted, size)


def _kinds(helps: Mapping[str, frozenset[int]], names: Sequence[str]) -> list[Kind]:
    """The kinds among these names, the most helpful first."""
    supply: dict[frozenset[int], int] = {}
    for name in names:
        supply[helps[name]] = supply.get(helps[name], 0) + 1
    kinds = [Kind(helped, count) for helped, count in supply.items()]
    return sorted(kinds, key=lambda kind: (-len(kind.helps), sorted(kind.helps)))


def _supplies(kinds: Sequence[Kind], demands: int) -> list[Demands]:
    """How many holders help with each demand, from each kind on to the last."""
    supplies: list[Demands] = [(0,) * demands]
    for kind in reversed(kinds):
        after = supplies[-1]
        supplies.append(
            tuple(n + kind.supply if j in kind.helps else n for j, n in enumerate(after))
        )
    return supplies[::-1]


def _less(wanted: Demands, helped: frozenset[int], count: int = 1) -> Demands:
    return tuple(max(0, n - count) if j in helped else n for j, n in enumerate(wanted))


@frozen
class Loss:
    """The fewest lost keys after which a rule cannot be met, and whose they would be."""

    keys: int
    holders: tuple[str, ...]
    why: str


def can_meet(policy: Policy, holders: Collection[str], rules: Iterable[ApprovalRule]) -> bool:
    """Whether these holders, each speaking with every key in every role, meet all the rules."""
    votes = tuple(_votes(policy, holders))
    return all(count_votes(rule, votes).met for rule in rules)


def eligible_holders(policy: Policy, rules: Iterable[ApprovalRule]) -> tuple[str, ...]:
    """The holders of any role that the rules ask for, sorted."""
    asked = {role for rule in rules for role in rule.roles}
    return tuple(sorted(n for n, h in policy.holders.items() if not asked.isdisjoint(h.roles)))


def smallest_set(policy: Policy, rules: tuple[ApprovalRule, ...]) -> tuple[str, ...] | None:
    """The fewest holders that meet all the rules together, the first of them by name.

    () where not even all holders do; None where the search would be too long. A key that two
    holders list belongs to neither here, as where both sign; such a policy is refused anyhow.
    """
    candidates = eligible_holders(policy, rules)
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
    everyone = eligible_holders(policy, [rule])
    needs = [("different holders", rule.distinct_holders, everyone)]
    needs += [(role, n, policy.holders_of_role(role)) for role, n in rule.roles.items()]
    losses = []
    for why, count, holders in needs:
        cheapest = sorted(holders, key=lambda name: (len(policy.holders[name].keys), name))
        lost = tuple(cheapest[: max(0, len(holders) - count + 1)])
        losses.append(Loss(sum(len(policy.holders[n].keys) for n in lost), lost, why))
    return min(losses, key=lambda loss: (loss.keys, loss.why == "different holders", loss.why))


def _votes(policy: Policy, holders: Iterable[str]) -> Iterator[Vote]:
    for name in holders:
        holder = policy.holders[name]
        for key in holder.keys:
            yield name, key.encode(), frozenset(holder.roles)
