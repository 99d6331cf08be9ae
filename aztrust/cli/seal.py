"""`aztrust seal`: sign that these are the bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, jobs_option, key_option, together, yes_option
from aztrust.core.policy.model import PackageClass
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.seal import PreparedSeal, Sealed
    from aztrust.core.package.transport_loss import Loss


@command(
    "seal",
    short_help="These are the bytes: manifest and seal record.",
    example="aztrust seal release\naztrust seal genesis --key gabi",
)
@click.argument("package_class", type=click.Choice(["release", "genesis"]))
@key_option
@click.option(
    "--package-version",
    metavar="V",
    help="The version the manifest states; else that of the current one, else 1.",
)
@click.option(
    "--gentx",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Refuse a genesis that has not exactly the gen_txs of the files in DIR.",
)
@click.option("--replace", is_flag=True, help="Replace a package that has approvals; do not ask.")
@yes_option
@jobs_option
@anchor_option
@together
def seal(
    session: Session,
    package_class: PackageClass,
    package_version: str | None,
    gentx: Path | None,
    replace: bool,
    yes: bool,
    jobs: int | None,
    given: Given,
) -> None:
    """Hash a package, write its manifest, and sign that these are the bytes.

    What verification would refuse is refused here, everything at once. The manifest has no
    time, host or user: two people who seal the same files get the same package id.
    """
    from time import monotonic

    from aztrust.acts.seal import commit_seal, prepare_seal
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import act_before_freeze, session_signer
    from aztrust.core.package.transport_loss import losses
    from aztrust.report.sealing import hashed_line, replacing_question

    act = act_before_freeze(session, given)
    launch = act.launch
    policy = act.policy
    role = policy.seal_role(package_class)
    accepted = policy.keys_of_roles({role})
    what = f"seal the {package_class} package"
    signer = session_signer(session, given.key, accepted=accepted, act=what)
    began = monotonic()
    with progress_line(session) as progress:
        prepared = prepare_seal(
            launch,
            act.context,
            package_class,
            package_version=package_version,
            read_options=ReadOptions(jobs, progress),
            gentx=gentx,
        )
    took = round((monotonic() - began) * 1000)
    if prepared.replaced is not None and prepared.replaced.voids:
        session.confirm(replacing_question(prepared.replaced), yes=yes or replace)
    now = session.now_unix_ms()
    sealed = commit_seal(launch, prepared, signer, now)
    lost = losses(prepared.draft.manifest.entries)
    session.emit(
        _document(prepared, sealed, lost),
        [
            hashed_line(prepared.draft.manifest, took),
            *_lines(launch, prepared, sealed, lost, now),
        ],
        brief=f"sealed {package_class} {prepared.draft.id}",
    )


def _lines(
    launch: Path,
    prepared: PreparedSeal,
    sealed: Sealed,
    lost: tuple[Loss, ...],
    now: int,
) -> Iterator[str]:
    from aztrust.acts.approvers import approved_count, still_missing
    from aztrust.acts.preconditions import read_launch_context, read_to_advise
    from aztrust.cli.signing import published_lines
    from aztrust.core.base.paths import escape
    from aztrust.core.judge.next_steps import next_steps
    from aztrust.core.state.context import require_policy
    from aztrust.core.state.seals import pending
    from aztrust.report.sealing import content_lines, genesis_lines, transport_lines
    from aztrust.report.steps import step_lines

    draft, package_class = prepared.draft, prepared.package_class
    if package_class == "genesis":
        yield from genesis_lines(draft.facts, now)
        if prepared.gentxs is not None:
            count = len(prepared.gentxs.inside)
            text = f"all {count:,} of the folder are in it as they were sent, and no other"
            yield from labelled("gen_txs", f"{text}; their signatures were not verified")
    yield from content_lines(draft.manifest, draft.id)
    yield from _replaced(prepared)
    for remark in prepared.remarks:
        yield from labelled("warning", f"{remark.code}: {remark.text}")
    for path in prepared.pointers:
        yield from labelled("note", f"{escape(path)} is a Git-LFS pointer, not the file itself")
    for rule in prepared.unchecked:
        yield from labelled(
            "note", f"linkage not checked, the release is not here: {escape(rule.name)}"
        )
    yield from transport_lines(lost)
    yield from _written(sealed)
    context = read_launch_context(launch, logged=True)
    yield from published_lines(sealed.published, context)
    policy, effective = require_policy(context), context.records.effective
    for record, supersession in pending(policy, effective, package_class, draft.id):
        yield from advice_lines(
            "note",
            f"{record.holder} named another successor, {supersession.successor[7:15]}…: it does not"
            " pass until that is sealed or withdrawn: aztrust supersede"
            f" {package_class} --with {draft.id[7:]} --reason T",
        )
    missing = still_missing(context, package_class)
    count, needed = approved_count(context, package_class)
    if missing:
        who = f"then approve: {', '.join(missing)} ({count} of {needed})"
    else:
        who = "then aztrust verify"
    what = "commit manifests/; " if sealed.written else ""
    yield from advice_lines("next", f"{what}{who}")
    yield from step_lines(next_steps(read_to_advise(launch, now, context)), label="then")


def _written(sealed: Sealed) -> Iterator[str]:
    if not sealed.written:
        yield from labelled("wrote", "nothing: this seal exists already")
    label = "wrote"
    # The current manifest is last on disk and first here; a sealed copy has a name of 92 letters.
    for path in sorted(sealed.written, key=lambda p: p.count("/")):
        head, _, name = path.rpartition("/")
        long = len(name) > 64
        yield from labelled(label, f"{head}/{name[:8]}….json (a copy that stays)" if long else path)
        label = ""


def _replaced(prepared: PreparedSeal) -> Iterator[str]:
    from aztrust.acts.approvers import approved_count
    from aztrust.report.sealing import replaced_lines

    if prepared.replaced is None:
        return
    kept = ""
    if prepared.package_class == "genesis":
        count, needed = approved_count(prepared.context, "release")
        kept = f"release approvals {count} of {needed}" if count else ""
    yield from replaced_lines(
        prepared.replaced,
        prepared.package_class,
        kept,
        has_genesis="genesis" in prepared.context.manifest_ids,
    )


def _document(prepared: PreparedSeal, sealed: Sealed, lost: tuple[Loss, ...]) -> dict[str, Any]:
    from aztrust.core.package.entries import FileEntry

    manifest, replaced = prepared.draft.manifest, prepared.replaced
    return {
        "schema": "aztrust/sealed",
        "version_major": 1,
        "version_minor": 0,
        "command": "seal",
        "package_class": prepared.package_class,
        "package_id": prepared.draft.id,
        "content_root": manifest.content_root,
        "files": sum(isinstance(e, FileEntry) for e in manifest.entries),
        "bytes": manifest.total_bytes,
        "excluded": list(manifest.excluded),
        "record_id": sealed.record.record_id if sealed.record else None,
        "written": list(sealed.written),
        "facts": manifest.facts,
        "replaced": None
        if replaced is None
        else {
            "package_id": replaced.package_id,
            "voided": {
                "approvals": list(replaced.approved_by),
                "genesis_approvals": list(replaced.genesis_approved_by),
            },
        },
        "losses": [
            {
                "carrier": loss.carrier,
                "says": loss.says,
                "paths": list(loss.paths),
                "mendable": loss.mendable,
            }
            for loss in lost
        ],
        "pointers": list(prepared.pointers),
        "linkage_unchecked": [rule.name for rule in prepared.unchecked],
        "ledger_entry": sealed.published.entry,
    }
