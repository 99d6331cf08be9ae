"""`aztrust checklist plan` and `notice`: the plan of a window, and what it announces."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import checklist, load, reading_options, signing_options
from aztrust.cli.options import Given


@command(
    "plan",
    parent=checklist,
    short_help="The times of the window: fix them, show them.",
    example="aztrust checklist plan plan.toml\naztrust checklist plan",
)
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@signing_options
def plan(session: Session, file: Path | None, yes: bool, given: Given) -> None:
    """Fix windows, blackouts, change freeze and templates in FILE; without FILE show them.

    Times are in UTC: 2026-03-01T14:00:00Z. A holder who signs verdicts fixes the plan, or one of
    the role that owns the row blocker-review. A later plan replaces an earlier one until a final
    check has passed.
    """
    if file is not None:
        _fix(session, file, given, yes=yes)
        return
    from aztrust.core.state.checklist.named import require_checklist
    from aztrust.core.state.checklist.plan import fixed_plan
    from aztrust.report.checklist.plan import fixed_lines, plan_document

    context = load(session, given).context
    require_checklist(context)
    fixed = fixed_plan(context)
    lines = fixed_lines(fixed)
    session.emit(plan_document(context, fixed), lines, brief=lines[0])


def _fix(session: Session, file: Path, given: Given, *, yes: bool) -> None:
    from aztrust.acts.checklist.plan import plan_times, read_plan
    from aztrust.acts.fixing import fixer_keys
    from aztrust.cli.signing import View, scope_line, session_signer, sign_plan
    from aztrust.core.base.paths import escape
    from aztrust.core.records.checklist_plan_file import LIMIT
    from aztrust.report.checklist.plan import plan_lines
    from aztrust.report.lines import labelled
    from aztrust.storage.folders import read_bounded

    times = read_plan(read_bounded(file, LIMIT), escape(str(file)))
    act = load(session, given)
    accepted = fixer_keys(act.policy)
    signer = session_signer(session, given.key, accepted=accepted, act="fix the plan")
    made = plan_times(act, times, signer.public)
    lines = [*labelled("you", made.holder, indent=15), *plan_lines(times)]
    earlier = made.earlier
    view = View(
        lines=[*lines, *scope_line(made.body.scope_hash)],
        fields={
            "plan_hash": made.body.plan_hash,
            "launch_window_id": made.body.launch_window_id,
            "holder": made.holder,
            "scope_hash": made.body.scope_hash,
        },
        message="fix the plan of the window",
        brief="fixed the plan",
        done=f"{earlier.holder} has fixed this plan" if earlier is not None else "",
        done_brief="fixed already: the plan",
        question="Fix this plan for this window?",
    )
    sign_plan(session, act, made, signer, view, yes=yes)


@command(
    "notice",
    parent=checklist,
    short_help="A notice or a status page post, from the plan.",
    example='aztrust checklist notice scheduled-maintenance --set impact="none"\n'
    "aztrust checklist notice resolution -o post.txt",
)
@click.argument("name", metavar="NAME")
@click.option(
    "--set",
    "pairs",
    metavar="KEY=VALUE",
    multiple=True,
    help="A value that neither the scope nor the plan has; repeatable.",
)
@reading_options
def notice(session: Session, name: str, pairs: tuple[str, ...], given: Given) -> None:
    """Render the template NAME of the plan: its places come from the frozen scope and the plan.

    A place without a value is refused, so that no notice goes out with a blank.
    """
    from aztrust.acts.checklist.notice import make_notice
    from aztrust.acts.checklist.plan import given_values

    made = make_notice(load(session, given), name, given_values(pairs))
    document = {
        "schema": "aztrust/checklist-notice",
        "version_major": 1,
        "version_minor": 0,
        "name": made.name,
        "text": made.text,
        "plan": made.plan_id,
        "values": dict(made.values),
    }
    session.emit(document, made.text.splitlines(), brief=made.text.replace("\n", " "))
