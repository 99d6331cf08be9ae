"""`aztrust checklist decide`: the go/no-go decision, with its score and its minutes."""

from __future__ import annotations

from typing import Final, Literal

import click

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import checklist
from aztrust.cli.options import Given, reason_option
from aztrust.cli.window.base import joint_options, load
from aztrust.cli.window.joint import JointRun, run

_OUTCOMES: Final[dict[str, Literal["GO", "NO_GO", "DEFER"]]] = {
    "go": "GO",
    "no-go": "NO_GO",
    "defer": "DEFER",
}


@command(
    "decide",
    parent=checklist,
    short_help="Decide go, no-go or defer on the score, with minutes.",
    example='aztrust checklist decide go --reason "all five areas approve" --chair luca'
    " --attendee sonia --attendee otto",
)
@click.argument("outcome", metavar="go|no-go|defer", type=click.Choice(tuple(_OUTCOMES)))
@reason_option
@click.option("--chair", metavar="HOLDER", required=True, help="Who led the meeting.")
@click.option(
    "--attendee", "attendees", metavar="HOLDER", multiple=True, help="Who was there; repeatable."
)
@click.option(
    "--condition", "conditions", metavar="T", multiple=True, help="What it depends on; repeatable."
)
@click.option(
    "--follow-up",
    "follow_ups",
    metavar="'A;O;D'",
    multiple=True,
    help="What is done afterwards: action, owner and due time; repeatable.",
)
@joint_options
def decide(  # noqa: PLR0913 - one argument for each option
    session: Session,
    outcome: str,
    reason: str,
    chair: str,
    attendees: tuple[str, ...],
    conditions: tuple[str, ...],
    follow_ups: tuple[str, ...],
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Propose the decision of the launch window on the checklist.

    The score is made again, and the record carries it with the minutes: chair, attendees, inputs,
    conditions and follow-ups. Everyone who signed off an area has to be there. A GO needs a score
    that is GO. Others sign with `aztrust countersign`.
    """
    from aztrust.acts.checklist.decide import decision_of, parse_follow_up
    from aztrust.acts.checklist.scoring import score_launch
    from aztrust.acts.verify import ReadOptions
    from aztrust.acts.window.basis import basis_of
    from aztrust.cli.progress import progress_line
    from aztrust.core.checklist.computations import computed_share
    from aztrust.report.checklist.score import score_lines

    asked_for = [
        parse_follow_up(text, lambda t: session.at(t, "--follow-up")) for text in follow_ups
    ]
    act = load(session, given)
    basis = basis_of(act)
    with progress_line(session) as progress:
        scored = score_launch(act, ReadOptions(progress=progress), keeps_head=not dry_run)
    record = decision_of(
        basis,
        scored,
        _OUTCOMES[outcome],
        reason,
        chair=chair,
        attendees=attendees,
        conditions=conditions,
        follow_ups=asked_for,
    )
    what = f"decide {outcome}"
    lines = score_lines(scored.card, computed_share(scored.asked.checklist))
    how = JointRun(
        what, f"{what.capitalize()}?", what, more=lines, yes=yes, dry_run=dry_run, hook=hook
    )
    run(session, given, basis, (record,), how)
