"""`aztrust blocker`: problems that block the launch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aztrust.acts.blockers import Severity
from aztrust.cli.app import Session, command, group
from aztrust.cli.options import Given, anchor_option, key_option, ledger_option, together
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.cli.signing import View
    from aztrust.core.records.readiness import Blocker
    from aztrust.core.records.records import VerifiedRecord

blocker = group(
    "blocker",
    short_help="Problems that block the launch: open, close, list.",
    text="""Problems that block the launch.

    An open critical blocker keeps the final checks from passing, an open major one leaves them
    conditional. Anyone whom the policy names may open one.
    """,
    example='aztrust blocker open --severity critical "the archive node does not start"',
)


@command(
    "open",
    parent=blocker,
    short_help="Record a problem that blocks the launch.",
    example='aztrust blocker open --severity critical "the archive node does not start"',
)
@click.argument("reason", metavar="REASON")
@click.option(
    "--severity",
    type=click.Choice(["critical", "major", "minor"]),
    default="critical",
    show_default=True,
    help="Whether it stops the launch, leaves it conditional, or is only for information.",
)
@key_option
@ledger_option
@anchor_option
@together
def open_(
    session: Session,
    reason: str,
    severity: Severity,
    given: Given,
) -> None:
    """Open a blocker. Only closing it removes it."""
    from aztrust.acts.act import checked_text
    from aztrust.acts.blockers import opener_keys, plan_opening
    from aztrust.cli.signing import act_in_window, session_signer, sign_plan

    reason = checked_text(reason, "REASON")
    act = act_in_window(session, given)
    accepted = opener_keys(act.policy)
    signer = session_signer(session, given.key, accepted=accepted, act="open a blocker")
    plan = plan_opening(act, severity, reason, signer.public)

    def opened(record_id: str) -> View:
        return _view(plan, record_id)

    sign_plan(session, act, plan, signer, opened(""), signed_view=opened)


@command(
    "close",
    parent=blocker,
    short_help="Record that a blocker is resolved.",
    example='aztrust blocker close 9e44a1b0 --reason "fixed in the host\'s disk setup"',
)
@click.argument("blocker_id", metavar="ID")
@click.option("--reason", metavar="T", required=True, help="How it was resolved.")
@key_option
@ledger_option
@anchor_option
@together
def close(session: Session, blocker_id: str, reason: str, given: Given) -> None:
    """Close a blocker, named by its record id or at least eight of its digits.

    Its opener may close it, and a holder of the role that owns the row blocker-review.
    """
    from aztrust.acts.act import checked_text
    from aztrust.acts.blockers import closer_keys, find_blocker, plan_closing
    from aztrust.cli.signing import act_in_window, session_signer, sign_plan

    reason = checked_text(reason, "--reason")
    act = act_in_window(session, given)
    opening = find_blocker(act.context, blocker_id)
    accepted = closer_keys(act.policy, opening)
    signer = session_signer(session, given.key, accepted=accepted, act="close this blocker")
    plan = plan_closing(act, opening, reason, signer.public)
    sign_plan(session, act, plan, signer, _view(plan, opening.record_id))


@command(
    "list",
    parent=blocker,
    short_help="The blockers that are open.",
    example="aztrust blocker list -v",
)
@ledger_option
@anchor_option
@together
def list_(session: Session, given: Given) -> None:
    """List the open blockers; with -v the closed ones, too."""
    from aztrust.cli.signing import act_in_window
    from aztrust.report.blockers import blocker_document, blocker_lines

    act = act_in_window(session, given)
    lines = blocker_lines(act.context, verbose=session.verbose)
    session.emit(blocker_document(act.context, session.command), lines, brief=lines[0])


def _view(plan: Plan[Blocker, VerifiedRecord | None], blocker_id: str) -> View:
    from aztrust.cli.signing import View
    from aztrust.report.escape import visible

    done = "opened" if plan.body.action == "open" else "closed"
    closed_by = plan.earlier.holder if plan.earlier is not None else ""
    return View(
        lines=[
            *labelled("you", plan.holder),
            *labelled(done, visible(f"{plan.body.severity} blocker {blocker_id[7:23]}")),
            *labelled("reason", visible(plan.body.reason)),
        ],
        fields={
            "action": plan.body.action,
            "blocker": blocker_id,
            "severity": plan.body.severity,
            "reason": plan.body.reason,
            "holder": plan.holder,
        },
        message=f"blocker {blocker_id[7:15]} {done}",
        brief=f"{done} {blocker_id}",
        done=f"{closed_by} has closed it",
        done_brief=f"closed already {blocker_id}",
    )
