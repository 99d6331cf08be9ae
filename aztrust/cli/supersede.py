"""`aztrust supersede`: record that a package is to be replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, key_option, reason_option, together
from aztrust.core.base.paths import escape
from aztrust.core.policy.model import PackageClass
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.cli.signing import View
    from aztrust.core.records.package import Supersession
    from aztrust.core.records.records import VerifiedRecord


@command(
    "supersede",
    short_help="Record that a package is to be replaced.",
    example='aztrust supersede genesis --with 5be09a63... --reason "one gen_tx was missing"',
)
@click.argument("package_class", type=click.Choice(["release", "genesis"]))
@click.option(
    "--with",
    "successor",
    metavar="PACKAGE_ID",
    required=True,
    help="The package that replaces it; the current package withdraws what is pending.",
)
@key_option
@reason_option
@anchor_option
@together
def supersede(
    session: Session, package_class: PackageClass, successor: str, reason: str, given: Given
) -> None:
    """Record that the current package is to be replaced by another one.

    It blocks the launch until the successor is sealed and approved, or until you withdraw it: by
    superseding the current package with itself. A holder of a [revocation] role may withdraw the
    supersession of any holder.
    """
    from aztrust.acts.supersede import plan_supersession, superseder_keys
    from aztrust.cli.signing import act_before_freeze, session_signer, sign_plan

    act = act_before_freeze(session, given)
    accepted = superseder_keys(act.policy, package_class)
    what = f"supersede the {package_class} package"
    signer = session_signer(session, given.key, accepted=accepted, act=what)
    plan = plan_supersession(
        act, package_class, successor=successor, key=signer.public, reason=reason
    )
    sign_plan(session, act, plan, signer, _view(plan))


def _view(plan: Plan[Supersession, tuple[VerifiedRecord, ...]]) -> View:
    from aztrust.cli.signing import View

    body = plan.body
    word = "withdraw supersession of" if body.is_withdrawal else "supersede"
    message = f"{word} {body.package_class} {body.package_id[7:15]}"
    return View(
        lines=_screen(plan),
        fields={
            "package_class": body.package_class,
            "package_id": body.package_id,
            "successor": body.successor,
            "withdraws": list(body.withdraws),
            "holder": plan.holder,
            "reason": body.reason,
        },
        message=message,
        brief=f"{message} with {body.successor}",
        done=f"{plan.holder} has recorded that already",
        done_brief=f"superseded already {body.package_id}",
    )


def _screen(plan: Plan[Supersession, tuple[VerifiedRecord, ...]]) -> list[str]:
    body = plan.body
    lines = labelled("package", f"{body.package_class}, the current one")
    lines.append(f"  {body.package_id}")
    if body.is_withdrawal:
        for record in plan.about:
            lines += labelled(
                "undoes", f"the supersession by {record.holder} in {record.record_id[7:23]}"
            )
    else:
        lines += labelled("with", "its successor")
        lines.append(f"  {body.successor}")
        lines += labelled(
            "until", f"the successor is sealed and approved, the {body.package_class} does not pass"
        )
    return [*lines, *labelled("reason", escape(body.reason))]
