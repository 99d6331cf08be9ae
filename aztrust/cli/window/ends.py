"""`aztrust window defer` and `abort`: how a launch window ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from aztrust.acts.window.ends import Kind
from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, reason_option
from aztrust.cli.window.base import load, signing_options, window
from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.records.window import ABORT_TRIGGERS, AbortTrigger
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.acts.publish import Signed
    from aztrust.acts.window.basis import Basis
    from aztrust.cli.signing import View
    from aztrust.core.records.window import AfterStart, LaunchAbort, LaunchDefer
    from aztrust.core.state.launch_state import Attempt

    EndPlan = Plan[LaunchDefer | LaunchAbort, Attempt]


@command(
    "defer",
    parent=window,
    short_help="End this window; the scope may be tried again.",
    example='aztrust window defer --reason "two operators are not ready"',
)
@reason_option
@signing_options
def defer(
    session: Session,
    reason: str,
    yes: bool,
    given: Given,
) -> None:
    """End the window that is open; this cannot be undone.

    The scope stays valid: approvals still count, and the next attempt begins with its own freeze.
    """
    _end(session, "launch-defer", reason, yes, given)


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
@reason_option
@click.option(
    "--measure",
    type=click.Choice(("halt", "rollback")),
    help="After the start: halt, or roll back.",
)
@click.option("--criterion", metavar="T", help="After the start: the criterion that asks for it.")
@click.option(
    "--old-state",
    metavar="T",
    help="After the start: what happens to the state and the signing data.",
)
@signing_options
def abort(
    session: Session,
    trigger: AbortTrigger,
    reason: str,
    measure: Literal["halt", "rollback"] | None,
    criterion: str | None,
    old_state: str | None,
    yes: bool,
    given: Given,
) -> None:
    """End the window and its scope for good; this cannot be undone.

    Restoring what was there before does not revive it: a launch goes on with a changed package, new
    seals, new approvals and a new freeze.

    After the network started, the abort says what is done with it: --measure, the --criterion of
    the launch that asks for it, and --old-state, what happens to its state and its signing data.
    """
    for_start = {"--measure": measure, "--criterion": criterion, "--old-state": old_state}
    after_start = None
    if measure is not None and criterion is not None and old_state is not None:
        from aztrust.acts.act import checked_text
        from aztrust.core.records.window import AfterStart

        after_start = AfterStart(
            criterion=checked_text(criterion, "--criterion"),
            measure=measure,
            state_handling=checked_text(old_state, "--old-state"),
        )
    elif any(value is not None for value in for_start.values()):
        raise UsageError(
            "an abort after the start needs --measure, --criterion and --old-state",
            subject=next(option for option, value in for_start.items() if value is None),
            mend="give all three",
        )
    _end(session, "launch-abort", reason, yes, given, trigger=trigger, after_start=after_start)


def _end(
    session: Session,
    kind: Kind,
    reason: str,
    yes: bool,
    given: Given,
    *,
    trigger: AbortTrigger = "other",
    after_start: AfterStart | None = None,
) -> None:
    from aztrust.acts.window.basis import basis_in
    from aztrust.acts.window.ends import end_of, plan_end
    from aztrust.acts.window.sitting import keys_for
    from aztrust.cli.signing import session_signer, sign_plan
    from aztrust.cli.window.joint import signatures_of

    act = load(session, given)
    end = end_of(act, kind, reason=reason, trigger=trigger, after_start=after_start)
    accepted = keys_for(act.policy, (end.record,))
    signer = session_signer(session, given.key, accepted=accepted, act=f"{_VERBS[kind]} the launch")
    plan = plan_end(act, end, signer.public)
    view = _view(kind, plan, basis_in(act, end.attempt))

    def after(signed: Signed) -> list[str]:
        basis = basis_in(load(session, given), end.attempt)
        return signatures_of(basis, end.record, signed.record_id)

    sign_plan(session, act, plan, signer, view, after=after, yes=yes)


_VERBS: dict[Kind, str] = {"launch-defer": "defer", "launch-abort": "abort"}


def _view(kind: Kind, plan: EndPlan, basis: Basis) -> View:
    from aztrust.cli.signing import View
    from aztrust.core.records.statements import body_statement

    attempt, word = plan.about, _VERBS[kind]
    release = attempt.release_package_id
    say = body_statement(kind, plan.body, {}, release_package_id=release)
    by = plan.earlier.holder if plan.earlier is not None else ""
    return View(
        lines=_screen(kind, plan, basis),
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


def _screen(kind: Kind, plan: EndPlan, basis: Basis) -> list[str]:
    from aztrust.cli.window.joint import also_proposed
    from aztrust.core.judge.window_delay import delay_sentences
    from aztrust.core.records.window import LaunchAbort

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
        if isinstance(plan.body, LaunchAbort) and plan.body.after_start is not None:
            started = plan.body.after_start
            lines += labelled(started.measure, escape(started.criterion))
            lines += labelled("old state", escape(started.state_handling))
    else:
        for sentence in delay_sentences(basis.context, attempt, None):
            lines += labelled("means", sentence)
    lines += also_proposed(basis, kind)
    return [*lines, *advice_lines("then", then)]
