"""`aztrust ship`: one person seals, reviews, approves and packs, with one question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, jobs_option, key_option, together, yes_option
from aztrust.core.package.transport_loss import losses
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.pack import Packed
    from aztrust.acts.publish import Published
    from aztrust.acts.seal import PreparedSeal
    from aztrust.acts.ship import Shipment


@command(
    "ship",
    short_help="One person: seal, review, approve and pack at once.",
    example="aztrust ship\naztrust ship --to public/atlas-zero-1.aztrust",
)
@click.option(
    "--to",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The kit to write; else CHAIN_ID.aztrust in the working directory.",
)
@key_option
@yes_option
@jobs_option
@anchor_option
@together
def ship(session: Session, to: Path | None, yes: bool, jobs: int | None, given: Given) -> None:
    """Seal both packages, show each review, ask once, approve both, and write the kit.

    For a policy under which one person can do all this, as `aztrust init --profile solo` writes
    one. The passphrase is asked for once. Stopped halfway, run it again: what was signed stays.
    """
    from aztrust.acts.ship import finish_shipment, prepare_shipment, shipper_keys
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import act_before_freeze, present, session_signer
    from aztrust.report.sealing import replacing_question

    act = act_before_freeze(session, given)
    accepted = shipper_keys(act.policy)
    signer = session_signer(session, given.key, accepted=accepted, act="ship this launch alone")

    def ask(prepared: PreparedSeal) -> None:
        if prepared.replaced is not None:
            question = f"{prepared.package_class}: {replacing_question(prepared.replaced)}"
            session.confirm(question, yes=yes)

    with progress_line(session) as progress:
        options = ReadOptions(jobs, progress)
        shipment = prepare_shipment(act, signer, options, ask, session.now_unix_ms)
    shown = present(session, _screen(shipment, act.now_unix_ms), yes=yes)
    if shipment.waiting:
        what = " and ".join(prepared.package_class for prepared in shipment.waiting)
        session.confirm(f"Approve {what}, and write the kit?", yes=yes)
    published, packed = finish_shipment(act, shipment, signer, to, session.now_unix_ms)
    document = {
        "schema": "aztrust/shipped",
        "version_major": 1,
        "version_minor": 0,
        "command": "ship",
        "kit": str(packed.path),
        "kit_sha256": packed.kit_sha256,
        "policy_digest": packed.policy_digest,
        "scope_hash": shipment.scope_hash,
        "packages": {p.package_class: p.package_id for p in shipment.approvals},
        "sealed": [s.record.record_id for s in shipment.sealed if s.record is not None],
        "approved": [p.record.record_id for p in published],
    }
    lines = [*shown, *_written(shipment, published, packed), *_after(shipment, packed)]
    session.emit(document, lines, brief=f"shipped {packed.path}  {shipment.scope_hash}")


def _screen(shipment: Shipment, now: int) -> list[str]:
    """What each package is, and the review of what is not approved yet."""
    from aztrust.cli.approve import review_screen
    from aztrust.report.sealing import transport_lines

    lines: list[str] = []
    waiting = {prepared.package_class for prepared in shipment.waiting}
    for seal, approval in zip(shipment.seals, shipment.approvals, strict=True):
        draft = seal.draft
        if seal.package_class not in waiting:
            lines += labelled("done", f"{seal.package_class} is sealed and approved already")
            lines += [f"  {draft.id}", ""]
            continue
        lines += review_screen(approval, now)
        lines += [*transport_lines(losses(draft.manifest.entries)), ""]
    return lines


def _written(shipment: Shipment, published: tuple[Published, ...], packed: Packed) -> list[str]:
    from aztrust.cli.pack import kit_lines
    from aztrust.cli.signing import published_lines, written_line

    lines: list[str] = []
    for each in published:
        lines += [*written_line(each.record), *published_lines(each, shipment.context)]
    return [*lines, *kit_lines(packed)]


def _after(shipment: Shipment, packed: Packed) -> list[str]:
    """The scope, and the question that every host asks with it."""
    from aztrust.cli.pack import host_lines
    from aztrust.core.base.digest import groups

    grouped = groups(shipment.scope_hash)
    return [
        *labelled("scope", "these packages and this policy; read it aloud, away from the kit:"),
        f"{'':<9}{grouped[:39]}",
        f"{'':<9}{grouped[40:]}",
        *host_lines(packed),
    ]
