"""`aztrust ledger migrate`: a kit of the earlier form becomes one of today."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.ledger.base import document, ledger
from aztrust.report.lines import labelled


@command(
    "migrate",
    parent=ledger,
    short_help="Convert a kit of the earlier form.",
    # A report under a kit's name would be taken for a kit.
    no_output="the new kit is the second argument, and the report goes to standard output",
    example="aztrust ledger migrate atlas-zero-1.aztrust atlas-zero-1-new.aztrust",
)
@click.argument("kit", metavar="KIT", type=click.Path(path_type=Path))
@click.argument("new", metavar="NEW", type=click.Path(path_type=Path))
def migrate(session: Session, kit: Path, new: Path) -> None:
    """Write the kit NEW from KIT, whose ledger is head.note and order.json.

    Nothing is signed, and no key is needed: the leaves are computed from the records in KIT, and
    must have the hashes that it lists. Verify NEW as any other kit. A store of the earlier form
    needs nothing: its keeper publishes it with the next aztrust ledger keep.
    """
    from aztrust.acts.ledger.migrate import migrate_kit
    from aztrust.core.base.paths import escape

    made = migrate_kit(kit, new)
    shown = escape(str(new))
    lines = labelled("wrote", f"{shown}, with {made.size} entries of the ledger")
    lines += labelled("next", f"aztrust -C {shown} ledger verify")
    session.emit(
        document("ledger-migrated", path=str(new), size=made.size, sha256=made.kit_sha256),
        lines,
        brief=f"{new}  {made.kit_sha256}",
    )
