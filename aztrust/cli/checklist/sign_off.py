"""`aztrust checklist sign-off`: one area, by a holder of its approver role."""

from __future__ import annotations

import click

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import checklist, load, signing_options
from aztrust.cli.options import Given, reason_option
from aztrust.core.base.times import format_minute
from aztrust.report.lines import labelled


@command(
    "sign-off",
    parent=checklist,
    short_help="Approve an area, reject it, or approve it under a condition.",
    example='aztrust checklist sign-off security approve --reason "the review is closed"\n'
    "aztrust checklist sign-off operations conditional --reason T --owner NAME --due TIME\n"
    "aztrust checklist sign-off finance reject --reason T --cites RC-D",
)
@click.argument("area", metavar="AREA")
@click.argument(
    "decision",
    metavar="approve|conditional|reject",
    type=click.Choice(("approve", "conditional", "reject")),
)
@reason_option
@click.option("--owner", metavar="NAME", help="Of a condition: who meets it.")
@click.option("--due", metavar="TIME", help="Of a condition: until when.")
@click.option("--cites", metavar="C", help="Of a rejection: the item or clause it rests on.")
@signing_options
def sign_off(  # noqa: PLR0913 - one argument for each option
    session: Session,
    area: str,
    decision: str,
    reason: str,
    owner: str | None,
    due: str | None,
    cites: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Sign what the items of an area are now, with their definitions and their evidence.

    Whatever changes there later makes the sign-off stale, by name. A conditional one counts as a
    P1 warning. A rejection counts at once, and until its signer signs the area off again.
    """
    from aztrust.acts.act import checked_text
    from aztrust.acts.checklist.lookup import find_area, keys_of_roles
    from aztrust.acts.checklist.scoring import score_launch
    from aztrust.acts.checklist.sign_off import plan_sign_off
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import View, session_signer, sign_plan
    from aztrust.core.state.checklist.named import require_checklist
    from aztrust.report.checklist.score import area_lines

    reason = checked_text(reason, "--reason")
    owner = None if owner is None else checked_text(owner, "--owner")
    due_unix_ms = None if due is None else session.at(due, "--due")
    act = load(session, given)
    found = find_area(require_checklist(act.context), area)
    accepted = keys_of_roles(act.policy, [found.approver], found.id)
    signer = session_signer(session, given.key, accepted=accepted, act=f"sign off {found.id}")
    with progress_line(session) as progress:
        scored = score_launch(act, ReadOptions(progress=progress))
    plan = plan_sign_off(
        act,
        scored,
        found,
        decision,  # type: ignore[arg-type]
        reason,
        signer.public,
        owner=owner,
        due_unix_ms=due_unix_ms,
        cites=cites,
    )
    lines = [*labelled("you", f"{plan.holder}, as {found.approver}")]
    lines += area_lines(scored.card, found.id)
    lines += labelled("sign-off", f"{decision}: {reason}")
    if owner is not None and due_unix_ms is not None:
        lines += labelled("owner", f"{owner}, until {format_minute(due_unix_ms)}")
    if cites is not None:
        lines += labelled("cites", cites)
    view = View(
        lines=lines,
        fields={
            "area": found.id,
            "decision": decision,
            "reason": reason,
            "holder": plan.holder,
            "role": found.approver,
            "state_hash": plan.body.state_hash,
            "mitigation_owner": owner,
            "due_unix_ms": due_unix_ms,
            "cites": cites,
        },
        message=f"checklist: {found.id} {decision}",
        brief=f"{found.id} {decision}",
        done=f"{plan.holder} signed that",
        done_brief=f"signed already {found.id}",
        question=f"Sign this off: {decision}?",
    )
    sign_plan(session, act, plan, signer, view, yes=yes)
