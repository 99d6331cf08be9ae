"""`aztrust final-check`: everything checked again, right before the go/hold point."""

from __future__ import annotations

import click

from aztrust.acts.checkpoint import Recorded
from aztrust.acts.final_check import PreparedFinalCheck
from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    Given,
    anchor_option,
    at_option,
    dry_run_option,
    jobs_option,
    key_option,
    ledger_option,
    scope_option,
    together,
)
from aztrust.core.base.findings import Guidance
from aztrust.report.advice import advice_lines


@command(
    "final-check",
    short_help="Recompute everything again, and sign the final checks.",
    example="aztrust final-check --key luca\naztrust final-check --dry-run",
    reports=True,
)
@key_option
@dry_run_option
@jobs_option
@click.option("--yes", is_flag=True, help="Do not ask before a signature that ends the scope.")
@ledger_option
@anchor_option
@scope_option
@at_option
@together
def final_check(
    session: Session, dry_run: bool, jobs: int | None, yes: bool, at: str | None, given: Given
) -> int:
    """Recompute everything, fill the matrix of the final checks, and sign it, passed or not.

    Twelve rows: those about files here are computed; those that people or the monitoring answer
    use the newest answer, if it is young enough. Exit 0 means that all of them pass; 11 that
    something is still open, or that others have to sign; 10 that something is broken.

    If a file is broken since the freeze, signing that ends the scope FOR GOOD. Each broken file is
    named, and a person is asked before that; look first with --dry-run, whose verdict, exit code
    and findings are those of the real run by the same key.
    """
    from aztrust.acts.approvers import verdict_keys
    from aztrust.acts.final_check import final_effect, prepare_final_check, sign_final_check
    from aztrust.acts.frozen_attempt import TrustInputs, find_subject
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import act_signer
    from aztrust.cli.verdict_output import (
        check_document,
        kept_report,
        show_before,
        signed_lines,
        unsigned_lines,
    )
    from aztrust.core.base.errors import UsageError
    from aztrust.core.state.context import require_policy
    from aztrust.report.finalcheck import broken_lines, final_brief, final_lines
    from aztrust.report.window.effect import effect_lines
    from aztrust.signers import unlock

    if at is not None and not dry_run:
        raise UsageError(
            "a signature has the present time",
            subject="--at",
            mend="to look as of another time: --dry-run --at TIME",
        )
    launch = session.launch()
    inputs = TrustInputs(session.at(at), given.anchor, given.scope, given.ledger)
    subject = find_subject(launch, inputs)
    what, own = "sign final checks", subject.context
    accepted = verdict_keys(require_policy(own))
    signer = act_signer(session, given.key, own, accepted=accepted, act=what, dry_run=dry_run)
    with progress_line(session) as progress:
        prepared = prepare_final_check(
            launch, subject, inputs, signer, ReadOptions(jobs, progress), dry_run=dry_run
        )
    concluded, verdict = prepared.concluded, prepared.verdict
    lines = final_lines(verdict, concluded, prepared.attempt, verbose=session.verbose)
    if prepared.broken:
        lines += broken_lines(prepared.broken)
    recorded = None
    if signer is None or dry_run:
        lines += unsigned_lines(prepared, "checks")
        lines += advice_lines("next", _next(prepared, None))
    elif prepared.broken:
        if not yes and show_before("check", session, verdict, lines):
            lines = lines[:1]
        session.confirm(
            f"Sign FAIL as {prepared.role}, and end the scope {prepared.attempt.scope_hash[7:15]}"
            " for good?",
            yes=yes,
        )
    if signer is not None and not dry_run:
        unlock(signer)
        # It is of the time for which it was judged, so that an auditor can repeat it.
        judged_at = prepared.context.request.now_unix_ms
        recorded = sign_final_check(launch, prepared, signer, judged_at)
        lines += signed_lines(session, launch, prepared, recorded, "final checks")
        if not concluded.passed:
            lines += advice_lines("then", _next(prepared, recorded))
    effect = final_effect(prepared, signer, recorded)
    if effect is not None:
        lines += effect_lines(effect, is_signed=recorded is not None)
    document = check_document(session, prepared, recorded, effect)
    if recorded is not None:
        lines += kept_report(launch, recorded, document)
    session.emit(
        document,
        lines,
        brief=final_brief(verdict, concluded),
        verdict_first=True,
    )
    return verdict.exit_code


def _next(prepared: PreparedFinalCheck, recorded: Recorded | None) -> str:
    """What there is to do, in one line."""
    if prepared.broken and recorded is not None:
        return "the scope has ended: seal the changed package, have it approved, freeze the new one"
    if prepared.broken:
        return "put back what changed; if it cannot be, this ends the scope: aztrust final-check"
    if prepared.concluded.passed:
        return "aztrust final-check" if recorded is None else "the go/hold point"
    if prepared.concluded.guidance is Guidance.DEFER:
        return "there is no time left to answer what is open: aztrust window defer --reason T"
    mends = [f.mend for f in prepared.concluded.findings if f.mend]
    mends += [n.mend for row in prepared.concluded.rows for n in row.notices if n.mend]
    return mends[0] if mends else "mend what is open, then: aztrust final-check"
