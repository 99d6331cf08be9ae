"""`aztrust attest`: answer one row of the final checks."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from aztrust.acts.statements import Said
from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    anchor_option,
    evidence_option,
    given_anchor,
    given_scope,
    key_option,
    ledger_option,
    note_option,
    scope_option,
)
from aztrust.core.records.window_kinds import EvidenceFile
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

NOTE_LIMIT = 1000


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
def attest(  # noqa: PLR0913 - one argument for each option
    session: Session,
    check: str,
    status: Literal["pass", "fail"],
    role: str | None,
    evidence: tuple[Path, ...],
    note: str,
    key: str | None,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
) -> None:
    """Say that a row of the final checks passes or fails, for the scope that is frozen.

    Only the role that owns the row answers it, and an answer counts for as long as the policy lets
    it. A fail does not age: it blocks until you say pass. The rows that are answered:
    operator-preflight, operator-readiness, role-readiness, monitoring-live, incident-path,
    blocker-review. Advisories are reviewed: aztrust advisory review.
    """
    from aztrust.acts.attest import (
        attestable,
        attester_keys,
        plan_attestation,
        require_owner,
    )
    from aztrust.acts.select_key import choose_signer
    from aztrust.acts.statements import read_window_context, require_attempt, say
    from aztrust.cli.signing_output import recorded_document
    from aztrust.core.state.context import require_policy

    row, note = attestable(check), checked_text(note, "--note", empty=True)
    launch = session.launch()
    now = session.now_unix_ms()
    context = read_window_context(launch, given_anchor(anchor), given_scope(scope), ledger, now)
    policy = require_policy(context)
    owner = require_owner(policy, row, role)
    require_attempt(context)
    signer = choose_signer(
        key,
        accepted=attester_keys(policy, row),
        act=f"answer {row}",
        passphrase=session.passphrase,
    )
    plan = plan_attestation(context, row, status, signer.public, note=note, evidence=evidence)
    said = say(launch, context, "check-attestation", plan.body, signer, ledger=ledger)
    lines = [
        *labelled("you", f"{plan.holder}, {owner}"),
        *labelled(status, row),
        *evidence_lines(plan.body.evidence),
        *scope_line(plan.body.scope_hash),
        *said_lines(launch, said, message=f"attest {row} {status}"),
    ]
    document = recorded_document(
        session,
        said.record,
        check=row,
        status=status,
        holder=plan.holder,
        role=owner,
        scope_hash=plan.body.scope_hash,
        evidence=[file.model_dump(mode="json") for file in plan.body.evidence],
        ledger_entry=said.entry,
    )
    session.emit(document, lines, brief=f"attested {row} {status}")


def checked_text(text: str, option: str, *, empty: bool = False) -> str:
    """A remark or reason as it may stand in a record.

    Raises:
        UsageError: it is empty or too long, or no text.
    """
    from aztrust.core.base.errors import UsageError

    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{option} is not UTF-8", subject=option) from None
    if len(text) > NOTE_LIMIT or (not empty and not text.strip()):
        least = 0 if empty else 1
        raise UsageError(f"{option} takes {least} to {NOTE_LIMIT} characters", subject=option)
    return text


def evidence_lines(files: tuple[EvidenceFile, ...]) -> list[str]:
    """The files that are shown, each digest whole on a line of its own."""
    lines: list[str] = []
    for file in files:
        lines += labelled("evidence", visible(f"{file.name}  {file.size} bytes"))
        lines += [f"  {file.sha256}", f"  {file.blake3}"]
    return lines


def scope_line(scope_hash: str) -> list[str]:
    """Which scope it is about."""
    return [*labelled("scope", ""), f"  {scope_hash}"]


def said_lines(launch: Path, said: Said, *, message: str) -> list[str]:
    """What was written, and where it counts now."""
    from aztrust.cli.signing_output import sending_lines, written_line

    lines = written_line(said.record)
    if said.entry is not None:
        lines += labelled("ledger", f"entry {said.entry}")
    elif said.elsewhere:
        lines += labelled(
            "ledger", "not at hand: it counts once it is in it (aztrust ledger append)"
        )
    return [*lines, *sending_lines(launch, message=message)]
