"""`aztrust revoke`: take back a record or a key."""

from __future__ import annotations

import click

from aztrust.acts.revoke import Plan, Target
from aztrust.cli.app import Session, command
from aztrust.cli.options import anchor_option, given_anchor, key_option
from aztrust.core.base.paths import escape
from aztrust.report.lines import labelled


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
@click.option("--yes", is_flag=True, help="Do not ask.")
@anchor_option
def revoke(
    session: Session, target: str, key: str | None, reason: str, yes: bool, anchor: str | None
) -> None:
    """Take back a record or a key, named by its id, eight or more digits of it, or its file.

    You may revoke your own records and keys; a holder of a [revocation] role may revoke any.
    Nothing takes a revocation back. What falls with it is shown before the question.
    """
    from aztrust.acts.entering import enter_earlier, enter_stored
    from aztrust.acts.preconditions import read_anchored
    from aztrust.acts.revoke import (
        find_target,
        plan_revocation,
        revoker_keys,
        sign_revocation,
    )
    from aztrust.acts.select_key import choose_signer
    from aztrust.cli.signing_output import (
        entered_lines,
        present,
        recorded_document,
        sending_lines,
        written_line,
    )
    from aztrust.core.state.context import require_policy

    launch = session.launch()
    now = session.now_unix_ms()
    context = read_anchored(launch, given_anchor(anchor), now, logged=True)
    found = find_target(context, target)
    signer = choose_signer(
        key,
        accepted=revoker_keys(require_policy(context), found),
        act=f"revoke this {found.kind}",
        passphrase=session.passphrase,
    )
    plan = plan_revocation(context, found, signer.public, reason, session.now_unix_ms())
    if plan.earlier is not None:
        lines = labelled(
            "done", f"{plan.earlier.holder} has revoked it already; nothing was signed"
        )
        lines += labelled("record", plan.earlier.record_id[7:23])
        earlier = plan.earlier.record_id
        entered = enter_earlier(context, earlier, signer, session.now_unix_ms())
        lines += entered_lines(entered, gives=False)
        document = recorded_document(
            session, None, **_fields(found, plan), ledger_entry=entered.entry
        )
        session.emit(document, lines, brief=f"revoked already {found.digest}")
        return
    shown = present(session, _screen(found, plan), yes=yes)
    session.confirm(f"Revoke this {found.kind}? Nothing takes it back.", yes=yes)
    record = sign_revocation(launch, plan, signer)
    entered = enter_stored(context, record, signer, session.now_unix_ms())
    lines = [*written_line(record), *entered_lines(entered, gives=False)]
    message = f"revoke {found.kind} {found.digest[7:15]}"
    session.emit(
        recorded_document(session, record, **_fields(found, plan), ledger_entry=entered.entry),
        [*shown, *lines, *sending_lines(launch, message=message)],
        brief=f"revoked {found.kind} {found.digest}",
    )


def _screen(target: Target, plan: Plan) -> list[str]:
    from aztrust.acts.revocation_impact import verdict_title
    from aztrust.acts.revoke import title

    lines = labelled("you", plan.holder)
    if target.kind == "key":
        lines += labelled("key", f"of {target.owner}")
    elif target.verdict is not None:
        lines += labelled("record", verdict_title(target.verdict))
    elif target.verified:
        lines += labelled("record", title(target.verified[0]))
    else:
        lines += labelled("record", "not known here; it is revoked for when it arrives")
    lines.append(f"  {target.digest}")
    lines += labelled("reason", escape(plan.body.reason))
    for label, record in zip(_labels("falls"), plan.falls, strict=False):
        lines += labelled(label, f"{title(record)}, record {record.record_id[7:23]}")
    if not plan.falls and not plan.effects:
        lines += labelled("falls", "nothing that counts now")
    for label, record_id in zip(_labels("stands"), plan.body.stands, strict=False):
        lines += labelled(label, f"record {record_id[7:23]}, signed before it was retired")
    for label, effect in zip(_labels("then"), plan.effects, strict=False):
        lines += labelled(label, effect)
    return lines


def _labels(first: str) -> list[str]:
    return [first, *[""] * 999]


def _fields(target: Target, plan: Plan) -> dict[str, object]:
    return {
        "target": target.digest,
        "target_kind": target.kind,
        "holder": plan.holder,
        "reason": plan.body.reason,
        "falls": [u.record_id for u in plan.falls],
        "stands": list(plan.body.stands),
        "effects": list(plan.effects),
    }
