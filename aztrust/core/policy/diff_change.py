"""One change between two policies, and how lists, counts and roles of theirs are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.policy.describe import plural


class Effect(StrEnum):
    """What a change does. LOWER: less is needed, or more is allowed, than before."""

    LOWER = "LOWER"
    RAISED = "raised"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@frozen
class Change:
    """One change: what it does, the place in the policy, and a sentence."""

    effect: Effect
    place: str
    message: str


def set_changes(
    place: str,
    before: Iterable[str],
    after: Iterable[str],
    words: str,
    effects: tuple[Effect, Effect] = (Effect.REMOVED, Effect.ADDED),
) -> Iterator[Change]:
    """Each item that one side has alone.

    Args:
        place: where in the policy.
        before: the items of the old policy.
        after: those of the new one.
        words: the sentence; `{}` is the item.
        effects: what it does that an item goes, and that one comes.
    """
    before, after = set(before), set(after)
    for effect, items in zip(effects, (before - after, after - before), strict=True):
        for item in sorted(items):
            yield Change(effect, place, words.format(escape(item)))


def count_change(place: str, before: int, after: int, noun: str) -> Iterator[Change]:
    """A number of holders that is another one; fewer are LOWER."""
    if before != after:
        yield Change(
            Effect.LOWER if after < before else Effect.RAISED,
            place,
            f"{before} -> {plural(after, noun)}",
        )


def role_count_changes(
    place: str, before: Mapping[str, int], after: Mapping[str, int]
) -> Iterator[Change]:
    """Each role of which another number is asked."""
    for role in sorted(before.keys() | after.keys()):
        was, now = before.get(role, 0), after.get(role, 0)
        if now == 0:
            yield Change(Effect.LOWER, place, f"{role} is not asked any more (was {was})")
        elif was == 0:
            yield Change(Effect.RAISED, place, f"{role} is asked too: {now}")
        else:
            yield from count_change(place, was, now, role)
