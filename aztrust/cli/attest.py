"""`aztrust attest`: answer one row of the final checks."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

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


@command(
    "attest",
    short_help="Answer one row of the final checks.",
    example="aztrust attest incident-path pass --role ops-lead --evidence oncall.txt\n"
    'aztrust attest monitoring-live fail --role ops-lead --note "no alerts come"',
)
@click.argument("check", metavar="CHECK")
@click.argument("status", type=click.Choice(["pass", "fail"]))
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
    check: str,
    status: Literal["pass", "fail"],
    role: str | None,
    evidence: tuple[Path, ...],
    note: str,
    given: Given,
) -> None:
    """Answer whether a row of the final checks passes or fails, for the frozen scope.

    Only the role that owns the row answers it, and an answer counts for as long as the policy lets
    it. A fail does not age: it blocks until you answer pass. The rows that are answered:
    operator-preflight, operator-readiness, role-readiness, monitoring-live, incident-path,
    blocker-review. Advisories are reviewed: aztrust advisory review.
    """
    from aztrust.acts.act import checked_text
    from aztrust.acts.attest import attestable, attester_keys, plan_attestation, require_owner
    from aztrust.acts.preconditions import require_attempt
    from aztrust.cli.signing import (
        View,
        act_in_window,
        evidence_lines,
        scope_line,
        session_signer,
        sign_plan,
    )

    row, note = attestable(check), checked_text(note, "--note", empty=True)
    act = act_in_window(session, given)
    owner = require_owner(act.policy, row, role)
    require_attempt(act.context)
    accepted = attester_keys(act.policy, row)
    signer = session_signer(session, given.key, accepted=accepted, act=f"answer {row}")
    plan = plan_attestation(act, row, status, signer.public, note=note, evidence=evidence)
    view = View(
        lines=[
            *labelled("you", f"{plan.holder}, {owner}"),
            *labelled(status, row),
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
    sign_plan(session, act, plan, signer, view)
