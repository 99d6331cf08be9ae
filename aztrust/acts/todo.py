"""What waits for the keys on this machine, or for a holder: read, never written.

reading = read_todo(files, inputs)
waiting = waiting_for(reading, own_keys(reading.context))
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Final

from aztrust.acts.anchors import resolve_anchor
from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.holders import require_holder
from aztrust.acts.ledger.handle import is_elsewhere
from aztrust.acts.ledger.reading import LedgerOptions, missing_ledger, with_ledger
from aztrust.acts.power import with_power
from aztrust.core.base.errors import NothingToVerify
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.tasks import ActName, Task, Todo
from aztrust.core.judge.todo import read_tasks
from aztrust.core.judge.verify import EXIT_ERROR, EXIT_PARTIAL, EXIT_PASS, EXIT_UNPINNED
from aztrust.core.policy.model import policy_digest
from aztrust.core.state.context import Context, Request, require_policy
from aztrust.storage.launch import LaunchFiles
from aztrust.storage.localkeys import LocalKey, local_keys

_WITH_LEDGER: Final[frozenset[ActName]] = frozenset(
    {
        "append",
        "attest",
        "checklist-answer",
        "checklist-freeze",
        "checklist-sign-off",
        "checkpoint",
        "close-blocker",
        "countersign",
        "defer",
        "end-hold",
        "final-check",
        "freeze",
        "hold-update",
        "renew-head",
        "review-advisories",
        "snapshot",
        "window-step",
        "withdraw-objection",
    }
)
"""The acts whose command takes --ledger; the others find the ledger as it is configured."""


@frozen
class TodoReading:
    """A launch, and everything that waits in it."""

    context: Context
    todo: Todo


@frozen
class Asked:
    """Whose tasks are asked for.

    Args:
        holders: by name.
        keys: the keys on this machine that are theirs; () where the question is about a holder.
        unknown: keys here of which it is not known whose they are, by name.
    """

    holders: tuple[str, ...]
    keys: tuple[LocalKey, ...] = ()
    unknown: tuple[str, ...] = ()


@frozen
class Waiting:
    """What waits for those who are asked about.

    Args:
        context: the launch.
        asked: whose tasks these are.
        tasks: the most urgent first.
        others: how many tasks wait for others alone.
        unseen: why there may be more.
    """

    context: Context
    asked: Asked
    tasks: tuple[Task, ...]
    others: int
    unseen: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """11 where something waits, 1 where something could not be seen, 12 where nothing shows
        that this is the announced policy, else 0.
        """
        if self.tasks:
            return EXIT_PARTIAL
        if self.unseen:
            return EXIT_ERROR
        return EXIT_PASS if self.context.request.anchor else EXIT_UNPINNED


def read_todo(files: LaunchFiles, inputs: TrustInputs, again: Context | None = None) -> TodoReading:
    """Everything that waits in a launch directory or a kit.

    Args:
        files: the launch.
        inputs: what the user received out of band, and the time.
        again: an earlier reading in this run: contents that it knows are not opened twice.

    Raises:
        Malformed: the policy is malformed.
        Refused: `anchor-mismatch`: the policy here is not the announced one.
        UsageError, CouldNotCheck: an option is not valid, or a file cannot be read.
    """
    evidence = files.evidence()
    if again is not None:
        evidence = replace(evidence, opener=again.evidence.opener)
    anchoring = resolve_anchor(files.path, evidence.policy, given=inputs.anchor)
    anchoring.require(policy_digest(evidence.policy))
    request = Request(
        inputs.now_unix_ms,
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        pin_conflicts=anchoring.conflicts,
    )
    options = LedgerOptions(inputs.ledger, keeps_head=False)
    evidence = with_power(files, with_ledger(evidence, request, options))
    context, todo = read_tasks(evidence, request)
    away = missing_ledger(context, inputs.ledger)
    if not away and evidence.ledger is None and is_elsewhere(context):
        away = "the ledger: it is not on this machine, so that what it holds is not known here"
    if away:
        todo = replace(todo, unseen=(away, *todo.unseen))
    return TodoReading(context, todo)


def own_keys(context: Context) -> Asked:
    """The holders whose private keys are on this machine.

    Raises:
        NothingToVerify: no key here is a holder's.
        CouldNotCheck: the keys here cannot be listed.
    """
    policy, here = require_policy(context), local_keys()
    holders = policy.key_holders()
    mine = tuple(key for key in here if key.fingerprint in holders)
    unknown = tuple(escape(key.name) for key in here if not key.fingerprint)
    if not mine and not unknown:
        raise NothingToVerify(
            "no key on this machine is a holder's of this policy",
            subject="keys",
            mend="see what waits for a holder: aztrust todo --for NAME; or make a key:"
            " aztrust key generate NAME",
            details=(f"holders: {', '.join(sorted(policy.holders))}",),
        )
    names = dict.fromkeys(holders[key.fingerprint] for key in mine)
    return Asked(tuple(sorted(names)), mine, unknown)


def named_key(context: Context, name: str, public: VerificationMaterial) -> Asked:
    """The holder of one key, which `choose_public` found.

    Args:
        context: the launch.
        name: the key as typed.
        public: the key.
    """
    holder = require_policy(context).key_holders()[public.fingerprint]
    from pathlib import Path

    return Asked((holder,), (LocalKey(name, Path(name), public.fingerprint),))


def named_holder(context: Context, name: str) -> Asked:
    """A holder by name.

    Raises:
        UsageError: the policy names no such holder; the mend names the nearest.
    """
    require_holder(require_policy(context), name, "--for")
    return Asked((name,))


def waiting_for(reading: TodoReading, asked: Asked) -> Waiting:
    """What waits for those who are asked about."""
    todo = reading.todo
    if asked.keys or asked.unknown:
        tasks = todo.for_keys([key.fingerprint for key in asked.keys])
    else:
        tasks = tuple(task for holder in asked.holders for task in todo.for_holder(holder))
    unseen = (
        *todo.unseen,
        *(
            f"the key {name}: its public half is not next to it, so that it is unknown whose it is"
            for name in asked.unknown
        ),
    )
    others = len({t.identity for t in todo.tasks} - {t.identity for t in tasks})
    return Waiting(reading.context, asked, tasks, others, unseen)


@frozen
class Typed:
    """What belongs into a command so that it can be typed as it is shown.

    Args:
        launch: `-C` as typed, None where it was not given.
        anchor: `--anchor` as typed, None likewise.
        ledger: `--ledger` as typed, None likewise.
    """

    launch: str | None = None
    anchor: str | None = None
    ledger: str | None = None

    def command(self, task: Task, keys: Iterable[LocalKey] = ()) -> str:
        """The command of a task.

        Args:
            task: what is to be done.
            keys: the private keys here; one is named where several may do it.
        """
        words = [task.command]
        may = {key for doer in task.doers for key in doer.keys}
        fitting = [key for key in keys if key.fingerprint in may]
        if len({key.fingerprint for key in fitting}) > 1:
            words += ["--key", shlex.quote(fitting[0].name)]
        return " ".join([*words, *self._options(ledger=task.act in _WITH_LEDGER)])

    @property
    def walk(self) -> str:
        """The command that walks through all tasks."""
        return " ".join(["aztrust sign", *self._options(ledger=True)])

    def _options(self, *, ledger: bool) -> list[str]:
        words: list[str] = []
        if self.ledger is not None and ledger:
            words += ["--ledger", shlex.quote(self.ledger)]
        if self.anchor is not None:
            words += ["--anchor", shlex.quote(self.anchor)]
        if self.launch is not None:
            words += ["-C", shlex.quote(self.launch)]
        return words
