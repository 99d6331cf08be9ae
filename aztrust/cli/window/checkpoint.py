"""`aztrust window checkpoint`: a checkpoint of the window as a verdict, passed or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.hook import hook_words, run_says
from aztrust.cli.options import Given, dry_run_option, evidence_option, jobs_option
from aztrust.cli.window.base import exec_option, signing_options, window
from aztrust.core.judge.window_checkpoint import CLASSES
from aztrust.core.records.checkpoint import CheckpointClass
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.final_check import PreparedFinalCheck


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
    from aztrust.cli.signing import act_signer
    from aztrust.cli.verdict_output import (
        check_document,
        kept_report,
        show_before,
        signed_lines,
        unsigned_lines,
    )
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
    signer = act_signer(session, given.key, own, accepted=accepted, act=what, dry_run=dry_run)
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
        lines += unsigned_lines(prepared, "checkpoint")
    else:
        if not concluded.passed:
            if not yes and show_before("check", session, verdict, lines):
                lines = lines[:1]
            session.confirm(
                f"It does not pass. Sign {concluded.recorded} as {prepared.role}?", yes=yes
            )
        unlock(signer)
        # It is of the time for which it was judged, so that an auditor can repeat it.
        judged_at = prepared.context.request.now_unix_ms
        recorded = sign_final_check(launch, prepared, signer, judged_at)
        lines += signed_lines(session, launch, prepared, recorded, concluded.checkpoint_class)
        says = statements_of(concluded, prepared.signatures)
    effect = final_effect(prepared, signer, recorded)
    if effect is not None:
        lines += effect_lines(effect, is_signed=recorded is not None, what="checkpoint")
    document = check_document(session, prepared, recorded, effect)
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
