"""`aztrust todo`: everything that waits for you, most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    Given,
    anchor_option,
    at_option,
    key_option,
    ledger_option,
    together,
)
from aztrust.core.base.errors import UsageError

if TYPE_CHECKING:
    from aztrust.acts.todo import Asked, TodoReading
    from aztrust.report.todo import TodoPage


@command(
    "todo",
    short_help="What waits for your keys, most urgent first.",
    example="aztrust todo\naztrust todo --for sonia\naztrust todo --watch",
)
@click.option(
    "--for",
    "name",
    metavar="NAME",
    help="What waits for this holder, so that you can ask for it.",
)
@click.option("--watch", is_flag=True, help="Show it again whenever it changes, until interrupted.")
@key_option
@ledger_option
@anchor_option
@at_option
@together
def todo(session: Session, name: str | None, watch: bool, at: str | None, given: Given) -> int:
    """List what waits for the keys on this machine, each with the one command that does it.

    First what stops the launch, then what others wait for, then the rest. Nothing is signed or
    written, and no package is read: aztrust verify judges the launch. Exit 0 means that nothing
    waits; 11 that something does; 1 that nothing does as far as could be seen, and what could not
    be seen is listed; 12 that nothing does, and nothing shows that the policy is the announced one.
    """
    if name is not None and given.key is not None:
        raise UsageError(
            "--for is about a holder, --key about a key", subject="--for", mend="give one of them"
        )
    if not watch:
        page = read_page(session, name, session.at(at), given)
        _emit(session, page)
        return page.exit_code
    if at is not None:
        raise UsageError("--watch looks at the present", subject="--at", mend="drop --at")
    return _watch(session, name, given)


def _watch(session: Session, name: str | None, given: Given) -> int:
    from time import monotonic

    from aztrust.acts.follow import FollowPace, follow
    from aztrust.storage.fswatch import Watch
    from aztrust.storage.launch import KEYS

    launch = session.launch()
    places = (launch / "manifests", launch / KEYS)

    def read() -> TodoPage:
        return read_page(session, name, session.now_unix_ms(), given)

    def key(page: TodoPage) -> tuple[object, ...]:
        tasks = tuple((task.identity, task.urgency) for task in page.tasks)
        return tasks, page.unseen, page.others

    with Watch(places) as changes:
        for page in follow(changes, read, key, FollowPace(), monotonic):
            _emit(session, page)
    return 0


def read_page(session: Session, name: str | None, now: int, given: Given) -> TodoPage:
    """What waits, as it is shown: for a holder by name, else for the keys here.

    Raises:
        AztrustError: as `read_todo`, `named_holder` and `own_keys`.
    """
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.todo import Typed, read_todo, waiting_for
    from aztrust.core.state.context import require_policy
    from aztrust.report.todo import TodoPage
    from aztrust.storage.launch import open_launch

    inputs = TrustInputs(now, given.anchor, ledger=given.ledger)
    reading = read_todo(open_launch(session.source()), inputs)
    asked = _asked(session, name, given, reading)
    waiting = waiting_for(reading, asked)
    typed = Typed(session.launch_option, given.typed_anchor, given.ledger)
    holders = require_policy(reading.context).key_holders()
    return TodoPage(
        reading.context,
        asked.holders,
        tuple((key.name, key.fingerprint, holders[key.fingerprint]) for key in asked.keys),
        waiting.tasks,
        waiting.others,
        waiting.unseen,
        waiting.exit_code,
        lambda task: typed.command(task, asked.keys),
        typed.walk,
    )


def _asked(session: Session, name: str | None, given: Given, reading: TodoReading) -> Asked:
    from aztrust.acts.select_key import choose_public
    from aztrust.acts.todo import named_holder, named_key, own_keys
    from aztrust.core.state.context import require_policy

    context = reading.context
    if name is not None:
        return named_holder(context, name)
    if given.key is None:
        return own_keys(context)
    public = choose_public(
        given.key,
        accepted=require_policy(context).key_holders(),
        act="do anything",
        keys=context.keyring.keys,
        passphrase=session.passphrase,
    )
    return named_key(context, given.key, public) if public is not None else own_keys(context)


def _emit(session: Session, page: TodoPage) -> None:
    from aztrust.report.todo import todo_brief, todo_document, todo_lines

    document = todo_document(page, command=session.command)
    session.emit(document, todo_lines(page), brief=todo_brief(page))
