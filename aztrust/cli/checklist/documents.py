"""`aztrust checklist packet` and `record`: the documents of the checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import checklist, load, reading_options
from aztrust.cli.options import Given

if TYPE_CHECKING:
    from aztrust.report.checklist.sheet import Sheet

html_option: Final = click.option(
    "--html", is_flag=True, help="One page that needs nothing else, and prints well."
)


@command(
    "packet",
    parent=checklist,
    short_help="The launch packet, as Markdown or one HTML page.",
    example="aztrust checklist packet > packet.md\naztrust checklist packet --html -o packet.html",
)
@html_option
@reading_options
def packet(session: Session, html: bool, given: Given) -> None:
    """Print the score, the sign-offs, every item and every file of evidence, read again.

    Each claim has the id of what shows it, which aztrust show opens.
    """
    from aztrust.acts.checklist.scoring import score_launch
    from aztrust.acts.shown_evidence import look_at_evidence
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.report.checklist.packet import packet_sheet

    act = load(session, given)
    with progress_line(session) as progress:
        scored = score_launch(act, ReadOptions(progress=progress))
    states = look_at_evidence(scored.asked.records, act.launch, {})
    _emit(session, packet_sheet(scored.asked, scored.card, states), "packet", html=html)


@command(
    "record",
    parent=checklist,
    short_help="The record of the decision, as Markdown or one HTML page.",
    example="aztrust checklist record > decision.md\n"
    "aztrust checklist record --html -o decision.html",
)
@html_option
@reading_options
def record(session: Session, html: bool, given: Given) -> None:
    """Print the decision with its minutes, its signatures and the score it was made on."""
    from aztrust.acts.checklist.scoring import score_launch
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.core.base.errors import NothingToVerify
    from aztrust.report.checklist.decided import decision_sheet

    act = load(session, given)
    with progress_line(session) as progress:
        scored = score_launch(act, ReadOptions(progress=progress))
    decision = scored.asked.decision
    if decision is None:
        raise NothingToVerify(
            "nothing is decided in this launch window",
            subject="checklist",
            mend="see what the checklist comes to: aztrust checklist score",
        )
    _emit(session, decision_sheet(scored.asked, decision, scored.card), "record", html=html)


def _emit(session: Session, sheet: Sheet, about: str, *, html: bool) -> None:
    from aztrust.report.checklist.markdown import sheet_markdown
    from aztrust.report.checklist.page import sheet_html

    text = sheet_html(sheet) if html else sheet_markdown(sheet)
    document = {
        "schema": "aztrust/checklist-document",
        "version_major": 1,
        "version_minor": 0,
        "command": session.command,
        "about": about,
        "result": sheet.word,
        "form": "html" if html else "markdown",
        "text": text,
    }
    session.emit(document, text.splitlines(), brief=f"{sheet.title}: {sheet.word}")
