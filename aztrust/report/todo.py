"""What waits, for a person at 80 columns and as a document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.base.version import __version__
from aztrust.core.judge.tasks import Doer, Task, Urgency
from aztrust.core.state.context import Anchored, Context, require_policy
from aztrust.report.escape import visible
from aztrust.report.lines import WIDTH, joined, labelled, wrap
from aztrust.report.model import Milliseconds, ReportPending
from aztrust.report.pending import pending_documents
from aztrust.report.text import utc

UrgencyName = Literal["objection", "waited-for", "rest"]
_NAMES: Final[dict[Urgency, UrgencyName]] = {
    Urgency.OBJECTION: "objection",
    Urgency.WAITED_FOR: "waited-for",
    Urgency.REST: "rest",
}
_TEXTS: Final = {
    Urgency.OBJECTION: "stops the launch",
    Urgency.WAITED_FOR: "others wait",
    Urgency.REST: "when there is time",
}


class ReportDoer(Model):
    """A holder who may do a task; `keys` are fingerprints of keys that are not revoked."""

    holder: str
    role: str
    keys: Items[Sha256]


class ReportTask(Model):
    """One act that waits, and the one command that does it; any one of `holders` may, of each role.

    `asks` is true where only a person can answer it, so that no command does it unseen.
    """

    act: str
    subject: str
    urgency: UrgencyName
    why: str
    command: str
    asks: bool
    holders: Items[ReportDoer]


class ReportKey(Model):
    """A private key on this machine: its name, its fingerprint, whose it is."""

    name: str
    fingerprint: Sha256
    holder: str


class TodoReport(Model):
    """What `aztrust todo --format json` gives.

    `holders` are those whose tasks these are, `keys` their keys on this machine, `others` how many
    tasks wait for others alone. `unseen` says why there may be more.
    """

    schema_: Annotated[Literal["aztrust/todo"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    aztrust_version: str
    chain_id: str
    at_unix_ms: Milliseconds
    exit_code: Annotated[int, Field(ge=0, le=255)]
    anchor: Anchored
    policy_digest: Sha256
    scope_hash: Sha256 | None
    holders: Items[str]
    keys: Items[ReportKey]
    tasks: Items[ReportTask]
    others: Annotated[int, Field(ge=0)]
    unseen: Items[str]
    pending: Items[ReportPending]


@frozen
class TodoPage:
    """What is shown.

    Args:
        context: the launch.
        holders: whose tasks these are.
        keys: (name, fingerprint, holder) of their keys on this machine; () for a question about
            another person.
        tasks: the most urgent first.
        others: how many wait for others alone.
        unseen: why there may be more.
        exit_code: how the command ends.
        typed: the command of a task, as it is typed here.
        walk: the command that walks through all tasks, likewise.
    """

    context: Context
    holders: tuple[str, ...]
    keys: tuple[tuple[str, str, str], ...]
    tasks: tuple[Task, ...]
    others: int
    unseen: tuple[str, ...]
    exit_code: int
    typed: Callable[[Task], str]
    walk: str = "aztrust sign"


def todo_lines(page: TodoPage) -> list[str]:
    """The page for a person."""
    lines = [todo_brief(page)]
    for number, task in enumerate(page.tasks, 1):
        lines += task_lines(task, page.typed(task), f"{number}")
    lines += unseen_lines(page.unseen)
    if page.others:
        many = "task waits" if page.others == 1 else "tasks wait"
        lines += labelled("others", f"{page.others} {many} for others: aztrust status")
    return [*lines, *_next(page)]


def todo_brief(page: TodoPage) -> str:
    """The first line, and the one line of -q."""
    who = joined(page.holders) or "unknown keys"
    count = len(page.tasks)
    text = f"{count} {'waits' if count == 1 else 'wait'} for {who}" if count else f"none for {who}"
    request, policy = page.context.request, require_policy(page.context)
    tail = f"   {utc(request.now_unix_ms)}   exit {page.exit_code}"
    head = f"{'TODO':<9}{visible(policy.launch.chain_id)}   {visible(text)}"
    return f"{head}{tail}" if len(head) + len(tail) <= WIDTH else f"{head}   exit {page.exit_code}"


def task_lines(task: Task, command: str, label: str = "") -> list[str]:
    """One task: how urgent it is and why it waits, then its command alone on its line."""
    why = visible(f"{_TEXTS[task.urgency]}: {task.why}")
    return [*labelled(label, why), f"{'':<11}{visible(command)}"]


def unseen_lines(unseen: Sequence[str]) -> list[str]:
    """Why there may be more."""
    lines: list[str] = []
    for number, text in enumerate(unseen):
        lines += list(wrap(visible(text), first=f"{'' if number else 'not seen':<9}", rest=" " * 9))
    return lines


def todo_document(page: TodoPage, *, command: str) -> dict[str, Any]:
    """The page for a program."""
    context, policy = page.context, require_policy(page.context)
    return TodoReport(
        schema_="aztrust/todo",
        version_major=1,
        version_minor=0,
        command=command,
        aztrust_version=__version__,
        chain_id=visible(policy.launch.chain_id),
        at_unix_ms=context.request.now_unix_ms,
        exit_code=page.exit_code,
        anchor=context.request.anchored,
        policy_digest=context.policy_digest,
        scope_hash=context.scope.hash if context.scope is not None else None,
        holders=page.holders,
        keys=tuple(
            ReportKey(name=visible(name), fingerprint=key, holder=holder)
            for name, key, holder in page.keys
        ),
        tasks=tuple(task_document(task, page.typed(task)) for task in page.tasks),
        others=page.others,
        unseen=tuple(map(visible, page.unseen)),
        pending=pending_documents(context.pending),
    ).model_dump(mode="json")


def task_document(task: Task, command: str) -> ReportTask:
    """One task for a program."""
    return ReportTask(
        act=task.act,
        subject=visible(task.subject),
        urgency=_NAMES[task.urgency],
        why=visible(task.why),
        command=visible(command),
        asks=task.asks,
        holders=tuple(map(_doer, task.doers)),
    )


def _doer(doer: Doer) -> ReportDoer:
    return ReportDoer(holder=visible(doer.holder), role=visible(doer.role), keys=doer.keys)


def command_line(label: str, command: str) -> list[str]:
    """A command alone on its line, however long, so that it can be copied."""
    return [f"{label:<9}{visible(command)}"]


def _next(page: TodoPage) -> list[str]:
    if page.tasks and not page.keys:
        ask = labelled("next", visible(f"ask {joined(page.holders)} to run:"))
        return [*ask, *command_line("", page.typed(page.tasks[0]))]
    if page.tasks:
        one = len(page.tasks) == 1
        return command_line("next", page.typed(page.tasks[0]) if one else page.walk)
    if page.unseen:
        return command_line("next", "aztrust verify")
    if not page.context.request.anchor:
        first = labelled("next", "compare the policy's digest with what was announced, then:")
        return [*first, *command_line("", "aztrust anchor add HEX")]
    return labelled("next", "nothing; to see what others do: aztrust status")
