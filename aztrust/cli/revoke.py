"""`aztrust revoke`: take back a record or a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, key_option, together, yes_option
from aztrust.core.base.paths import escape
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.acts.revoke import Impact
    from aztrust.cli.signing import View
    from aztrust.core.records.administration import Revocation


@command(
    "revoke",
    short_help="Take back a record or a key.",
    example='aztrust revoke a07be144 --reason "approved the wrong file"\n'
    "aztrust revoke 9e31c0d2 --reason compromised --key luca",
)
@click.argument("target", metavar="RECORD_ID|FINGERPRINT")
@key_option
@click.option(
    "--reason",
    metavar="T",
    required=True,
    help="Why. For a key: compromised, which voids all it signed, or retired, which keeps it.",
)
@yes_option
@anchor_option
@together
def revoke(session: Session, target: str, reason: str, yes: bool, given: Given) -> None:
    """Take back a record or a key, named by its id, at least eight of its digits, or its file.

    You may revoke your own records and keys; a holder of a [revocation] role may revoke any.
    A revocation cannot be revoked. What ceases to count with it is shown before the question.
    """
    from aztrust.acts.revoke import find_target, plan_revocation, revoker_keys
    from aztrust.cli.signing import act_before_freeze, session_signer, sign_plan

    act = act_before_freeze(session, given)
    found = find_target(act.context, target)
    accepted = revoker_keys(act.policy, found)
    signer = session_signer(session, given.key, accepted=accepted, act=f"revoke this {found.kind}")
    plan = plan_revocation(act, found, signer.public, reason)
    sign_plan(session, act, plan, signer, _view(plan), yes=yes)


def _view(plan: Plan[Revocation, Impact]) -> View:
    from aztrust.cli.signing import View

    target, by = plan.about.target, plan.earlier.holder if plan.earlier is not None else ""
    return View(
        lines=_screen(plan),
        fields={
            "target": target.digest,
            "target_kind": target.kind,
            "holder": plan.holder,
            "reason": plan.body.reason,
            "falls": [u.record_id for u in plan.about.falls],
            "stands": list(plan.body.stands),
            "effects": list(plan.about.effects),
        },
        message=f"revoke {target.kind} {target.digest[7:15]}",
        brief=f"revoked {target.kind} {target.digest}",
        done=f"{by} has revoked it already",
        done_brief=f"revoked already {target.digest}",
        question=f"Revoke this {target.kind}? It cannot be undone.",
    )


def _screen(plan: Plan[Revocation, Impact]) -> list[str]:
    from aztrust.acts.revocation_impact import verdict_title
    from aztrust.acts.revoke import title

    target, impact = plan.about.target, plan.about
    lines = labelled("you", plan.holder)
    if target.kind == "key":
        lines += labelled("key", f"of {target.owner_title}")
    elif target.verdict is not None:
        lines += labelled("record", verdict_title(target.verdict))
    elif target.verified:
        lines += labelled("record", title(target.verified[0]))
    else:
        lines += labelled("record", "not known here; it is revoked for when it arrives")
    lines.append(f"  {target.digest}")
    lines += labelled("reason", escape(plan.body.reason))
    if not impact.falls and not impact.effects:
        lines += labelled("falls", "nothing that counts now")
    lines += _listed("falls", (f"{title(u)}, record {u.record_id[7:23]}" for u in impact.falls))
    kept = (f"record {id_[7:23]}, signed before it was retired" for id_ in plan.body.stands)
    return [*lines, *_listed("stands", kept), *_listed("then", impact.effects)]


def _listed(label: str, texts: Iterable[str]) -> list[str]:
    """Lines with the label before the first of them."""
    lines: list[str] = []
    for text in texts:
        lines += labelled("" if lines else label, text)
    return lines
