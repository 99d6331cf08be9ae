"""What a task is: one act that waits, who may do it, and the one command that does it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import IntEnum
from typing import Final, Literal, get_args

from aztrust.core.base.value import frozen
from aztrust.core.policy.model import Policy

ActName = Literal[
    "defer",
    "end-hold",
    "close-blocker",
    "withdraw-objection",
    "append",
    "seal",
    "attest-build",
    "approve",
    "freeze",
    "attest",
    "review-advisories",
    "final-check",
    "checklist-answer",
    "checklist-sign-off",
    "countersign",
    "checkpoint",
    "window-step",
    "checklist-freeze",
    "hold-update",
    "snapshot",
    "renew-head",
]

_ORDER: Final[tuple[ActName, ...]] = get_args(ActName)
"""What comes first of two that are equally urgent: what the other one will rest on."""


class Urgency(IntEnum):
    """How urgent a task is, the most urgent first.

    `OBJECTION`: something stops the launch. `WAITED_FOR`: others cannot go on without it. `REST`:
    nothing waits for it yet.
    """

    OBJECTION = 0
    WAITED_FOR = 1
    REST = 2


@frozen
class Doer:
    """A holder who may do a task, in which role, with which keys (fingerprints, none revoked)."""

    holder: str
    role: str
    keys: tuple[str, ...]


def doers_of(policy: Policy, names: Iterable[str]) -> tuple[Doer, ...]:
    """These holders, in all their roles and with all their keys, in the order of the names."""
    holders = ((name, policy.holders[name]) for name in names)
    return tuple(Doer(name, ", ".join(h.roles), h.keys) for name, h in holders)


@frozen
class Task:
    """One act that waits for a holder.

    Args:
        act: what is to be done.
        subject: what it is about: a package class, a row, a record's id, "" for the launch.
        urgency: how urgent it is.
        why: why it waits, one sentence without a full stop.
        command: what does it, as it is typed.
        doers: the holders who may; any one of them, of each role that is named.
        asks: whether only a person can answer it: then it is a question, and not one act.
        vacant: the roles that have to sign, and that no holder is left for.
    """

    act: ActName
    subject: str
    urgency: Urgency
    why: str
    command: str
    doers: tuple[Doer, ...]
    asks: bool = False
    vacant: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        """What it is: of two readings the same task is equal in this."""
        return self.act, self.subject

    @property
    def place(self) -> tuple[int, int, bool, str]:
        """Its place in a list, the most urgent first; the release before the genesis."""
        return self.urgency, _ORDER.index(self.act), self.subject != "release", self.subject

    def keys_of(self, holder: str) -> tuple[str, ...]:
        """The keys of a holder that may do it; () where the holder may not."""
        return tuple(key for doer in self.doers if doer.holder == holder for key in doer.keys)


@frozen
class Todo:
    """Everything that waits, the most urgent first, and what could not be seen.

    Args:
        tasks: of all holders.
        unseen: why there may be more: a file that cannot be read, a ledger that is not here, a
            check that fails. A sentence each.
    """

    tasks: tuple[Task, ...] = ()
    unseen: tuple[str, ...] = ()

    def for_holder(self, holder: str) -> tuple[Task, ...]:
        """What waits for a holder, with any of the holder's keys; each act once."""
        return _once(task for task in self.tasks if task.keys_of(holder))

    def for_keys(self, keys: Collection[str]) -> tuple[Task, ...]:
        """What waits for the owner of these keys (fingerprints); each act once."""
        wanted = frozenset(keys)
        return _once(t for t in self.tasks if any(not wanted.isdisjoint(d.keys) for d in t.doers))


def _once(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Each act once, where it is the most urgent: one approval answers a revocation, and counts."""
    found: dict[tuple[str, str], Task] = {}
    for task in tasks:
        found.setdefault(task.identity, task)
    return tuple(found.values())
