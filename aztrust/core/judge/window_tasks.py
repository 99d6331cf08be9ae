"""The tasks of a launch window: acts to sign together, checkpoints, holds, snapshots that are due.

What a window can do next is the answer of `window_next`; a task is such a step that waits for a
holder. The freeze and the final checks have tasks of their own (`judge.todo`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aztrust.core.base.times import format_minute
from aztrust.core.judge.checklist.waiting import checklist_tasks
from aztrust.core.judge.posture_rows import snapshot_due
from aztrust.core.judge.tasks import ActName, Task, Urgency, doers_of
from aztrust.core.judge.window_commands import command_of, countersign_command
from aztrust.core.judge.window_next import (
    NextStep,
    Waiting,
    holders_of,
    kind_of,
    steps_from,
    waiting_acts,
)
from aztrust.core.policy.model import Policy
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.row import Trigger
from aztrust.core.state.window.state import WindowState, hold_ends, next_update
from aztrust.core.state.window.table import first_row_of

_OWN_TASKS: Final[frozenset[Trigger]] = frozenset({"freeze", "final-check", "final-check-passed"})
"""Triggers whose tasks `judge.todo` finds, until the bootstrap is authorized."""
_NOT_ASKED: Final = frozenset({"observe"})
"""Steps that are taken whenever there is something to record."""


def window_tasks(context: Context, then: Context, attempt: Attempt) -> Iterator[Task]:
    """What one window waits for.

    Args:
        context: the launch.
        then: the same after the keeper's next append.
        attempt: the scope and window that are frozen.
    """
    policy = require_policy(then)
    state, later = present_window(context, attempt), present_window(then, attempt)
    if not later.is_running:
        return
    now, revoked = then.request.now_unix_ms, frozenset(context.revoked_keys)
    waiting = tuple(waiting_acts(policy, state, later, revoked))
    yield from _countersign(policy, waiting)
    yield from _holds(policy, then, later, revoked)
    of_checklist = tuple(checklist_tasks(then, later))
    yield from of_checklist
    for step in steps_from(policy, later, later, now, revoked):
        # A GO is decided on answers and sign-offs.
        if step.row.id != "decide-go" or not of_checklist:
            yield from _step(policy, later, step)
    due = snapshot_due(then, later)
    if due is not None and due <= now:
        why = f"a snapshot of the restricted posture is due since {format_minute(due)}"
        able = holders_of(policy, "enter-posture", revoked)
        yield _task(policy, "snapshot", "", why, command_of("snapshot"), able)


def has_started(context: Context, attempt: Attempt) -> bool:
    """Whether the network of an attempt has started: its final checks are over."""
    return present_window(context, attempt).has_started


def _countersign(policy: Policy, waiting: tuple[Waiting, ...]) -> Iterator[Task]:
    """One task for all acts that the same holders can still sign: they are of one sitting."""
    together: dict[tuple[str, ...], list[Waiting]] = {}
    for each in waiting:
        first = each.act.source.first
        if each.holders and each.command and isinstance(first, VerifiedRecord):
            together.setdefault(each.holders, []).append(each)
    for holders, acts in together.items():
        ids = [each.record_id for each in acts]
        names = " and ".join(dict.fromkeys(each.act.trigger for each in acts))
        by = " and ".join(dict.fromkeys(h for each in acts for h in each.act.source.holders))
        stops = any(kind_of(first_row_of(each.act.trigger)) == "stops" for each in acts)
        urgency = Urgency.OBJECTION if stops else Urgency.WAITED_FOR
        typed = " ".join([countersign_command(ids[0]), *(i[7:23] for i in ids[1:])])
        why = f"{by} signed {names}; others have to sign it"
        yield _task(policy, "countersign", ids[0], why, typed, holders, urgency)


def _holds(
    policy: Policy, then: Context, state: WindowState, revoked: frozenset[str]
) -> Iterator[Task]:
    """A hold past its end, and an update that was promised."""
    now = then.request.now_unix_ms
    for hold in state.holds:
        name, ends, update = hold.record_id[7:15], hold_ends(hold), next_update(hold)
        typed = command_of("proceed-after-hold", state)
        if ends <= now and typed:
            why = f"hold {name} by {hold.holder} ended {format_minute(ends)}: a proceed that names"
            why += " it, a defer or an abort remain"
            able = holders_of(policy, "proceed", revoked)
            task = _task(policy, "end-hold", hold.record_id, why, typed, able, Urgency.OBJECTION)
            yield task
        typed = command_of("note", state)
        if update <= now < ends and typed and not _was_updated(then, hold):
            why = f"an update on hold {name} was promised for {format_minute(update)}"
            yield _task(policy, "hold-update", hold.record_id, why, typed, (hold.holder,))


def _was_updated(then: Context, hold: VerifiedRecord) -> bool:
    """Whether a note was recorded since the hold."""
    return any(
        record.kind == "note" and record.claimed_unix_ms > hold.claimed_unix_ms
        for record in then.records.effective.verified
    )


def _step(policy: Policy, state: WindowState, step: NextStep) -> Iterator[Task]:
    """A step that leads on, can be taken now, and has no signature yet."""
    row = step.row
    reconfirms = row.id == "scope-reconfirmed"
    if step.kind != "forward" or not step.possible or not step.command:
        return
    if (row.trigger in _OWN_TASKS and not reconfirms) or row.trigger in _NOT_ASKED:
        return
    is_verdict = row.act in ("verdict", "a-verdict")
    holders = step.holders
    if step.waiting:
        if not is_verdict:
            return
        holders = tuple(h for h in holders if any(h in w.holders for w in step.waiting))
    act: ActName = "final-check" if reconfirms else "checkpoint" if is_verdict else "window-step"
    role = f" ({state.next_role})" if row.act == "activate" else ""
    why = f"the window can go on: {row.says[0].lower()}{row.says[1:].rstrip('.')}{role}"
    yield _task(policy, act, row.id, why, step.command, holders)


def _task(
    policy: Policy,
    act: ActName,
    subject: str,
    why: str,
    command: str,
    holders: Iterable[str],
    urgency: Urgency = Urgency.WAITED_FOR,
) -> Task:
    doers = doers_of(policy, holders)
    return Task(act, subject, urgency, why, command, doers, asks=True)
