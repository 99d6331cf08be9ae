"""`aztrust window status` and `window next`: where a launch window is, and what it can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, at_option, ledger_option, together
from aztrust.cli.status import local_time
from aztrust.cli.streams import InputFile
from aztrust.cli.window.base import window
from aztrust.core.base.errors import UsageError
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.core.judge.window_view import WindowView
    from aztrust.core.state.context import Context
    from aztrust.report.observe.seen import SeenChain

at_head_option = click.option(
    "--at-head",
    metavar="HEAD",
    type=InputFile(path_type=Path),
    help="By what was known at this head of the ledger; with --at, also by its time.",
)


@command(
    "status",
    parent=window,
    short_help="Where the window is: phase, times, who signed, what is open.",
    example="aztrust window status\naztrust window status --watch\n"
    "aztrust window status --at-head HEADFILE",
)
@click.option("--watch", is_flag=True, help="Show it again whenever it changes, until interrupted.")
@at_head_option
@ledger_option
@anchor_option
@at_option
@together
def status(
    session: Session, watch: bool, at: str | None, at_head: Path | None, given: Given
) -> int:
    """Show phase, status and scope, the time left to each boundary, who signed, and what is open.

    Times are in UTC, in your zone, and relative; T-minus counts to the start. What waits for
    signatures names who can still sign, and what had no effect says why. No package is read:
    `aztrust verify` checks whether everything still passes.
    """
    if not watch:
        context = read_window_context(session, session.at(at), at_head, given)
        _emit(session, context, is_now=at is None and at_head is None)
        return 1 if doubts(context) else 0
    if at is not None or at_head is not None:
        option = "--at" if at is not None else "--at-head"
        raise UsageError("--watch looks at the present", subject=option, mend=f"drop {option}")
    return _watch(session, given)


@command(
    "next",
    parent=window,
    short_help="Which steps are possible, who signs them, what they lack.",
    example="aztrust window next\naztrust window next -v",
)
@at_head_option
@ledger_option
@anchor_option
@at_option
@together
def next_(session: Session, at: str | None, at_head: Path | None, given: Given) -> int:
    """Show the steps that the status of the window allows, from its transition table.

    Each with who signs it, the conditions that it lacks (what is there, what it needs, what mends
    it), and its command. With -v also the steps that stop a launch or are taken on demand. Exit 0
    where a step that leads on can be taken now, else 11.
    """
    from aztrust.report.window.document import next_document
    from aztrust.report.window.status import head_lines, window_brief
    from aztrust.report.window.steps import steps_lines

    context = read_window_context(session, session.at(at), at_head, given)
    view = require_view(context)
    lines = [*head_lines(view, local_time), *steps_lines(view, verbose=session.verbose)]
    code = 0 if any(step.possible for step in view.forward) else 11
    if unsure := doubts(context):
        code, lines = 1, [*lines, *doubt_lines(unsure)]
    document = next_document(view, command=session.command, exit_code=code)
    session.emit(document, lines, brief=window_brief(view))
    return code


def read_window_context(session: Session, now: int, at_head: Path | None, given: Given) -> Context:
    """The launch for a view of its window. Raises as `read_launch_window`."""
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.window.reading import read_launch_window
    from aztrust.cli.options import given_scope

    trust = TrustInputs(now, given.anchor, given_scope(None), given.ledger)
    return read_launch_window(session.launch(), trust, ledger_needed=True, at_head=at_head)


def doubts(context: Context) -> tuple[str, ...]:
    """Why this may not be all that was signed; () where everything here was read."""
    from aztrust.acts.preconditions import require_readable_records
    from aztrust.core.base.errors import CouldNotCheck

    found: list[str] = []
    reading = context.evidence.ledger
    if reading is not None and not (reading.holds or reading.ignored):
        found += [f.message for f in reading.findings] or [reading.fault or reading.behind]
    try:
        require_readable_records(context)
    except CouldNotCheck as error:
        found += error.details
    return tuple(found)


def doubt_lines(unsure: tuple[str, ...]) -> list[str]:
    """The same for a person."""
    from aztrust.report.escape import visible

    lines = labelled("unsure", "what is shown may lack a stop: not everything here can be read")
    for text in unsure[:5]:
        lines += labelled("", visible(text))
    if len(unsure) > 5:
        lines += labelled("", f"+{len(unsure) - 5}")
    return [*lines, *advice_lines("mend", "see what it is: aztrust verify")]


def require_view(context: Context) -> WindowView:
    """The window that a run is about.

    Raises:
        NothingToVerify: no window was ever opened.
    """
    from aztrust.core.base.errors import NothingToVerify
    from aztrust.core.judge.window_view import view_window

    view = view_window(context)
    if view is None:
        raise NothingToVerify(
            "no launch window was opened here",
            subject="window",
            mend="a freeze opens one: aztrust freeze",
        )
    return view


def _watch(session: Session, given: Given) -> int:
    from time import monotonic

    from aztrust.acts.follow import FollowPace, follow
    from aztrust.acts.seen_chain import present_chain
    from aztrust.core.judge.window_view import view_window
    from aztrust.storage.fswatch import Watch
    from aztrust.storage.launch import KEYS

    launch = session.launch()
    places = (launch / "manifests", launch / KEYS)

    def read() -> tuple[Context, SeenChain | None]:
        context = read_window_context(session, session.now_unix_ms(), None, given)
        return context, present_chain(context, session.now_unix_ms(), is_now=True)

    def key(found: tuple[Context, SeenChain | None]) -> tuple[object, ...]:
        context, chain = found
        about = chain.key if chain is not None else ()
        view = view_window(context)
        if view is None:
            return about
        past = tuple(b.id for b in view.boundaries if b.at_unix_ms <= view.now_unix_ms)
        state = view.state
        steps = tuple(step.source.first.record_id for step in state.steps)
        waits = tuple((w.record_id, w.act.source.holders, w.missing) for w in view.waiting)
        return past, state.status, steps, waits, view.pending, len(state.unused), about

    with Watch(places) as changes:
        for context, chain in follow(changes, read, key, FollowPace(), monotonic):
            _show(session, context, chain)
    return 0


def _emit(session: Session, context: Context, *, is_now: bool) -> None:
    from aztrust.acts.seen_chain import present_chain

    chain = present_chain(context, context.request.now_unix_ms, is_now=is_now)
    _show(session, context, chain)


def _show(session: Session, context: Context, chain: SeenChain | None) -> None:
    from aztrust.acts.window.seen import kept_sights
    from aztrust.core.judge.window_view import view_window
    from aztrust.core.state.current import summarize_windows
    from aztrust.report.window.document import window_document
    from aztrust.report.window.status import window_lines

    view = view_window(context, kept_sights(context))
    found = summarize_windows(context)
    lines = window_lines(view, found, local_time, verbose=session.verbose, chain=chain)
    if unsure := doubts(context):
        lines = [*lines, *doubt_lines(unsure)]
    document = window_document(view, found, session.command, chain)
    session.emit(document, lines, brief=lines[0])
