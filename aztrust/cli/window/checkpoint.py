"""`aztrust window checkpoint`: a checkpoint of the window as a verdict, passed or not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, dry_run_option, evidence_option, jobs_option
from aztrust.cli.window.base import exec_option, signing_options, window
from aztrust.cli.window.joint import hook_words, run_says
from aztrust.core.judge.window_checkpoint import CLASSES
from aztrust.core.records.checkpoint import CheckpointClass
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.checkpoint import Recorded
    from aztrust.acts.final_check import PreparedFinalCheck
    from aztrust.core.judge.window_effect import Effect
    from aztrust.signers import Signer


@command(
    "checkpoint",
    parent=window,
    short_help="Sign a checkpoint of the window, passed or not.",
    example="aztrust window checkpoint go_hold_review_completed\n"
    "aztrust window checkpoint first_blocks_healthy --evidence blocks.txt",
    reports=True,
)
@click.argument("checkpoint_class", metavar="CLASS", type=click.Choice(CLASSES))
@evidence_option
@dry_run_option
@exec_option
@jobs_option
@signing_options
def checkpoint(
    session: Session,
    checkpoint_class: CheckpointClass,
    evidence: tuple[Path, ...],
    dry_run: bool,
    hook: str | None,
    jobs: int | None,
    yes: bool,
    given: Given,
) -> int:
    """Recompute everything, and answer the conditions of a step of the window, one row each.

    The classes are go_hold_review_completed, bootstrap_authorized, first_blocks_healthy,
    first_epoch_finalized, restricted_posture_entered and restricted_posture_exit_ready. It passes
    only where the window allows its step; anything else is recorded as a hold or a fail, if you
    want to sign that. The first blocks and the first epoch also need evidence: files, or signed
    observations. Exit 0 means that it passed; 11 that something is open, or that others have to
    sign; 10 that something is broken.
    """
    from aztrust.acts.approvers import verdict_keys
    from aztrust.acts.final_check import final_effect, sign_final_check
    from aztrust.acts.frozen_attempt import TrustInputs, find_subject
    from aztrust.acts.verify import ReadOptions
    from aztrust.acts.window.checkpoint_class import prepare_checkpoint
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import dry_signer, session_signer
    from aztrust.cli.verdict_output import kept_report, show_before
    from aztrust.core.state.context import require_policy
    from aztrust.report.finalcheck import final_brief, final_lines
    from aztrust.report.freeze import statements_of
    from aztrust.report.window.effect import effect_lines
    from aztrust.signers import unlock

    if hook is not None:
        hook_words(hook)
    launch = session.launch()
    inputs = TrustInputs(session.now_unix_ms(), given.anchor, given.scope, given.ledger)
    subject = find_subject(launch, inputs)
    what, own = f"sign {checkpoint_class}", subject.context
    accepted = verdict_keys(require_policy(own))
    signer: Signer | None
    if dry_run:
        signer = dry_signer(session, given.key, own, accepted=accepted, act=what)
    else:
        signer = session_signer(session, given.key, accepted=accepted, act=what)
    with progress_line(session) as progress:
        prepared = prepare_checkpoint(
            launch,
            subject,
            inputs,
            signer,
            checkpoint_class,
            evidence,
            ReadOptions(jobs, progress),
            dry_run=dry_run,
        )
    concluded, verdict = prepared.concluded, prepared.verdict
    lines = final_lines(verdict, concluded, prepared.attempt, verbose=session.verbose)
    lines += _lacking_lines(prepared)
    recorded = None
    says: tuple[str, ...] = ()
    if signer is None or dry_run:
        lines += _would_be(prepared)
    else:
        if not concluded.passed:
            if not yes and show_before("check", session, verdict, lines):
                lines = lines[:1]
            session.confirm(
                f"It does not pass. Sign {concluded.recorded} as {prepared.role}?", yes=yes
            )
        unlock(signer)
        recorded = sign_final_check(launch, prepared, signer, session.now_unix_ms())
        lines += _written(session, launch, prepared, recorded)
        says = statements_of(concluded, prepared.signatures)
    effect = final_effect(prepared, signer, recorded)
    if effect is not None:
        lines += effect_lines(effect, is_signed=recorded is not None, what="checkpoint")
    document = _document(session, prepared, recorded, says, effect)
    if recorded is not None:
        lines += kept_report(launch, recorded, document)
    session.emit(
        document,
        lines,
        brief=final_brief(verdict, concluded),
        verdict_first=True,
    )
    if hook is not None and says:
        run_says(hook, says)
    return verdict.exit_code


def _lacking_lines(prepared: PreparedFinalCheck) -> list[str]:
    """What the conditions lack, and what mends each."""
    from aztrust.core.judge.window_checkpoint import lacking

    lines: list[str] = []
    for finding in lacking(prepared.concluded.rows):
        lines += labelled("lacks", visible(f"{finding.subject}: {finding.message}"))
        lines += advice_lines("mend", finding.mend) if finding.mend else []
    return lines


def _would_be(prepared: PreparedFinalCheck) -> list[str]:
    from aztrust.report.checkpoint import dry_text
    from aztrust.report.freeze import signed_text

    lines: list[str] = []
    for finding in prepared.not_taken:
        lines += labelled("not taken", visible(f"{finding.subject}: {finding.message}"))
    if prepared.concluded.passed and prepared.holder:
        lines += labelled(
            "checkpoint", f"would be {signed_text(prepared.context, prepared.signatures)}"
        )
    return [*lines, *labelled("dry run", dry_text(prepared.holder, prepared.role))]


def _written(
    session: Session, launch: Path, prepared: PreparedFinalCheck, recorded: Recorded
) -> list[str]:
    """What was written, who else has to sign, what to say and to send."""
    from aztrust.cli.signing import sending_lines
    from aztrust.cli.verdict_output import written_verdict_lines
    from aztrust.report.freeze import commit_message, statements_of

    concluded, signatures = prepared.concluded, prepared.signatures
    lines = written_verdict_lines(
        prepared.context,
        prepared.ledger,
        recorded,
        prepared.not_taken,
        signatures if concluded.passed else None,
    )
    for statement in statements_of(concluded, signatures):
        lines += labelled("say", statement)
    message = commit_message(concluded.checkpoint_class, concluded, signatures)
    return [*lines, *sending_lines(session, launch, message=message, what="manifests")]


def _document(
    session: Session,
    prepared: PreparedFinalCheck,
    recorded: Recorded | None,
    says: tuple[str, ...],
    effect: Effect | None,
) -> Mapping[str, object]:
    if recorded is None and not session.needs_document:
        return {}
    from aztrust.cli.verdict_output import outcome_of
    from aztrust.core.base.value import replace
    from aztrust.report.checkpoint import checkpoint_document
    from aztrust.report.window.effect import report_window

    outcome = outcome_of(recorded, prepared.ledger, prepared.signatures, say=says)
    if effect is not None:
        outcome = replace(outcome, window=report_window(effect))
    return checkpoint_document(
        prepared.verdict, prepared.concluded, outcome, command=session.command
    )
