"""`aztrust blocker`: what stands in the way of the launch."""

from __future__ import annotations

import click

from aztrust.acts.blockers import Plan, Severity
from aztrust.acts.statements import Said
from aztrust.cli.app import Session, command, group
from aztrust.cli.options import anchor_option, given_anchor, ledger_option
from aztrust.report.lines import labelled

blocker = group(
    "blocker",
    short_help="What stands in the way: open, close, list.",
    text="""What stands in the way of the launch.

    An open critical blocker keeps the final checks from passing, an open major one leaves them
    conditional. Anyone whom the policy names may open one.
    """,
    example='aztrust blocker open --severity critical "the archive node does not start"',
)
_key = click.option("--key", metavar="K", help="A key's name, a file or a URI; else $AZTRUST_KEY.")


@command(
    "open",
    parent=blocker,
    short_help="Say that something stands in the way.",
    example='aztrust blocker open --severity critical "the archive node does not start"',
)
@click.argument("reason", metavar="REASON")
@click.option(
    "--severity",
    type=click.Choice(["critical", "major", "minor"]),
    default="critical",
    show_default=True,
    help="Whether it stops the launch, leaves it conditional, or is only to be seen.",
)
@_key
@ledger_option
@anchor_option
def open_(
    session: Session,
    reason: str,
    severity: Severity,
    key: str | None,
    ledger: str | None,
    anchor: str | None,
) -> None:
    """Open a blocker. Nothing takes it back but its closing."""
    from aztrust.acts.blockers import opener_keys, plan_opening
    from aztrust.acts.select_key import choose_signer
    from aztrust.acts.statements import read_window_context, say
    from aztrust.cli.attest import checked_text
    from aztrust.core.state.context import require_policy

    reason = checked_text(reason, "REASON")
    launch = session.launch()
    now = session.now_unix_ms()
    context = read_window_context(launch, given_anchor(anchor), "", ledger, now)
    signer = choose_signer(
        key,
        accepted=opener_keys(require_policy(context)),
        act="open a blocker",
        passphrase=session.passphrase,
    )
    plan = plan_opening(context, severity, reason, signer.public)
    said = say(launch, context, "blocker", plan.body, signer, ledger=ledger)
    _emit(session, plan, said.record.record_id, said)


@command(
    "close",
    parent=blocker,
    short_help="Say that a blocker is resolved.",
    example='aztrust blocker close 9e44a1b0 --reason "fixed in the host\'s disk setup"',
)
@click.argument("blocker_id", metavar="ID")
@click.option("--reason", metavar="T", required=True, help="How it was resolved.")
@_key
@ledger_option
@anchor_option
def close(
    session: Session,
    blocker_id: str,
    reason: str,
    key: str | None,
    ledger: str | None,
    anchor: str | None,
) -> None:
    """Close a blocker, named by its record id or eight or more digits of it.

    Whoever opened it may, and a holder of the role that owns the row blocker-review.
    """
    from aztrust.acts.blockers import closer_keys, find_blocker, plan_closing
    from aztrust.acts.select_key import choose_signer
    from aztrust.acts.statements import read_window_context, say
    from aztrust.cli.attest import checked_text
    from aztrust.cli.signing_output import recorded_document
    from aztrust.core.state.context import require_policy

    reason = checked_text(reason, "--reason")
    launch = session.launch()
    now = session.now_unix_ms()
    context = read_window_context(launch, given_anchor(anchor), "", ledger, now)
    opening = find_blocker(context, blocker_id)
    signer = choose_signer(
        key,
        accepted=closer_keys(require_policy(context), opening),
        act="close this blocker",
        passphrase=session.passphrase,
    )
    plan = plan_closing(context, opening, reason, signer.public)
    if plan.closed_by is not None:
        lines = labelled("done", f"{plan.closed_by.holder} has closed it; nothing was signed")
        lines += labelled("record", plan.closed_by.record_id[7:23])
        document = recorded_document(session, None, **_fields(plan, opening.record_id, None))
        session.emit(document, lines, brief=f"closed already {opening.record_id}")
        return
    said = say(launch, context, "blocker", plan.body, signer, ledger=ledger)
    _emit(session, plan, opening.record_id, said)


@command(
    "list",
    parent=blocker,
    short_help="The blockers that are open.",
    example="aztrust blocker list -v",
)
@ledger_option
@anchor_option
def list_(session: Session, ledger: str | None, anchor: str | None) -> None:
    """List what stands in the way; with -v also what does no more."""
    from aztrust.acts.statements import read_window_context
    from aztrust.report.blockers import blocker_document, blocker_lines

    now = session.now_unix_ms()
    context = read_window_context(session.launch(), given_anchor(anchor), "", ledger, now)
    lines = blocker_lines(context, verbose=session.verbose)
    session.emit(blocker_document(context, session.command), lines, brief=lines[0])


def _emit(session: Session, plan: Plan, blocker_id: str, said: Said) -> None:
    from aztrust.cli.attest import said_lines
    from aztrust.cli.signing_output import recorded_document
    from aztrust.report.escape import visible

    done = "opened" if plan.body.action == "open" else "closed"
    lines = [
        *labelled("you", plan.holder),
        *labelled(done, visible(f"{plan.body.severity} blocker {blocker_id[7:23]}")),
        *labelled("reason", visible(plan.body.reason)),
        *said_lines(session.launch(), said, message=f"blocker {blocker_id[7:15]} {done}"),
    ]
    document = recorded_document(session, said.record, **_fields(plan, blocker_id, said.entry))
    session.emit(document, lines, brief=f"{done} {blocker_id}")


def _fields(plan: Plan, blocker_id: str, entry: int | None) -> dict[str, object]:
    return {
        "action": plan.body.action,
        "blocker": blocker_id,
        "severity": plan.body.severity,
        "reason": plan.body.reason,
        "holder": plan.holder,
        "ledger_entry": entry,
    }
