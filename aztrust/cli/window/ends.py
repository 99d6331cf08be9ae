"""`aztrust window defer` and `abort`: how a launch window ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aztrust.acts.window.ends import Kind
from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    Given,
    anchor_option,
    key_option,
    ledger_option,
    scope_option,
    together,
)
from aztrust.cli.window.base import load, window
from aztrust.core.base.paths import escape
from aztrust.core.records.window import ABORT_TRIGGERS, AbortTrigger
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.cli.signing import View
    from aztrust.core.records.window import LaunchAbort, LaunchDefer
    from aztrust.core.state.launch_state import Attempt

    EndPlan = Plan[LaunchDefer | LaunchAbort, Attempt]

_reason = click.option("--reason", metavar="T", required=True, help="Why.")
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@command(
    "defer",
    parent=window,
    short_help="End this window; the scope may be tried again.",
    example='aztrust window defer --reason "two operators are not ready"',
)
@_reason
@key_option
@_yes
@ledger_option
@anchor_option
@scope_option
@together
def defer(
    session: Session,
    reason: str,
    yes: bool,
    given: Given,
) -> None:
    """End the window that is open; this cannot be undone.

    The scope stays valid: approvals still count, and the next attempt begins with its own freeze.
    """
    _end(session, "launch-defer", "other", reason, yes, given)


@command(
    "abort",
    parent=window,
    short_help="End this window, and its scope with it.",
    example='aztrust window abort --trigger binary-hash-mismatch --reason "another tag"',
)
@click.option(
    "--trigger",
    metavar="TRIGGER",
    type=click.Choice(ABORT_TRIGGERS),
    required=True,
    help=f"What it is for, a term of AZ-29.1: {', '.join(ABORT_TRIGGERS)}.",
)
@_reason
@key_option
@_yes
@ledger_option
@anchor_option
@scope_option
@together
def abort(
    session: Session,
    trigger: AbortTrigger,
    reason: str,
    yes: bool,
    given: Given,
) -> None:
    """End the window and its scope for good; this cannot be undone.

    Restoring what was there before does not revive it: a launch goes on with a changed package, new
    seals, new approvals and a new freeze.
    """
    _end(session, "launch-abort", trigger, reason, yes, given)


def _end(
    session: Session, kind: Kind, trigger: AbortTrigger, reason: str, yes: bool, given: Given
) -> None:
    from aztrust.acts.approvers import verdict_keys
    from aztrust.acts.window.ends import plan_end
    from aztrust.cli.signing import session_signer, sign_plan

    act = load(session, given)
    accepted = verdict_keys(act.policy)
    signer = session_signer(session, given.key, accepted=accepted, act=f"{_VERBS[kind]} the launch")
    plan = plan_end(act, kind, signer.public, reason=reason, trigger=trigger)
    sign_plan(session, act, plan, signer, _view(kind, plan), yes=yes)


_VERBS: dict[Kind, str] = {"launch-defer": "defer", "launch-abort": "abort"}


def _view(kind: Kind, plan: EndPlan) -> View:
    from aztrust.cli.signing import View
    from aztrust.core.records.statements import body_statement

    attempt, word = plan.about, _VERBS[kind]
    release = attempt.release_package_id
    say = body_statement(kind, plan.body, {}, release_package_id=release)
    by = plan.earlier.holder if plan.earlier is not None else ""
    return View(
        lines=_screen(kind, plan),
        fields={
            "kind": kind,
            "scope_hash": attempt.scope_hash,
            "launch_window_id": attempt.launch_window_id,
            "holder": plan.holder,
            "reason": plan.body.reason,
            "say": say,
        },
        message=f"{word} {attempt.scope_hash[7:15]}",
        brief=f"{say}  scope {attempt.scope_hash}",
        done=f"{by} has ended it already",
        done_brief=f"ended already {attempt.scope_hash}",
        question=f"{word.capitalize()} this launch? It cannot be undone.",
        say=say,
    )


def _screen(kind: Kind, plan: EndPlan) -> list[str]:
    attempt = plan.about
    by = " and ".join(sorted({v.holder for v in attempt.freezes}))
    lines = labelled("you", plan.holder)
    lines += labelled("scope", f"frozen by {by}" if by else "not frozen")
    lines.append(f"  {attempt.scope_hash}")
    lines += ["window", f"  {attempt.launch_window_id}"]
    lines += labelled("reason", escape(plan.body.reason))
    then = "the window ends; this scope may be frozen again, in a window of its own"
    if kind == "launch-abort":
        then = "the scope ends for good; restoring old bytes does not revive it"
    return [*lines, *advice_lines("then", then)]
