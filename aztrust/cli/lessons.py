"""`aztrust lessons`: the lessons of the testnet, which a launch window takes into account."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    Given,
    anchor_option,
    key_option,
    ledger_option,
    scope_option,
    together,
    yes_option,
)
from aztrust.report.lines import labelled


@command(
    "lessons",
    short_help="The testnet's lessons: fix them, list them.",
    example="aztrust lessons lessons.toml\n"
    "aztrust lessons\n"
    "aztrust attest lesson.upgrade-height pass --role ops-lead",
)
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@key_option
@yes_option
@ledger_option
@anchor_option
@scope_option
@together
def lessons(session: Session, file: Path | None, yes: bool, given: Given) -> None:
    """Fix the testnet's lessons in FILE for the window that is open; without FILE list them.

    Each lesson is an item of the final checks, and a holder of its owner role acknowledges it:
    aztrust attest lesson.ID pass. A holder who signs verdicts fixes them, or one of the role that
    owns the row blocker-review. A later list replaces an earlier one until a final check has
    passed, and is acknowledged anew.
    """
    from aztrust.cli.signing import act_in_window

    if file is None:
        from aztrust.report.lessons import lessons_document, lessons_lines

        act = act_in_window(session, given)
        lines = lessons_lines(act.context)
        session.emit(lessons_document(act.context, session.command), lines, brief=lines[0])
        return
    _fix(session, file, given, yes=yes)


def _fix(session: Session, file: Path, given: Given, *, yes: bool) -> None:
    from aztrust.acts.fixing import fixer_keys
    from aztrust.acts.lessons import LIMIT, plan_lessons, read_lessons
    from aztrust.cli.signing import View, act_in_window, scope_line, session_signer, sign_plan
    from aztrust.core.policy.describe import plural
    from aztrust.core.state.lessons import lesson_row
    from aztrust.report.escape import visible
    from aztrust.report.lessons import lesson_lines
    from aztrust.storage.folders import read_bounded

    what = visible(str(file))
    listed = read_lessons(read_bounded(file, LIMIT), what)
    act = act_in_window(session, given)
    accepted = fixer_keys(act.policy)
    signer = session_signer(session, given.key, accepted=accepted, act="fix the lessons")
    plan = plan_lessons(act, listed, signer.public, what)
    lines = labelled("you", plan.holder)
    for lesson in listed.lesson:
        lines += [f"{lesson_row(lesson)}  {lesson.owner}", *lesson_lines(lesson)]
    count = plural(len(listed.lesson), "lesson")
    view = View(
        lines=[*lines, *scope_line(plan.body.scope_hash)],
        fields={
            "lessons": [lesson.id for lesson in listed.lesson],
            "launch_window_id": plan.body.launch_window_id,
            "holder": plan.holder,
            "scope_hash": plan.body.scope_hash,
        },
        message=f"fix {count}",
        brief=f"fixed {count}",
        done=f"{plan.earlier.holder} has fixed these lessons" if plan.earlier is not None else "",
        done_brief=f"fixed already: {count}",
        question=f"Fix {count} for this window?",
    )
    sign_plan(session, act, plan, signer, view, yes=yes)
