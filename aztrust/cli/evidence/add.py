"""`aztrust evidence add`: show files for an item of the checklist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import load, signing_options
from aztrust.cli.evidence.base import FILE, evidence
from aztrust.cli.options import Given
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.cli.signing import View
    from aztrust.core.checklist.definitions import Item
    from aztrust.core.records.checklist import ChecklistEvidence


@command(
    "add",
    parent=evidence,
    short_help="Show files for an item of the checklist.",
    example="aztrust evidence add D.4 reports/restore.log --key dan\n"
    'aztrust evidence add D.2 --command "sha256sum packages/genesis/genesis.json"\n'
    "aztrust evidence add D.4 /srv/drills/restore.log --root drills=/srv/drills",
)
@click.argument("item", metavar="ITEM")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=FILE)
@click.option(
    "--root",
    metavar="NAME=DIR",
    help="The folder that the files are below; remembered. Else the launch directory.",
)
@click.option(
    "--command",
    "typed",
    metavar="T",
    help="Run this without a shell and keep what it writes; with --captured: what wrote that file.",
)
@click.option("--captured", metavar="FILE", type=FILE, help="What --command wrote, kept by you.")
@signing_options
def add(
    session: Session,
    item: str,
    files: tuple[Path, ...],
    root: str | None,
    typed: str | None,
    captured: Path | None,
    yes: bool,
    given: Given,
) -> None:
    """Record size, SHA-256 and BLAKE3 of files that show something about an item.

    The item's owner and the approver of its area may add evidence. Every file is a regular file
    below one root; links and files that change while they are read are refused. A later record
    that names the same path replaces the earlier one there, and an answer that rests on the
    earlier one does not count any more.

    The output of --command (stdout and stderr, at most 1 MiB, within ten minutes) is kept in
    manifests/evidence/ with its exit code. A command that fails is recorded as one that failed.
    """
    from aztrust.acts.checklist import evidence as acts
    from aztrust.acts.checklist.lookup import find_item, keys_of_roles, require_open
    from aztrust.cli.signing import session_signer, sign_plan
    from aztrust.core.base.errors import UsageError
    from aztrust.core.state.checklist.named import checklist_records
    from aztrust.core.state.checklist.records import roles_that_show
    from aztrust.storage.evidenceroots import LAUNCH, remember_roots

    if captured is not None and typed is None:
        raise UsageError(
            "--captured needs the command that wrote it", subject="--captured", mend="--command T"
        )
    named = dict([acts.parse_root(root)]) if root is not None else {}
    name = next(iter(named), LAUNCH)
    if named and typed is not None and captured is None:
        raise UsageError(
            "what --command writes is kept in the launch directory, and --root names another root",
            subject="--root",
            mend="leave --root out; or keep the output below the root yourself: --captured FILE",
        )
    act = load(session, given)
    records = checklist_records(act.context)
    require_open(act.context, records)
    wanted = find_item(records.checklist, item)
    accepted = keys_of_roles(act.policy, roles_that_show(records.checklist, wanted), wanted.id)
    what = f"show evidence for {wanted.id}"
    signer = session_signer(session, given.key, accepted=accepted, act=what)
    place = acts.require_root(act.launch, name, named)
    kept = None
    if typed is not None and captured is not None:
        kept = acts.kept_output(place, typed, captured)
    elif typed is not None:
        session.note(f"runs     {typed}")
        kept = acts.run_command(act, typed)
    shown = acts.read_files(place, files, kept)
    plan = acts.plan_evidence(act, wanted, name, shown, kept, signer.public)
    remember_roots(act.launch, named)
    # The record is committed by the advice below; what a command wrote is a new file, too.
    wrote = kept.path if kept is not None and captured is None else ""
    more = labelled("output", f"commit it with the record: {wrote}") if wrote else []
    sign_plan(session, act, plan, signer, _view(plan), after=lambda _: more, yes=yes)


def _view(plan: Plan[ChecklistEvidence, Item]) -> View:
    from aztrust.cli.signing import View
    from aztrust.core.base.paths import escape
    from aztrust.report.checklist.evidence import command_lines
    from aztrust.report.escape import visible

    body, item = plan.body, plan.about
    lines = [
        *labelled("you", plan.holder),
        *labelled("item", visible(f"{item.id}  {escape(item.text)}")),
    ]
    for file in body.files:
        name = f"{body.root}:{escape(file.path)}"
        lines += labelled("evidence", visible(f"{name}  {file.size} bytes"))
        lines += [f"  {file.sha256}", f"  {file.blake3}"]
    lines += command_lines(body)
    return View(
        lines=lines,
        fields={
            "item": item.id,
            "holder": plan.holder,
            "root": body.root,
            "files": [file.model_dump(mode="json") for file in body.files],
            "shell_command": body.command,
            "exit_code": body.exit_code,
        },
        message=f"show evidence for {item.id}",
        brief=f"shown {item.id}: {len(body.files)} files",
    )
