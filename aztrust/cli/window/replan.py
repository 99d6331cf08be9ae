"""`aztrust window replan`: a changed package before the start, in one review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, dry_run_option, jobs_option, reason_option
from aztrust.cli.window.base import load, signing_options, window
from aztrust.core.base.errors import UsageError
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.window.replan import PreparedReplan, Replanned
    from aztrust.core.judge.replan import Need


@command(
    "replan",
    parent=window,
    short_help="Change a package before the start: defer, and seal it.",
    example='aztrust window replan --genesis fixed.json --reason "a gen_tx was missing" --dry-run\n'
    'aztrust window replan --release build/atlasd --reason "a crash at start"',
)
@click.option(
    "--genesis",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The new genesis file.",
)
@click.option(
    "--release",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The new release directory, or one file that replaces the one of its name.",
)
@reason_option
@dry_run_option
@jobs_option
@signing_options
def replan(
    session: Session,
    genesis: Path | None,
    release: Path | None,
    reason: str,
    dry_run: bool,
    jobs: int | None,
    yes: bool,
    given: Given,
) -> None:
    """Show what a changed package costs, then defer the window and seal the change.

    It shows what is lost and what stays, who has to sign until the next freeze, and how long it is
    to the change cutoff and to the start; past the cutoff of the policy it is refused. With one
    answer and one passphrase the window is deferred and the package is sealed, as far as your roles
    allow; the package before is kept in replaced/. Stopped anywhere, the same command goes on.
    """
    from aztrust.acts.preconditions import read_anchored
    from aztrust.acts.verify import ReadOptions
    from aztrust.acts.window.replan import (
        Change,
        commit_replan,
        discard_replan,
        prepare_replan,
        replan_keys,
    )
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import act_signer, present
    from aztrust.report.window.replan import replan_lines
    from aztrust.signers import unlock

    if (genesis is None) == (release is None):
        raise UsageError(
            "a replan changes one package",
            subject="--genesis" if genesis is None else "--release",
            mend="give --genesis FILE, or --release PATH; for both, one after the other",
        )
    change = Change(genesis, release)
    act = load(session, given)
    own = read_anchored(act.launch, given.anchor, act.now_unix_ms, logged=True)
    accepted = replan_keys(act, change.package_class, reason)
    what = f"replan the {change.package_class} package"
    signer = act_signer(session, given.key, own, accepted=accepted, act=what, dry_run=dry_run)
    with progress_line(session) as progress:
        options = ReadOptions(jobs, progress)
        public = signer.public if signer is not None else None
        prepared = prepare_replan(act, own, change, reason, public, options, dry_run=dry_run)
    lines = labelled("you", prepared.holder or "no key was named")
    is_deferred = prepared.is_deferred
    lines += replan_lines(prepared.replan, act.now_unix_ms, is_deferred=is_deferred)
    if signer is None or dry_run:
        discard_replan(prepared)
        lines += labelled("dry run", "nothing was signed, nothing was written")
        _emit(session, prepared, None, lines)
        return
    try:
        lines = present(session, lines, yes=yes)
        session.confirm(_question(prepared), yes=yes)
        unlock(signer)
    except BaseException:
        discard_replan(prepared)
        raise
    done = commit_replan(prepared, signer, given.anchor, session.now_unix_ms(), ReadOptions(jobs))
    _emit(session, prepared, done, [*lines, *_done_lines(session, prepared, done)])


def _question(prepared: PreparedReplan) -> str:
    does = []
    if prepared.defer is not None:
        does.append("defer this window")
    does += [f"seal the {each} package" for each in prepared.seals]
    return f"{' and '.join(does).capitalize()}? It cannot be undone."


def _done_lines(session: Session, prepared: PreparedReplan, done: Replanned) -> list[str]:
    """What was written, and what is left, with the command of each person."""
    from aztrust.cli.signing import published_lines, sending_lines, written_line
    from aztrust.core.policy.authority import keys_left
    from aztrust.report.window.replan import remaining_lines

    lines: list[str] = []
    context = prepared.own
    if done.deferred is not None:
        lines += written_line(done.deferred.record)
        lines += published_lines(done.deferred, context)
    if done.waits:
        lines += labelled("waits", "the deferral lacks signatures; nothing was sealed yet")
        if done.deferred is not None:
            from aztrust.core.base.advice import command as typed

            countersign = typed("countersign", done.deferred.record.record_id[7:23])
            lines += advice_lines("next", f"{countersign}; then this command again")
    if done.kept:
        lines += labelled("kept", visible(f"the package before is in {done.kept}/"))
    for package_class, _, sealed in done.sealed:
        if sealed.record is not None:
            lines += written_line(sealed.record)
        else:
            lines += labelled("sealed", f"the {package_class} already; nothing was signed")
    policy = prepared.act.policy
    needs = _left(prepared, done)
    names = [name for need in needs for name in need.holders]
    lines += remaining_lines(needs, keys_left(policy, names, context.revoked_keys))
    message = f"replan {prepared.replan.package_class}"
    return [*lines, *sending_lines(session, prepared.launch, message=message, what="manifests")]


def _left(prepared: PreparedReplan, done: Replanned) -> tuple[Need, ...]:
    """The signatures that are still needed after this run."""
    if done.waits:
        return ()
    sealed = {f"seal the {each}" for each, _, _ in done.sealed} | {"defer the window"}
    return tuple(need for need in prepared.replan.needs if need.what not in sealed)


def _emit(
    session: Session, prepared: PreparedReplan, done: Replanned | None, lines: list[str]
) -> None:
    from aztrust.report.window.replan import ReplanDone, ReplanSeal, replan_document

    replan = prepared.replan
    result = ReplanDone()
    if done is not None:
        result = ReplanDone(
            done.deferred.record.record_id if done.deferred is not None else "",
            done.waits,
            done.kept,
            tuple(
                ReplanSeal(
                    package_class=each,
                    package_id=package_id,
                    record_id=sealed.record.record_id if sealed.record is not None else None,
                )
                for each, package_id, sealed in done.sealed
            ),
        )
    common = {
        "dry_run": done is None,
        "holder": prepared.holder,
        "scope_hash": prepared.attempt.scope_hash,
        "launch_window_id": prepared.attempt.launch_window_id,
    }
    document = replan_document(replan, prepared.act.now_unix_ms, result, common)
    brief = f"replan {replan.package_class} {replan.after}"
    session.emit(document, lines, brief=brief + ("  dry run" if done is None else ""))
