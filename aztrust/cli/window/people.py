"""`aztrust window roles` and `window handover`: who does what, and who goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from aztrust.cli.window.base import load, window

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.cli.signing import View
    from aztrust.core.judge.window_view import WindowView
    from aztrust.core.records.administration import Note


@command(
    "roles",
    parent=window,
    short_help="Each actor: who, backup, duties, and limits.",
    example="aztrust window roles",
)
@click.argument("role", metavar="[ROLE]", required=False)
@ledger_option
@anchor_option
@together
def roles(session: Session, role: str | None, given: Given) -> None:
    """Show the card of each actor of the window under this policy, or of one role.

    What it does, whom it calls, what it may confirm, what it never decides alone, who has the role
    and who is the backup.
    """
    from aztrust.core.base.errors import UsageError
    from aztrust.core.policy.actors import actor_cards
    from aztrust.core.state.context import require_policy
    from aztrust.report.window.roles import roles_document, roles_lines

    act = load(session, given)
    cards = actor_cards(require_policy(act.context))
    if role is not None:
        known = [card.role for card in cards]
        cards = tuple(card for card in cards if card.role == role)
        if not cards:
            raise UsageError(
                f"{role[:80]} is not a role here", subject="ROLE", mend=f"roles: {', '.join(known)}"
            )
    lines = roles_lines(cards, verbose=session.verbose or role is not None)
    document = roles_document(cards, act.context.policy_digest, session.command)
    held = sum(bool(card.holders) for card in cards)
    session.emit(document, lines, brief=f"{held} of {len(cards)} roles have a holder")


@command(
    "handover",
    parent=window,
    short_help="Record what is open, for the holder who goes on.",
    example="aztrust window handover --to sonia",
)
@click.option("--to", metavar="NAME", required=True, help="The holder who goes on.")
@yes_option
@key_option
@ledger_option
@anchor_option
@scope_option
@together
def handover(session: Session, to: str, yes: bool, given: Given) -> None:
    """Sign a note of what is open in the window: holds, blockers, acts that wait, boundaries.

    It changes no state: the roles of both holders stay what the policy says.
    """
    from aztrust.acts.window.handover import plan_handover
    from aztrust.cli.signing import session_signer, sign_plan

    act = load(session, given)
    accepted = act.policy.key_holders()
    signer = session_signer(session, given.key, accepted=accepted, act="hand the window over")
    plan = plan_handover(act, signer.public, to=to)
    sign_plan(session, act, plan, signer, _view(plan, to), yes=yes)


def _view(plan: Plan[Note, WindowView], to: str) -> View:
    from aztrust.cli.signing import View
    from aztrust.report.escape import visible
    from aztrust.report.lines import labelled

    return View(
        lines=[
            *labelled("you", plan.holder),
            *labelled("to", visible(to)),
            *labelled("note", visible(plan.body.text)),
        ],
        fields={
            "kind": "note",
            "launch_window_id": plan.about.state.launch_window_id,
            "holder": plan.holder,
            "to": to,
            "text": plan.body.text,
        },
        message=f"hand the window over to {to}",
        brief=f"handed over to {to}",
        question=f"Hand this window over to {to}?",
    )
