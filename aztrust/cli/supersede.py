"""`aztrust supersede`: say that a package is to be replaced."""

from __future__ import annotations

import click

from aztrust.acts.supersede import Plan
from aztrust.cli.app import Session, command
from aztrust.cli.options import anchor_option, given_anchor, key_option
from aztrust.core.base.paths import escape
from aztrust.core.policy.model import PackageClass
from aztrust.report.lines import labelled


@command(
    "supersede",
    short_help="Say that a package is to be replaced.",
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
@click.option("--reason", metavar="T", required=True, help="Why.")
@anchor_option
def supersede(
    session: Session,
    package_class: PackageClass,
    successor: str,
    key: str | None,
    reason: str,
    anchor: str | None,
) -> None:
    """Say that the current package is to be replaced by another one.

    It blocks the launch until the successor is sealed and approved, or until you withdraw it: by
    superseding the current package with itself. A holder of a [revocation] role may withdraw what
    anybody said.
    """
    from aztrust.acts.entering import enter_earlier, enter_stored
    from aztrust.acts.preconditions import read_anchored
    from aztrust.acts.select_key import choose_signer
    from aztrust.acts.supersede import plan_supersession, sign_supersession, superseder_keys
    from aztrust.cli.signing_output import (
        entered_lines,
        recorded_document,
        sending_lines,
        written_line,
    )
    from aztrust.core.state.context import require_policy

    launch = session.launch()
    now = session.now_unix_ms()
    context = read_anchored(launch, given_anchor(anchor), now, logged=True)
    signer = choose_signer(
        key,
        accepted=superseder_keys(require_policy(context), package_class),
        act=f"supersede the {package_class} package",
        passphrase=session.passphrase,
    )
    plan = plan_supersession(
        launch,
        context,
        package_class,
        successor=successor,
        key=signer.public,
        reason=reason,
        now_unix_ms=now,
    )
    if plan.earlier is not None:
        lines = labelled("done", f"{plan.holder} has said so already; nothing was signed")
        lines += labelled("record", plan.earlier.record_id[7:23])
        earlier = plan.earlier.record_id
        entered = enter_earlier(context, earlier, signer, session.now_unix_ms())
        lines += entered_lines(entered, gives=plan.body.is_withdrawal)
        document = recorded_document(session, None, **_fields(plan), ledger_entry=entered.entry)
        session.emit(document, lines, brief=f"superseded already {plan.body.package_id}")
        return
    record = sign_supersession(launch, plan, signer)
    entered = enter_stored(context, record, signer, session.now_unix_ms())
    lines = [*written_line(record), *entered_lines(entered, gives=plan.body.is_withdrawal)]
    word = "withdraw supersession of" if plan.body.is_withdrawal else "supersede"
    message = f"{word} {package_class} {plan.body.package_id[7:15]}"
    session.emit(
        recorded_document(session, record, **_fields(plan), ledger_entry=entered.entry),
        [*_screen(plan), *lines, *sending_lines(launch, message=message)],
        brief=f"{message} with {plan.body.successor}",
    )


def _screen(plan: Plan) -> list[str]:
    body = plan.body
    lines = labelled("package", f"{body.package_class}, the current one")
    lines.append(f"  {body.package_id}")
    if body.is_withdrawal:
        for record in plan.withdrawn:
            lines += labelled("undoes", f"what {record.holder} said in {record.record_id[7:23]}")
    else:
        lines += labelled("with", "its successor")
        lines.append(f"  {body.successor}")
        lines += labelled(
            "until", f"the successor is sealed and approved, the {body.package_class} does not pass"
        )
    return [*lines, *labelled("reason", escape(body.reason))]


def _fields(plan: Plan) -> dict[str, object]:
    return {
        "package_class": plan.body.package_class,
        "package_id": plan.body.package_id,
        "successor": plan.body.successor,
        "withdraws": list(plan.body.withdraws),
        "holder": plan.holder,
        "reason": plan.body.reason,
    }
