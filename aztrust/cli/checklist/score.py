"""`aztrust checklist score`: what the checklist comes to now."""

from __future__ import annotations

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import checklist, load, reading_options
from aztrust.cli.options import Given


@command(
    "score",
    parent=checklist,
    short_help="What the checklist comes to now, line by line.",
    example="aztrust checklist score\naztrust checklist score -v",
)
@reading_options
def score(session: Session, given: Given) -> int:
    """Score the checklist: GO, NO-GO, or OPEN, and each line that leads there.

    Packages, records, ledger and evidence are read again. A P0 has to pass. Of P1, two warnings are
    allowed, each with an owner and a due time; a conditional sign-off is one. P2 is tracked, and
    never blocks. Exit 0 is GO, 10 NO-GO, and 11 that something is open: not answered, not signed
    off, or not looked at. With -v the items that pass are shown, too.
    """
    from aztrust.acts.checklist.scoring import score_launch
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.core.checklist.computations import computed_share
    from aztrust.report.checklist.score import score_brief, score_document, score_lines

    act = load(session, given)
    with progress_line(session) as progress:
        scored = score_launch(act, ReadOptions(progress=progress))
    share = computed_share(scored.asked.checklist)
    session.emit(
        score_document(scored.card, share, session.command),
        score_lines(scored.card, share, verbose=session.verbose),
        brief=score_brief(scored.card),
        verdict_first=True,
    )
    return scored.exit_code
