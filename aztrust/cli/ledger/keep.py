"""`aztrust ledger keep`: the keeper's round after each pull."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aztrust.cli.app import Session, command
from aztrust.cli.ledger.append_output import HeadStep, appended_document, appended_lines, head_lines
from aztrust.cli.ledger.base import (
    WATCH_SECONDS,
    document,
    keeper_signers,
    keys_option,
    launch_to_sign,
    ledger,
    place_options,
    publishing_lines,
)
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.ledger.keep import Round
    from aztrust.core.state.context import Context
    from aztrust.signers import Signer


@command(
    "keep",
    parent=ledger,
    short_help="Take what came with a pull, sign a head, publish.",
    example="git pull && aztrust ledger keep\naztrust ledger keep --watch --exec ./push.sh",
)
@click.option("--watch", is_flag=True, help="Do so whenever records arrive, until interrupted.")
@click.option(
    "--exec",
    "hook",
    metavar="COMMAND",
    help="Run this after each round that published something; it gets the round as JSON.",
)
@click.option("--rounds", type=click.IntRange(1), default=None, hidden=True)
@keys_option
@place_options
def keep(
    session: Session,
    watch: bool,
    hook: str | None,
    rounds: int | None,
    keys: tuple[str, ...],
    ledger: str | None,
    anchor: str | None,
) -> int:
    """Append the launch's records, sign a head over them, and publish both in manifests/ledger.

    What the ledger refuses stops nothing else; the exit code is then 10. What was published is
    pushed by the keeper, or by the command in --exec: while that fails, --watch runs it again in
    each round, and the exit code is 1.
    """
    import time

    from aztrust.acts.hook import SUCCESS, run_hook
    from aztrust.acts.ledger.handle import folder_files
    from aztrust.acts.ledger.identity import ledger_path
    from aztrust.acts.ledger.keep import keep_round
    from aztrust.cli.hook import hook_words
    from aztrust.cli.terminal import print_lines
    from aztrust.core.base.canonical import dumps

    command_line = hook_words(hook) if hook is not None else ()
    launch = session.launch()
    signers: tuple[Signer, tuple[Signer, ...]] | None = None
    seen: dict[str, bytes] | None = None
    refused = False
    unsent = b""
    count = 0
    while True:
        context = launch_to_sign(session, anchor)
        files = folder_files(context)
        if files != seen:
            path = ledger_path(context, ledger)
            signers = signers or _signers(session, path, context, keys)
            signer, further = signers
            done = keep_round(path, context, launch, signer, session.now_unix_ms(), further)
            seen = folder_files(launch_to_sign(session, anchor))
            refused = refused or bool(done.appended.refused)
            result = _document(done)
            session.emit(result, _lines(done, session, launch), brief=_brief(done))
            if command_line and done.changed:
                unsent = dumps(result) + b"\n"
        if unsent:
            ending = run_hook(command_line, unsent)
            print_lines([ending], err=True)
            if ending.endswith(SUCCESS):
                unsent = b""
        count += 1
        if not watch or (rounds is not None and count >= rounds):
            return 10 if refused else 1 if unsent else 0
        time.sleep(WATCH_SECONDS)


def _signers(
    session: Session, path: Path, context: Context, keys: tuple[str, ...]
) -> tuple[Signer, tuple[Signer, ...]]:
    from aztrust.acts.ledger.handle import REBUILD
    from aztrust.acts.ledger.identity import keeper_of, open_ledger
    from aztrust.core.base.errors import CouldNotCheck
    from aztrust.storage.config import shown
    from aztrust.storage.presence import is_present

    if not is_present(path):
        raise CouldNotCheck(
            "the keeper's ledger is not on this machine",
            subject=shown(path),
            mend=REBUILD
            if context.evidence.published
            else "its keeper makes it (aztrust ledger init), or makes a lost one again from what"
            " was published (aztrust ledger rebuild)",
        )
    with open_ledger(path) as store:
        named = keeper_of(context, store)
    return keeper_signers(session, context, keys, named)


def _lines(done: Round, session: Session, launch: Path) -> list[str]:
    lines = appended_lines(done.appended, done.appended.refused, (), verbose=session.verbose)
    lines += head_lines(HeadStep(done.head.verified), no_head=False)
    publication = done.publication
    written = len(publication.written) if publication is not None else 0
    wrote = f"{written} files in manifests/, the head last"
    if not done.changed:
        wrote = "nothing: what is here is current"
    message = f"Ledger: {done.appended.size} entries"
    return [
        *lines,
        *labelled("wrote", wrote),
        *publishing_lines(session, launch, message, changed=done.changed),
    ]


def _brief(done: Round) -> str:
    return f"{len(done.appended.new)} appended, a head over {done.head.verified.head.size}"


def _document(done: Round) -> dict[str, Any]:
    publication = done.publication
    appended = appended_document(
        done.appended, done.appended.refused, (), HeadStep(done.head.verified)
    )
    return document(
        "ledger-kept",
        appended=appended,
        written=list(publication.written) if publication is not None else [],
        removed=list(publication.removed) if publication is not None else [],
    )
