"""`aztrust checklist answer`: answer an item that a person answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import checklist, load, signing_options
from aztrust.cli.options import Given, reason_option
from aztrust.core.policy.describe import plural
from aztrust.core.records.checklist import Answer
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.cli.signing import View
    from aztrust.core.checklist.definitions import Item
    from aztrust.core.records.checklist import ChecklistAnswer, Drill


@command(
    "answer",
    parent=checklist,
    short_help="Answer an item that a person answers.",
    example='aztrust checklist answer D.1 pass --reason "read and timed" --key dan\n'
    'aztrust checklist answer F.3 warning --reason "one pager is silent" --owner dan'
    " --due 2026-06-01T18:00:00Z\n"
    "aztrust checklist answer D.3 pass --drill upgrade --environment staging"
    " --from 2026-05-20T10:00:00Z --until 2026-05-20T12:00:00Z"
    ' --results "all nodes started" --reason "drill passed"',
)
@click.argument("item", metavar="ITEM")
@click.argument(
    "outcome", metavar="pass|fail|warning|not-applicable", type=click.Choice(get_args(Answer))
)
@reason_option
@click.option("--owner", metavar="NAME", help="Who mitigates a warning.")
@click.option("--due", metavar="TIME", help="Until when (RFC 3339 or Unix seconds).")
@click.option(
    "--evidence",
    "records",
    metavar="ID",
    multiple=True,
    help="An evidence record that it rests on; else all of the item's. Repeatable.",
)
@click.option("--drill", "kind", metavar="KIND", help="What took place: restore, rehearsal, ….")
@click.option("--environment", metavar="T", help="Where the drill took place.")
@click.option("--from", "begun", metavar="TIME", help="When it began.")
@click.option("--until", "ended", metavar="TIME", help="When it ended.")
@click.option("--results", metavar="T", help="What came out.")
@signing_options
def answer(  # noqa: PLR0913 - one argument for each option
    session: Session,
    item: str,
    outcome: Answer,
    reason: str,
    owner: str | None,
    due: str | None,
    records: tuple[str, ...],
    kind: str | None,
    environment: str | None,
    begun: str | None,
    ended: str | None,
    results: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Answer an item in the role of its owner.

    Your last answer counts; a fail blocks until you answer again, whatever others answer. An item
    that asks for evidence is answered once some was added, and a drill with its times and results.
    Items that are computed are not answered.
    """
    from aztrust.acts.act import checked_text
    from aztrust.acts.checklist.answer import Given as Answered
    from aztrust.acts.checklist.answer import plan_answer, require_answerable
    from aztrust.acts.checklist.lookup import find_item, keys_of_roles, require_open
    from aztrust.cli.signing import session_signer, sign_plan
    from aztrust.core.state.checklist.named import checklist_records

    reason = checked_text(reason, "--reason")
    until = session.at(due, "--due") if due is not None else None
    drill = _drill(session, kind, environment, begun, ended, results)
    act = load(session, given)
    folded = checklist_records(act.context)
    require_open(act.context, folded)
    wanted = find_item(folded.checklist, item)
    require_answerable(wanted)
    accepted = keys_of_roles(act.policy, [wanted.owner], wanted.id)
    signer = session_signer(session, given.key, accepted=accepted, act=f"answer {wanted.id}")
    answered = Answered(outcome, reason, owner, until, drill, records)
    plan = plan_answer(act, folded, wanted, answered, signer.public)
    sign_plan(session, act, plan, signer, _view(plan), yes=yes)


def _drill(
    session: Session,
    kind: str | None,
    environment: str | None,
    begun: str | None,
    ended: str | None,
    results: str | None,
) -> Drill | None:
    from aztrust.acts.act import checked_text
    from aztrust.core.base.errors import UsageError
    from aztrust.core.base.model import validate
    from aztrust.core.records.checklist import Drill

    given = {
        "--drill": kind,
        "--environment": environment,
        "--from": begun,
        "--until": ended,
        "--results": results,
    }
    missing = [option for option, value in given.items() if value is None]
    if len(missing) == len(given):
        return None
    if missing:
        raise UsageError(
            f"a drill has all of {', '.join(given)}; {', '.join(missing)} is missing",
            subject=missing[0],
            mend="aztrust checklist answer ITEM pass --reason T --drill KIND --environment T"
            " --from TIME --until TIME --results T",
        )
    return validate(
        Drill,
        {
            "kind": kind,
            "environment": checked_text(environment or "", "--environment"),
            "from_unix_ms": session.at(begun, "--from"),
            "until_unix_ms": session.at(ended, "--until"),
            "results": checked_text(results or "", "--results"),
        },
        what="the drill",
        code="record-malformed",
    )


def _view(plan: Plan[ChecklistAnswer, Item]) -> View:
    from aztrust.cli.signing import View
    from aztrust.core.base.paths import escape
    from aztrust.core.base.times import format_minute
    from aztrust.report.escape import visible

    body, item = plan.body, plan.about
    lines = [
        *labelled("you", f"{plan.holder}, {body.role}"),
        *labelled("item", visible(f"{item.id}  {escape(item.text)}")),
        *labelled("answer", visible(f"{body.answer}: {escape(body.reason)}")),
    ]
    if body.mitigation_owner is not None and body.due_unix_ms is not None:
        due = format_minute(body.due_unix_ms)
        lines += labelled("mitigate", visible(f"{escape(body.mitigation_owner)} by {due}"))
    if body.drill is not None:
        span = (
            f"{format_minute(body.drill.from_unix_ms)} to {format_minute(body.drill.until_unix_ms)}"
        )
        lines += labelled(
            "drill", visible(f"{body.drill.kind} in {escape(body.drill.environment)}, {span}")
        )
        lines += labelled("results", visible(escape(body.drill.results)))
    lines += labelled("rests on", plural(len(body.rests_on), "evidence record"))
    return View(
        lines=lines,
        fields={
            "item": item.id,
            "answer": body.answer,
            "holder": plan.holder,
            "role": body.role,
            "reason": body.reason,
            "rests_on": list(body.rests_on),
        },
        message=f"answer {item.id} {body.answer}",
        brief=f"answered {item.id} {body.answer}",
    )
