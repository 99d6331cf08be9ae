"""What the checkpoints share: the verdict before its signature, the record, and the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aztrust.acts.checkpoint import Recorded, keep_report
from aztrust.acts.ledger.handle import LedgerHandle
from aztrust.cli.session import Session
from aztrust.cli.signing import present
from aztrust.core.base.errors import AztrustError
from aztrust.core.history.reconcile import KEEP
from aztrust.core.judge.verify import Verdict
from aztrust.core.state.context import Context
from aztrust.core.state.freezes import Signatures
from aztrust.core.state.pending import append_mend, appender_of
from aztrust.report.advice import advice_lines
from aztrust.report.checkpoint import (
    Outcome,
    ReportLedger,
    ReportSignatures,
    ReportVerdict,
    dry_text,
)
from aztrust.report.escape import visible
from aztrust.report.lines import LABEL, labelled
from aztrust.report.text import chain_name

if TYPE_CHECKING:
    from aztrust.acts.final_check import PreparedFinalCheck
    from aztrust.core.judge.window_effect import Effect


def show_before(act: str, session: Session, expected: Verdict, lines: Sequence[str]) -> bool:
    """Show what would be signed; True where the result then shows only the verdict's first line.

    That line is kept for the end, because the act may still end otherwise.

    Args:
        act: the command.
        session: the run.
        expected: what it would end in.
        lines: as the result shows it, the verdict's line first.
    """
    word = lines[0].partition(" ")[0]
    would_be = f"{act:<{LABEL}}{chain_name(expected)}  would be {word}"
    return not present(session, [would_be, *lines[1:]], yes=False)


def hindrance_lines(recorded: Recorded) -> list[str]:
    """Why the ledger refused a verdict, or has no signed head over it; empty otherwise."""
    if not recorded.hindrance:
        return []
    if recorded.entry is not None:
        return labelled("head", visible(f"not signed: {recorded.hindrance}"))
    why = f"did not take it: {recorded.hindrance}; pending: counts now"
    return [*labelled("ledger", visible(why)), *advice_lines("next", KEEP)]


def keeper_takes(context: Context) -> str:
    """How to append a verdict to a ledger that is not here."""
    keeper = appender_of(context)
    return f"pending: counts after {keeper} appends it; send the files. {append_mend(context)}"


def unsigned_lines(prepared: PreparedFinalCheck, label: str) -> list[str]:
    """How a dry run of a final check or a later checkpoint ends: who would sign, and what.

    Args:
        prepared: what would be signed.
        label: of the line with the signatures that it would have.
    """
    from aztrust.report.freeze import signed_text

    lines = _not_taken_lines(prepared)
    if prepared.concluded.passed and prepared.holder:
        lines += labelled(label, f"would be {signed_text(prepared.context, prepared.signatures)}")
    return [*lines, *labelled("dry run", dry_text(prepared.holder, prepared.role))]


def signed_lines(
    session: Session, launch: Path, prepared: PreparedFinalCheck, recorded: Recorded, what: str
) -> list[str]:
    """What was written of a final check or a later checkpoint, what to read aloud and to send.

    Args:
        session: the run.
        launch: the launch directory.
        prepared: what was signed.
        recorded: the verdict.
        what: the verdict, for the message of the commit.
    """
    from aztrust.cli.signing import sending_lines
    from aztrust.report.freeze import commit_message, signed_text, statements_of
    from aztrust.storage.config import shown

    concluded, signatures, ledger = prepared.concluded, prepared.signatures, prepared.ledger
    lines = labelled("signed", recorded.verdict.path)
    lines += labelled("", recorded.verdict.bundle_path)
    if ledger is not None and recorded.entry is not None:
        lines += labelled("ledger", f"{shown(ledger.path)}, entry {recorded.entry}")
    elif recorded.elsewhere:
        lines += advice_lines("ledger", f"none here; {keeper_takes(prepared.context)}")
    lines += hindrance_lines(recorded)
    lines += _not_taken_lines(prepared)
    if concluded.passed:
        lines += labelled("checks", signed_text(prepared.context, signatures))
    for statement in statements_of(concluded, signatures):
        lines += labelled("say", statement)
    message = commit_message(what, concluded, signatures)
    return [*lines, *sending_lines(session, launch, message=message, what="manifests")]


def _not_taken_lines(prepared: PreparedFinalCheck) -> list[str]:
    """The files of the folder that the ledger does not take."""
    lines: list[str] = []
    for finding in prepared.not_taken:
        lines += labelled("not taken", visible(f"{finding.subject}: {finding.message}"))
    return lines


def check_document(
    session: Session,
    prepared: PreparedFinalCheck,
    recorded: Recorded | None,
    effect: Effect | None,
) -> Mapping[str, object]:
    """The document of a final check or a later checkpoint; empty where nothing needs one.

    Args:
        session: the run.
        prepared: what was concluded.
        recorded: what was written, None where nothing was signed.
        effect: what the verdict does in its window, None where that is not known.
    """
    if recorded is None and not session.needs_document:
        return {}
    from aztrust.core.base.value import replace
    from aztrust.report.checkpoint import checkpoint_document
    from aztrust.report.freeze import statements_of
    from aztrust.report.window.effect import report_window

    signatures = prepared.signatures
    say = () if recorded is None else statements_of(prepared.concluded, signatures)
    outcome = outcome_of(recorded, prepared.ledger, signatures, say=say)
    if effect is not None:
        outcome = replace(outcome, window=report_window(effect))
    return checkpoint_document(
        prepared.verdict, prepared.concluded, outcome, command=session.command
    )


def kept_report(launch: Path, recorded: Recorded, document: Mapping[str, object]) -> list[str]:
    """Keep the report of a verdict that was signed, and say where; why, where it is not kept.

    The verdict is recorded by then, so a report that cannot be written stops nothing.
    """
    try:
        path = keep_report(launch, recorded.verdict, document)
    except AztrustError as error:
        return labelled("report", visible(f"not kept: {error.message}"))
    return labelled("report", path)


def outcome_of(
    recorded: Recorded | None,
    ledger: LedgerHandle | None,
    signatures: Signatures,
    *,
    say: Sequence[str],
    already: bool = False,
) -> Outcome:
    """The recorded verdict, for its report.

    Args:
        recorded: what was written, None where nothing was signed.
        ledger: the ledger here.
        signatures: who has signed.
        say: the statements to read aloud.
        already: whether it was signed before.
    """
    written = None
    if recorded is not None:
        signed = recorded.verdict
        checkpoint = signed.statement.checkpoint
        written = ReportVerdict(
            checkpoint_class=checkpoint.checkpoint_class,
            verdict=checkpoint.verdict,
            record_id=signed.record_id,
            launch_window_id=checkpoint.launch_window_id,
            path=signed.path,
            bundle_path=signed.bundle_path,
            ledger_entry=recorded.entry,
            proved=recorded.proved,
        )
    here = None
    if ledger is not None:
        here = ReportLedger(
            path=visible(str(ledger.path)),
            origin=ledger.origin,
            keeper=ledger.keeper,
            made=ledger.made,
        )
    return Outcome(
        recorded=written,
        ledger=here,
        signatures=ReportSignatures(
            have=signatures.have,
            need=signatures.need,
            missing=signatures.missing,
            pending=signatures.pending,
        ),
        say=tuple(say),
        already=already,
    )
