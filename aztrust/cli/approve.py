"""`aztrust approve`: look at a package again, and sign that you accept it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from aztrust.acts.approve import PreparedApproval
from aztrust.acts.publish import Published
from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, key_option, together, yes_option
from aztrust.core.policy.model import PackageClass
from aztrust.report.lines import labelled


@command(
    "approve",
    short_help="Review a package and accept it.",
    example="aztrust approve genesis\naztrust approve release --key sonia --role security-lead",
)
@click.argument("package_class", type=click.Choice(["release", "genesis"]), required=False)
@click.option(
    "--role",
    "roles",
    metavar="R",
    multiple=True,
    help="Approve in this role; else in all of yours.",
)
@key_option
@yes_option
@click.option(
    "--manifest-only",
    is_flag=True,
    help="Without the package: approve its manifest alone; the record states that.",
)
@anchor_option
@together
def approve(
    session: Session,
    package_class: PackageClass | None,
    roles: tuple[str, ...],
    yes: bool,
    manifest_only: bool,
    given: Given,
) -> None:
    """Recompute a package, show what it is and what changed, and sign that you accept it.

    Without a class: the one package that is sealed and lacks your approval. What was shown is
    stored with the record and bound by its digest.
    """
    from aztrust.acts.act import Act
    from aztrust.acts.approve import ApprovalOptions, prepare_approval, sign_approval
    from aztrust.acts.approvers import approver_keys
    from aztrust.acts.publish import publish_again
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import act_before_freeze, present, session_signer
    from aztrust.signers import unlock

    act = act_before_freeze(session, given)
    launch = act.launch
    what = f"approve the {package_class} package" if package_class else "approve a package"
    accepted = approver_keys(act.policy, package_class)
    signer = session_signer(session, given.key, accepted=accepted, act=what)
    options = ApprovalOptions(package_class, roles, manifest_only)
    with progress_line(session) as progress:
        read_options = ReadOptions(progress=progress)
        prepared = prepare_approval(launch, act.context, signer.public, options, read_options)
    if prepared.earlier is not None:
        act = Act(launch, prepared.context)
        again = publish_again(act, prepared.earlier, signer, session.now_unix_ms())
        _nothing_to_do(session, prepared, again)
        return
    shown = present(session, review_screen(prepared, act.now_unix_ms), yes=yes)
    role_names = " and ".join(prepared.approver.roles)
    session.confirm(f"Approve this {prepared.package_class} package as {role_names}?", yes=yes)
    unlock(signer)
    published = sign_approval(launch, prepared, signer, session.now_unix_ms())
    lines, missing = _after(session, launch, prepared, published)
    session.emit(
        _document(session, prepared, published, missing),
        [*shown, *lines],
        brief=f"approved {prepared.package_class} {prepared.package_id}",
    )


def review_screen(prepared: PreparedApproval, now: int) -> list[str]:
    """Who approves, and what there is to see before it."""
    from aztrust.acts.approvers import approved_count
    from aztrust.report.review import Moment, review_lines

    approver, review = prepared.approver, prepared.review
    you = f"{approver.holder}, {' and '.join(approver.roles)}   key {approver.key.keyid[:8]}"
    lines = labelled("you", you)
    if review is None:
        return lines
    approved = ""
    if prepared.package_class == "genesis" and "release" in prepared.context.manifest_ids:
        count, needed = approved_count(prepared.context, "release")
        approved = f"{count} of {needed}"
    return [*lines, *review_lines(review, Moment(now, _local), release_approved=approved)]


def _local(unix_ms: int) -> str:
    """`16:00` in this machine's zone, with the date where it is another day; "" in UTC."""
    from datetime import UTC, datetime

    instant = datetime.fromtimestamp(unix_ms // 1000, UTC)
    here = instant.astimezone()
    if here.utcoffset() == instant.utcoffset():
        return ""
    return f"{here:%H:%M}" if here.date() == instant.date() else f"{here:%Y-%m-%d %H:%M}"


def _after(
    session: Session, launch: Path, prepared: PreparedApproval, published: Published
) -> tuple[list[str], tuple[str, ...]]:
    from aztrust.acts.approvers import still_missing
    from aztrust.acts.preconditions import read_launch_context, read_to_advise
    from aztrust.cli.signing import (
        published_lines,
        sending_lines,
        what_to_send,
        written_line,
    )
    from aztrust.core.history.reconcile import APPENDING
    from aztrust.core.judge.next_steps import next_steps
    from aztrust.report.steps import step_lines

    context = read_launch_context(launch, logged=True)
    missing = still_missing(context, prepared.package_class)
    message = f"approve {prepared.package_class} {prepared.package_id[7:15]}"
    lines = [*written_line(published.record), *published_lines(published, prepared.context)]
    lines += labelled("missing", ", ".join(missing) or _none_missing(published))
    steps = next_steps(read_to_advise(launch, session.now_unix_ms(), context))
    if published.entry is None and steps[0].command in APPENDING:
        # Its line is there already.
        steps = steps[1:]
    then = step_lines(steps, label="then")
    what = what_to_send(published.entry)
    return [*lines, *sending_lines(session, launch, message=message, what=what), *then], missing


def _none_missing(published: Published) -> str:
    """That all have signed; what is pending does not count yet."""
    return f"none: the threshold is met{' once this is appended' if published.elsewhere else ''}"


def _nothing_to_do(session: Session, prepared: PreparedApproval, again: Published) -> None:
    from aztrust.acts.approvers import still_missing
    from aztrust.cli.signing import published_lines

    missing = still_missing(prepared.context, prepared.package_class)
    lines = [
        *labelled(
            "done",
            f"{prepared.approver.holder} has approved this {prepared.package_class} package;"
            " nothing was signed",
        ),
        f"  {prepared.package_id}",
        *labelled("record", again.record.record_id[7:23]),
        *published_lines(again, prepared.context),
        *labelled("missing", ", ".join(missing) or _none_missing(again)),
    ]
    document = _document(session, prepared, again, missing)
    session.emit(document, lines, brief=f"approved already {prepared.package_id}")


def _document(
    session: Session, prepared: PreparedApproval, published: Published, missing: tuple[str, ...]
) -> Mapping[str, object]:
    from aztrust.cli.signing import recorded_document

    review = prepared.review
    return recorded_document(
        session,
        published.record if prepared.earlier is None else None,
        package_class=prepared.package_class,
        package_id=prepared.package_id,
        holder=prepared.approver.holder,
        roles=list(prepared.approver.roles),
        missing=list(missing),
        review=review.document() if review is not None else None,
        ledger_entry=published.entry,
    )
