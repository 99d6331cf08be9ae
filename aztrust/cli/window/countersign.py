"""`aztrust countersign`: sign the record that another holder proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given
from aztrust.cli.window.base import joint_options, load
from aztrust.cli.window.joint import JointRun, run
from aztrust.report.lines import joined, labelled

if TYPE_CHECKING:
    from aztrust.acts.window.basis import Basis
    from aztrust.core.records.records import VerifiedRecord


@command(
    "countersign",
    short_help="Sign a record that another holder proposed.",
    example="aztrust countersign 9e44c1d2\naztrust countersign 9e44c1d2 71aa0c35 --key sonia",
)
@click.argument("records", metavar="ID|FILE...", nargs=-1, required=True)
@joint_options
def countersign(
    session: Session,
    records: tuple[str, ...],
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Sign the same record as another holder: by its id, the beginning of its id, or its file.

    The review is the one that the proposer saw. Signatures, policy, thresholds and the ledger are
    recomputed here, and the packages where they are here; otherwise the act rests on a final check
    that is in force and young, and the review says so. A proposal that has expired, or that rests
    on something that is no longer in force, is refused. To take a signature back before it is in
    effect: aztrust revoke ID.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.countersign import find_records, plan_countersignature
    from aztrust.core.records.records import Unsigned

    basis = basis_of(load(session, given))
    found = find_records(basis, records)
    unsigned = tuple(Unsigned(r.kind, r.body, r.preimages) for r in found)
    kinds = joined(dict.fromkeys(f"the {record.kind}" for record in found))
    lines = _score_lines(session, basis, found)
    by = joined(dict.fromkeys(record.holder for record in found))
    how = JointRun(
        f"sign {kinds}",
        f"Sign {kinds} that {by} proposed?",
        f"countersign {', '.join(r.record_id[7:15] for r in found)}",
        more=lines,
        yes=yes,
        dry_run=dry_run,
        hook=hook,
    )
    run(
        session,
        given,
        basis,
        unsigned,
        how,
        lambda key: plan_countersignature(basis, found, key),
    )


def _score_lines(session: Session, basis: Basis, found: tuple[VerifiedRecord, ...]) -> list[str]:
    """How the score of a decision compares with the one that is made again here."""
    if basis.act.policy.checklist is None:
        return []
    from aztrust.acts.checklist.again import score_again
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line

    with progress_line(session) as progress:
        lines = score_again(basis.act, found, ReadOptions(progress=progress))
    return [line for text in lines for line in labelled("score", text)]
