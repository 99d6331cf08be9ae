"""`aztrust sign`: go through everything that waits for you."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, key_option, ledger_option, together
from aztrust.cli.walk import Walk
from aztrust.core.base.errors import AztrustError, Declined
from aztrust.core.base.value import replace

if TYPE_CHECKING:
    from aztrust.core.judge.tasks import Task
    from aztrust.report.todo import TodoPage
    from aztrust.report.walk import Step

EXIT_LEFT = 11


@command(
    "sign",
    short_help="Go through your tasks: review, confirm, sign each.",
    example="aztrust sign\naztrust sign --key sonia",
)
@click.option("--yes", is_flag=True, help="Do not ask where a single act's --yes would not.")
@key_option
@ledger_option
@anchor_option
@together
def sign(session: Session, yes: bool, given: Given) -> int:
    """Walk through what `aztrust todo` lists: one review and one question each, one passphrase.

    Each task is done by its own command, with that command's review. To decline one goes on to the
    next; Ctrl-C stops, and what was signed before stays signed. What one act makes possible is
    asked about in the same walk. A verdict that would not pass is never signed here, and with --yes
    nothing is answered that only you can answer. Exit 0 means that nothing is left; 4 that
    something was declined; 11 that something is left; else the code of what failed.
    """
    walk, steps = Walk(), list[Any]()
    inner = replace(session, walk=walk, output=None)
    try:
        page = _walk(inner, walk, steps, given, yes=yes)
    except KeyboardInterrupt:
        _show(session, walk, steps)
        raise
    from aztrust.report.walk import walk_document, walk_lines

    code, commit = _exit_code(steps, page), _commit(session, walk)
    document = walk_document(
        steps,
        command=session.command,
        exit_code=code,
        holders=page.holders,
        unseen=page.unseen,
        commit=commit,
    )
    from aztrust.report.todo import unseen_lines

    done = sum(step.outcome == "done" for step in steps)
    lines = [*walk_lines(steps, commit), *unseen_lines(page.unseen)]
    session.emit(document, lines, brief=f"{done} of {len(steps)} done")
    return code


def _walk(inner: Session, walk: Walk, steps: list[Step], given: Given, *, yes: bool) -> TodoPage:
    """Do one task after the other; the tasks as they are at the end."""
    from aztrust.cli.todo import read_page

    seen: set[tuple[str, str]] = set()
    while True:
        page = read_page(inner, None, inner.now_unix_ms(), given)
        task = next((task for task in page.tasks if task.identity not in seen), None)
        if task is None:
            return page
        # Who answers fail now is not asked in the same walk whether it is mended.
        seen |= {task.identity, ("withdraw-objection", task.subject)}
        steps.append(_step(inner, walk, task, page, given, yes=yes))


def _step(
    inner: Session, walk: Walk, task: Task, page: TodoPage, given: Given, *, yes: bool
) -> Step:
    from aztrust.cli.failure import failure_lines
    from aztrust.cli.terminal import print_lines
    from aztrust.cli.walk_acts import Left, Means, do_task
    from aztrust.report.todo import task_lines
    from aztrust.report.walk import Step

    shown = page.typed(task)
    print_lines(["", *task_lines(task, shown, "task")], err=inner.format != "text")
    key = given.key or _key_of(task, page)
    means = Means(inner, walk, yes, key, given.ledger, given.typed_anchor)
    begun = Step(task.act, task.subject, shown, "done")
    try:
        document = do_task(task, means)
    except Left as left:
        return replace(begun, outcome="left", message=str(left))
    except Declined as error:
        print_lines([f"declined {error.message}"], err=True)
        return replace(begun, outcome="declined", message=error.message)
    except AztrustError as error:
        # A passphrase that was wrong once is asked for again.
        walk.passphrases.clear()
        print_lines(failure_lines(error), err=True)
        code = error.exit_code
        return replace(begun, outcome="failed", message=error.message, exit_code=code)
    recorded = document.get("recorded") or document
    record_id, path = recorded.get("record_id") or "", recorded.get("path") or ""
    return replace(begun, record_id=record_id, path=path)


def _key_of(task: Task, page: TodoPage) -> str | None:
    """The key here that does a task, by name; None where only one fits anyhow."""
    may = {key for doer in task.doers for key in doer.keys}
    return next((name for name, fingerprint, _ in page.keys if fingerprint in may), None)


def _exit_code(steps: list[Step], page: TodoPage) -> int:
    failed = [step.exit_code for step in steps if step.outcome == "failed"]
    if failed:
        return max(failed)
    if any(step.outcome == "declined" for step in steps):
        return Declined.exit_code
    if page.tasks or any(step.outcome == "left" for step in steps):
        return EXIT_LEFT
    return page.exit_code


def _commit(session: Session, walk: Walk) -> str:
    from aztrust.report.walk import commit_command

    launch = session.launch()
    here = launch.resolve() == Path.cwd().resolve()
    return commit_command("" if here else str(launch), walk.messages)


def _show(session: Session, walk: Walk, steps: list[Step]) -> None:
    """What was done before an interrupt, on stderr."""
    from aztrust.cli.terminal import print_lines
    from aztrust.report.walk import walk_lines

    if steps:
        print_lines(walk_lines(steps, _commit(session, walk)), err=True)
