"""`aztrust advisory`: the advisories were read for late security problems."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from aztrust.acts.advisories import Source
from aztrust.cli.app import Session, command, group
from aztrust.cli.options import (
    Given,
    anchor_option,
    evidence_option,
    key_option,
    ledger_option,
    note_option,
    scope_option,
    together,
)
from aztrust.report.lines import labelled

advisory = group(
    "advisory",
    short_help="Record that the advisories were read.",
    text="""The advisories about what is launched: public ones and private ones.

    The final checks need both to have been read, lately, by the role that owns the row
    advisory-review.
    """,
    example="aztrust advisory review --outcome clear --source public --source private",
)


@command(
    "review",
    parent=advisory,
    short_help="The advisories were read: clear, or blocking.",
    example="aztrust advisory review --outcome clear --source public --source private\n"
    'aztrust advisory review --outcome blocking --source private --note "report 14"',
)
@click.option(
    "--outcome",
    type=click.Choice(["clear", "blocking"]),
    required=True,
    help="Whether anything in them stops the launch.",
)
@click.option(
    "--source",
    "sources",
    type=click.Choice(["public", "private"]),
    multiple=True,
    required=True,
    help="Which were read; can be given twice.",
)
@evidence_option
@note_option
@key_option
@ledger_option
@anchor_option
@scope_option
@together
def review(
    session: Session,
    outcome: Literal["clear", "blocking"],
    sources: tuple[Source, ...],
    evidence: tuple[Path, ...],
    note: str,
    given: Given,
) -> None:
    """Record that advisories were read for the frozen scope, and the outcome.

    A blocking outcome blocks the final checks until you review the same source again and find it
    clear.
    """
    from aztrust.acts.act import checked_text
    from aztrust.acts.advisories import plan_review, reviewer_keys
    from aztrust.acts.preconditions import require_attempt
    from aztrust.cli.signing import (
        View,
        act_in_window,
        evidence_lines,
        scope_line,
        session_signer,
        sign_plan,
    )
    from aztrust.report.lines import joined

    note = checked_text(note, "--note", empty=True)
    act = act_in_window(session, given)
    require_attempt(act.context)
    accepted = reviewer_keys(act.context)
    signer = session_signer(session, given.key, accepted=accepted, act="review advisories")
    plan = plan_review(act, outcome, sources, signer.public, note=note, evidence=evidence)
    read = joined(plan.body.sources)
    view = View(
        lines=[
            *labelled("you", plan.holder),
            *labelled(outcome, f"{read} advisories"),
            *evidence_lines(plan.body.evidence),
            *scope_line(plan.body.scope_hash),
        ],
        fields={
            "outcome": outcome,
            "sources": list(plan.body.sources),
            "holder": plan.holder,
            "scope_hash": plan.body.scope_hash,
            "evidence": [file.model_dump(mode="json") for file in plan.body.evidence],
        },
        message=f"advisories {outcome}",
        brief=f"reviewed {read} advisories: {outcome}",
    )
    sign_plan(session, act, plan, signer, view)
