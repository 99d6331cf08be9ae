"""`aztrust attest`: answer rows of the final checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    Given,
    anchor_option,
    evidence_option,
    key_option,
    ledger_option,
    note_option,
    scope_option,
    together,
)
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Act, Plan
    from aztrust.cli.signing import View
    from aztrust.core.records.readiness import CheckAttestation
    from aztrust.core.state.launch_state import Attempt
    from aztrust.signers import Signer

    Attestation = Plan[CheckAttestation, Attempt]


@command(
    "attest",
    short_help="Answer rows of the final checks.",
    example="aztrust attest incident-path pass --role ops-lead --evidence oncall.txt\n"
    "aztrust attest operator-preflight=pass incident-path=pass\n"
    'aztrust attest monitoring-live fail --role ops-lead --note "no alerts come"',
)
@click.argument("answers", metavar="CHECK pass|fail | CHECK=pass|fail...", nargs=-1, required=True)
@click.option("--role", metavar="R", help="The role you answer in; it is the row's own.")
@evidence_option
@note_option
@key_option
@ledger_option
@anchor_option
@scope_option
@together
def attest(
    session: Session,
    answers: tuple[str, ...],
    role: str | None,
    evidence: tuple[Path, ...],
    note: str,
    given: Given,
) -> None:
    """Answer whether a row of the final checks passes or fails, for the frozen scope.

    Only the role that owns the row answers it, and an answer counts for as long as the policy lets
    it. A fail does not age: it blocks until you answer pass. The rows that are answered:
    operator-preflight, operator-readiness, role-readiness, monitoring-live, incident-path,
    blocker-review, and lesson.ID for each lesson of the testnet (aztrust lessons). Advisories are
    reviewed: aztrust advisory review.

    Several rows are answered at once as CHECK=pass CHECK=fail: one passphrase, one record each;
    evidence and note belong to every one of them.
    """
    from aztrust.acts.act import checked_text
    from aztrust.acts.attest import keys_for_all, parse_answers, plan_attestation, require_owner
    from aztrust.acts.preconditions import require_attempt
    from aztrust.cli.signing import act_in_window, session_signer, sign_plan
    from aztrust.report.lines import joined

    parsed, note = parse_answers(answers), checked_text(note, "--note", empty=True)
    rows = [row for row, _ in parsed]
    act = act_in_window(session, given)
    owners = {row: require_owner(act.context, row, role) for row in rows}
    require_attempt(act.context)
    accepted = keys_for_all(act.context, rows)
    what = f"answer {joined(rows)}"
    signer = session_signer(session, given.key, accepted=accepted, act=what)
    plans = [
        plan_attestation(act, row, status, signer.public, note=note, evidence=evidence)
        for row, status in parsed
    ]
    if len(plans) == 1:
        (plan,) = plans
        sign_plan(session, act, plan, signer, _view(act, plan, owners[plan.body.check]))
    else:
        _sign_all(session, act, plans, signer)


def _view(act: Act, plan: Attestation, owner: str) -> View:
    from aztrust.cli.signing import View, evidence_lines, scope_line
    from aztrust.report.lessons import asked_lines

    row, status = plan.body.check, plan.body.status
    return View(
        lines=[
            *labelled("you", f"{plan.holder}, {owner}"),
            *labelled(status, row),
            *asked_lines(act.context, row),
            *evidence_lines(plan.body.evidence),
            *scope_line(plan.body.scope_hash),
        ],
        fields={
            "check": row,
            "status": status,
            "holder": plan.holder,
            "role": owner,
            "scope_hash": plan.body.scope_hash,
            "evidence": [file.model_dump(mode="json") for file in plan.body.evidence],
        },
        message=f"attest {row} {status}",
        brief=f"attested {row} {status}",
    )


def _sign_all(session: Session, act: Act, plans: list[Attestation], signer: Signer) -> None:
    """Show all answers, then sign and publish one record for each, in their order."""
    from aztrust.acts.publish import publish
    from aztrust.cli.signing import (
        evidence_lines,
        published_lines,
        scope_line,
        sending_lines,
        what_to_send,
        written_line,
    )
    from aztrust.report.attested import AttestedRecord, attested_document
    from aztrust.report.lessons import asked_lines
    from aztrust.report.lines import joined

    first = plans[0]
    lines = [
        *labelled("you", first.holder),
        *(
            line
            for plan in plans
            for line in (
                *labelled(plan.body.status, f"{plan.body.check}, as {plan.body.role}"),
                *asked_lines(act.context, plan.body.check),
            )
        ),
        *evidence_lines(first.body.evidence),
        *scope_line(first.body.scope_hash),
    ]
    records = []
    for plan in plans:
        published = publish(act, plan, signer, session.now_unix_ms())
        lines += [*written_line(published.record), *published_lines(published, act.context)]
        records.append(
            AttestedRecord(
                record_id=published.record.record_id,
                path=published.record.path,
                check=plan.body.check,
                status=plan.body.status,
                role=plan.body.role,
                ledger_entry=published.entry,
            )
        )
    answers = [f"{plan.body.check} {plan.body.status}" for plan in plans]
    document = attested_document(first.body, first.holder, records, command=session.command)
    message = f"attest {', '.join(answers)}"
    what = what_to_send(next((r.ledger_entry for r in records if r.ledger_entry is not None), None))
    session.emit(
        document,
        [*lines, *sending_lines(session, act.launch, message=message, what=what)],
        brief=f"attested {joined(answers)}",
    )
