"""`aztrust freeze`: from here on nothing of the launch may change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from aztrust.acts.freeze import Frozen, PreparedFreeze
from aztrust.acts.ledger.handle import LedgerHandle
from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    Given,
    anchor_option,
    dry_run_option,
    jobs_option,
    key_option,
    ledger_option,
    scope_option,
    together,
    yes_option,
)
from aztrust.core.base.errors import UsageError
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.verify import Verdict
from aztrust.core.state.context import require_policy
from aztrust.core.state.freezes import Signatures
from aztrust.report.advice import advice_lines
from aztrust.report.checkpoint import dry_text
from aztrust.report.escape import visible
from aztrust.report.lines import labelled
from aztrust.signers import Signer


@command(
    "freeze",
    short_help="Confirm the launch scope, and freeze it.",
    example="aztrust freeze --dry-run\naztrust freeze --key luca\n"
    "aztrust freeze --decide-by 2026-06-01T13:45:00Z",
    reports=True,
)
@key_option
@dry_run_option
@click.option(
    "--decide-by",
    metavar="TIME",
    help="Until when a window waits for missing answers; afterwards a hold is a DEFER.",
)
@click.option(
    "--bootstrap-authorization", metavar="TIME", help="When the window plans its authorization."
)
@click.option("--bootstrap-start", metavar="TIME", help="When it plans the start of the network.")
@click.option(
    "--early-epoch-end", metavar="TIME", help="Until when it plans to watch the early epochs."
)
@click.option("--posture-end", metavar="TIME", help="Until when it plans the restricted posture.")
@jobs_option
@yes_option
@ledger_option
@anchor_option
@scope_option
@together
def freeze(  # noqa: PLR0913 - one argument for each option
    session: Session,
    decide_by: str | None,
    bootstrap_authorization: str | None,
    bootstrap_start: str | None,
    early_epoch_end: str | None,
    posture_end: str | None,
    jobs: int | None,
    dry_run: bool,
    yes: bool,
    given: Given,
) -> int:
    """Recompute everything, confirm the six things of a freeze, and sign that.

    Release package, genesis package, release manifest, approvals, scope, and that nothing is
    superseded. The verdict is written whether it passed or not, the launch window is opened if none
    is, and everything goes into the ledger, which its keeper makes where there is none. Where the
    policy wants several to sign, each of them freezes. Exit 0 means that the scope is frozen; 11
    that others have to sign, or that something is still open.

    With --dry-run nothing is signed or written: the verdict, the exit code and the findings are
    those of the real run by the same key.

    The times of the window, and the digest of its script, are fixed in it when it opens: aztrust
    window script.

    An anchor is needed, or the scope that was read aloud: only they show that it is your launch.
    """
    from aztrust.acts.approvers import verdict_keys
    from aztrust.acts.freeze import (
        FreezeOptions,
        prepare_freeze,
        reported,
        sign_freeze,
        signatures_now,
        signatures_with,
    )
    from aztrust.acts.preconditions import read_anchored
    from aztrust.acts.verify import ReadOptions
    from aztrust.acts.window.opening import WindowPlan
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import require_dry_signer, session_signer
    from aztrust.cli.verdict_output import kept_report, show_before
    from aztrust.core.base.value import replace
    from aztrust.report.freeze import freeze_brief, freeze_lines, question
    from aztrust.signers import unlock

    launch = session.launch()
    now = session.now_unix_ms()
    context = read_anchored(launch, given.anchor, now)
    context = replace(context, request=replace(context.request, scope=given.scope))
    accepted = verdict_keys(require_policy(context))
    what = "freeze the scope"
    signer: Signer
    if dry_run:
        signer = require_dry_signer(session, given.key, context, accepted=accepted, act=what)
    else:
        signer = session_signer(session, given.key, accepted=accepted, act=what)
    plan = WindowPlan(
        _time(session, decide_by, now, "--decide-by"),
        _time(session, bootstrap_authorization, now, "--bootstrap-authorization"),
        _time(session, bootstrap_start, now, "--bootstrap-start"),
        _time(session, early_epoch_end, now, "--early-epoch-end"),
        _time(session, posture_end, now, "--posture-end"),
    )
    options = FreezeOptions(given.ledger, plan, dry_run)
    with progress_line(session) as progress:
        prepared = prepare_freeze(launch, context, signer, options, ReadOptions(jobs, progress))
    if dry_run:
        return _dry(session, prepared, signer)
    if prepared.earlier is not None:
        return _already(session, launch, prepared, prepared.earlier, signer)
    concluded = prepared.concluded
    expected = reported(prepared, signatures_with(prepared, signer.public))
    before = [*_ledger_before(prepared), *_frozen_elsewhere(prepared)]
    lines = [*freeze_lines(expected, concluded, verbose=session.verbose), *before]
    seen = not yes and show_before("freeze", session, expected, lines)
    session.confirm(question(concluded, prepared.role), yes=yes)
    unlock(signer)
    # It is of the time for which it was judged, so that an auditor can repeat it.
    frozen = sign_freeze(launch, prepared, signer, prepared.context.request.now_unix_ms)
    signatures = signatures_now(launch, prepared)
    verdict = reported(prepared, signatures)
    lines = [*freeze_lines(verdict, concluded, verbose=session.verbose), *before]
    document = _document(session, verdict, prepared, frozen, signatures)
    lines = lines[: 1 if seen else None]
    lines += _written(session, launch, prepared, frozen, signatures)
    session.emit(
        document,
        [*lines, *kept_report(launch, frozen.recorded, document)],
        brief=freeze_brief(verdict, concluded),
        verdict_first=True,
    )
    return verdict.exit_code


def _dry(session: Session, prepared: PreparedFreeze, signer: Signer) -> int:
    """Show what the real run would conclude and sign."""
    from aztrust.acts.freeze import reported, signatures_with
    from aztrust.core.state.freezes import freeze_signatures
    from aztrust.report.freeze import freeze_brief, freeze_lines, signed_text

    concluded, already = prepared.concluded, prepared.earlier is not None
    if already:
        signatures = freeze_signatures(prepared.context)
    else:
        signatures = signatures_with(prepared, signer.public)
    verdict = reported(prepared, signatures)
    lines = [
        *freeze_lines(verdict, concluded, verbose=session.verbose),
        *_ledger_before(prepared),
        *_frozen_elsewhere(prepared),
    ]
    for finding in prepared.not_taken:
        lines += labelled("not taken", f"{finding.subject}: {finding.message}")
    if concluded.passed:
        lines += labelled("freeze", f"would be {signed_text(prepared.context, signatures)}")
    done = f"{prepared.holder} has frozen this scope already" if already else ""
    lines += labelled("dry run", dry_text(prepared.holder, prepared.role, done))
    then = "mend what failed, then: aztrust freeze"
    lines += advice_lines("next", "aztrust freeze" if concluded.passed else then)
    document = _document(session, verdict, prepared, None, signatures, already=already)
    session.emit(document, lines, brief=f"{freeze_brief(verdict, concluded)}  dry run")
    return verdict.exit_code


def _already(
    session: Session, launch: Path, prepared: PreparedFreeze, earlier: HeldVerdict, signer: Signer
) -> int:
    """The holder has frozen this scope before: check it again, and complete missing steps."""
    from aztrust.acts.freeze import complete_freeze, reported, signatures_now
    from aztrust.core.judge.final_matrix import invalidating
    from aztrust.report.freeze import freeze_brief, freeze_lines

    frozen = complete_freeze(launch, prepared, earlier, signer, session.now_unix_ms())
    signatures = signatures_now(launch, prepared)
    verdict = reported(prepared, signatures)
    concluded = prepared.concluded
    recheck = "checked again: still valid" if concluded.passed else "checked again: NOT VALID"
    lines = [
        *freeze_lines(verdict, concluded, verbose=session.verbose),
        *labelled(
            "done",
            f"{prepared.holder} has frozen this scope already; {recheck}. Nothing was signed",
        ),
        *_written(
            session,
            launch,
            prepared,
            frozen,
            signatures,
            already=True,
            broken=bool(invalidating(verdict)),
        ),
    ]
    document = _document(session, verdict, prepared, frozen, signatures, already=True)
    brief = f"{freeze_brief(verdict, concluded)}  already"
    session.emit(document, lines, brief=brief, verdict_first=True)
    return verdict.exit_code


def _written(
    session: Session,
    launch: Path,
    prepared: PreparedFreeze,
    frozen: Frozen,
    signatures: Signatures,
    *,
    already: bool = False,
    broken: bool = False,
) -> list[str]:
    """What was written, what is still missing, what to say and to do.

    Args:
        already: the holder has frozen this scope before.
        broken: something is broken for good, so that a final check would end the scope.
    """
    from aztrust.acts.preconditions import read_to_advise
    from aztrust.cli.signing import sending_lines
    from aztrust.core.judge.next_steps import next_steps
    from aztrust.report.freeze import commit_message, signed_text, statements_of
    from aztrust.report.steps import step_lines

    concluded, recorded = prepared.concluded, frozen.recorded
    verdict = recorded.verdict
    lines = []
    if frozen.window is not None:
        lines += labelled("window", f"opened, record {frozen.window.record.record_id[7:23]}")
    lines += labelled("verdict" if already else "signed", verdict.path)
    lines += labelled("", verdict.bundle_path)
    if concluded.passed and not already:
        digits = concluded.context.policy_digest[7:15]
        lines += labelled("kept", f"the policy, as manifests/policies/{digits}….toml")
    lines += _ledger_lines(prepared, frozen)
    for finding in frozen.not_taken:
        lines += labelled("not taken", f"{finding.subject}: {finding.message}")
    if concluded.passed:
        lines += labelled("freeze", signed_text(prepared.context, signatures))
    if not already:
        for statement in statements_of(concluded, signatures):
            lines += labelled("say", statement)
    message = commit_message("freeze", concluded, signatures)
    if concluded.passed:
        lines += sending_lines(session, launch, message=message, what="manifests")
        # Read again: the verdict that was just signed counts in what comes next.
        steps = next_steps(read_to_advise(launch, session.now_unix_ms(), prepared.context))
        return [*lines, *step_lines(steps, label="then")]
    then = "mend what failed, then: aztrust freeze"
    if already and broken:
        then = "put back what changed; if it cannot be, this ends the scope: aztrust final-check"
    return [*lines, *advice_lines("next", then)]


def _frozen_elsewhere(prepared: PreparedFreeze) -> list[str]:
    """What cannot be judged here, and the signer has to know."""
    from aztrust.acts.freeze_preconditions import unjudged_freezes

    lines = []
    for ledger, digest in unjudged_freezes(prepared.context):
        text = f"{ledger} holds a freeze of this chain under another policy, {digest[7:15]}, which"
        lines += labelled("note", f"{text} is not kept here: be sure that it has ended")
    return lines


def _ledger_before(prepared: PreparedFreeze) -> list[str]:
    """The ledger that the verdict will name: shown before the signature."""
    from aztrust.storage.config import shown

    ledger = prepared.ledger
    if ledger is None:
        return []
    lines = labelled("ledger", f"{visible(ledger.origin)}, kept by {_keeper(prepared, ledger)}")
    return [*lines, f"         {shown(ledger.path)}"]


def _keeper(prepared: PreparedFreeze, ledger: LedgerHandle) -> str:
    holders = require_policy(prepared.context).key_holders()
    return holders.get(ledger.keeper, f"the key {ledger.keeper[7:15]}")


def _ledger_lines(prepared: PreparedFreeze, frozen: Frozen) -> list[str]:
    from aztrust.cli.verdict_output import hindrance_lines, keeper_takes
    from aztrust.storage.config import shown

    ledger, recorded = frozen.ledger, frozen.recorded
    if ledger is None:
        where = f"none here; {keeper_takes(prepared.context)}"
        return advice_lines("ledger", where) if prepared.concluded.passed else []
    if recorded.entry is None:
        return hindrance_lines(recorded)
    made = "; made now, keep it" if ledger.made else ""
    lines = labelled("entered", f"entry {recorded.entry} of the ledger{made}")
    if ledger.made:
        lines.append(f"         {shown(ledger.path)}")
    lines += hindrance_lines(recorded)
    if not recorded.proved:
        keeper = _keeper(prepared, ledger)
        lines += advice_lines(
            "proof", f"comes with the next head of {keeper}; to add it then: aztrust freeze"
        )
    return lines


def _document(
    session: Session,
    verdict: Verdict,
    prepared: PreparedFreeze,
    frozen: Frozen | None,
    signatures: Signatures,
    *,
    already: bool = False,
) -> Mapping[str, object]:
    if frozen is None and not session.needs_document:
        return {}
    from aztrust.cli.verdict_output import outcome_of
    from aztrust.report.checkpoint import checkpoint_document
    from aztrust.report.freeze import statements_of

    say = () if already or not frozen else statements_of(prepared.concluded, signatures)
    recorded = frozen.recorded if frozen is not None else None
    ledger = frozen.ledger if frozen is not None else prepared.ledger
    outcome = outcome_of(recorded, ledger, signatures, say=say, already=already)
    return checkpoint_document(verdict, prepared.concluded, outcome, command=session.command)


def _time(session: Session, text: str | None, now: int, option: str) -> int | None:
    """The time of an option.

    Raises:
        UsageError: it is not a time, or is in the past.
    """
    if text is None:
        return None
    try:
        at = session.at(text)
    except UsageError:
        at = -1
    if at <= now:
        raise UsageError(
            f"{option} {visible(text)} is not a time in the future",
            subject=option,
            mend="write 2026-06-01T13:45:00Z, or Unix seconds",
        )
    return at
