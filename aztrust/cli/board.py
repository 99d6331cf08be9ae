"""`aztrust board`: the board of the war room as one file, or as a document."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, at_option, ledger_option, together
from aztrust.report.lines import labelled


@command(
    "board",
    short_help="The board of the war room, saved as one page.",
    example="aztrust board --out board.html\naztrust board --format json",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write one page that needs nothing else, and says how old it is.",
)
@ledger_option
@anchor_option
@at_option
@together
def board(session: Session, out: Path | None, at: str | None, given: Given) -> int:
    """Save the board of the launch as one page, for people who cannot reach the server.

    It shows phase and countdown, the power that is ready, who is not ready and why, who is silent,
    open holds, who still has to sign, the final checks and the last records. It is a view of the
    records, and no verdict. A page that keeps itself up to date is at the address of aztrust serve.
    Exit 0; 1 where something could not be seen, which the page lists first.
    """
    from aztrust.acts.board import read_board
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.seen_chain import present_chain
    from aztrust.core.judge.verify import EXIT_ERROR, EXIT_PASS
    from aztrust.report.board.document import board_document
    from aztrust.report.board.page import saved_page
    from aztrust.report.board.sections import headline
    from aztrust.storage.launch import open_launch
    from aztrust.storage.output import write_output

    if out is not None:
        session.check_file(out, "--out")
    inputs = TrustInputs(session.at(at), given.anchor, ledger=given.ledger)
    read = read_board(open_launch(session.source()), inputs)
    chain = present_chain(read.context, inputs.now_unix_ms, is_now=at is None)
    found = board_document(read, command=session.command, chain=chain)
    brief = f"BOARD    {headline(found)}"
    lines = [brief]
    for number, text in enumerate(found.unseen):
        lines += labelled("" if number else "not seen", text)
    if out is not None:
        write_output(out, saved_page(found).encode())
        session.note(f"wrote    {out}")
    else:
        lines += labelled("page", "aztrust board --out FILE; kept up to date: aztrust serve")
    session.emit(found.model_dump(mode="json"), lines, brief=brief)
    return EXIT_ERROR if found.unseen else EXIT_PASS
