"""`aztrust ledger export|import|take-over`: a ledger carried elsewhere, and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from aztrust.cli.app import Session, command
from aztrust.cli.ledger.base import document, ledger, place_options, read_launch_for
from aztrust.core.base.errors import UsageError
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.storage.ledger.exports import Followed


@command(
    "export",
    parent=ledger,
    short_help="Write the ledger to a file, or keep a standby current.",
    example="aztrust ledger export launch.jsonl\naztrust ledger export --follow /mnt/standby",
)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--follow",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep this standby directory current, until interrupted.",
)
@click.option("--once", is_flag=True, help="With --follow: bring it up to date and end.")
@click.option(
    "--interval",
    type=click.FloatRange(0.05, 3600),
    default=2.0,
    metavar="SECONDS",
    help="With --follow: how long to wait between two looks.",
)
@place_options
def export(
    session: Session,
    file: Path | None,
    follow: Path | None,
    once: bool,
    interval: float,
    ledger: str | None,
    anchor: str | None,
) -> None:
    """Write every entry and every head to a new file, or into a standby directory.

    The same ledger gives the same bytes. No file of a standby is ever changed, so any copying
    program may copy it; `ledger take-over` makes a ledger from it.
    """
    from aztrust.acts.ledger.copies import export_ledger, follow_ledger
    from aztrust.acts.ledger.identity import ledger_path
    from aztrust.storage.config import shown

    if (file is None) == (follow is None):
        raise UsageError("name a file, or a directory with --follow", mend="--help has an example")
    if once and follow is None:
        raise UsageError("--once goes with --follow", subject="--once")
    context = read_launch_for(session, anchor)
    path = ledger_path(context, ledger)
    if file is not None:
        size = export_ledger(path, context, file)
        session.emit(
            document("ledger-exported", path=str(file), size=size, entries=size),
            [
                *labelled("wrote", f"{shown(file)}, {size} entries"),
                *labelled("next", "to verify everything: aztrust ledger import FILE --ledger NEW"),
            ],
        )
        return
    if follow is None:
        return
    if not once:
        _follow_on(lambda: follow_ledger(path, context, follow), interval)
    followed = follow_ledger(path, context, follow)
    session.emit(
        document(
            "ledger-exported",
            path=str(follow),
            size=followed.size,
            entries=followed.entries,
            heads=followed.heads,
        ),
        labelled(
            "wrote",
            f"{followed.entries} entries and {followed.heads} heads; the standby"
            f" {shown(follow)} has {followed.size} entries",
        ),
    )


@command(
    "import",
    parent=ledger,
    short_help="Make a new ledger from an export, after verifying it.",
    example="aztrust ledger import launch.jsonl --ledger new.ledger",
)
@click.argument("source", metavar="FILE|DIR", type=click.Path(path_type=Path, exists=True))
@place_options
def import_(session: Session, source: Path, ledger: str | None, anchor: str | None) -> None:
    """Make a new ledger from an export or a standby, completely or not at all.

    Every signature, the order, the tree and every head are verified first. There must be no file at
    the new ledger's path.
    """
    from aztrust.acts.ledger.copies import import_ledger
    from aztrust.acts.ledger.identity import ledger_path
    from aztrust.storage.config import shown

    session.launch()
    context = read_launch_for(session, anchor)
    path = ledger_path(context, ledger)
    imported = import_ledger(path, context, source)
    session.emit(
        document(
            "ledger-imported",
            path=str(path),
            origin=imported.origin,
            size=imported.size,
            heads=imported.heads,
        ),
        [
            *labelled("made", shown(path)),
            *labelled("origin", imported.origin),
            *labelled("entries", f"{imported.size}, with {imported.heads} heads; all verified"),
            *labelled("next", "aztrust ledger verify --since HEADFILE"),
        ],
    )


@command(
    "take-over",
    parent=ledger,
    short_help="Put a standby in the ledger's place.",
    example="aztrust ledger take-over /mnt/standby",
)
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path, exists=True))
@click.option("--force", is_flag=True, help="Also where known entries or heads would be lost.")
@place_options
def take_over(
    session: Session, source: Path, force: bool, ledger: str | None, anchor: str | None
) -> None:
    """Make the ledger anew from a standby, after verifying everything.

    The old ledger is renamed and not removed. If it, or the largest head that you keep, has
    something that the standby lacks, this is refused: anyone with a later head would detect that
    the ledger was cut back.
    """
    from aztrust.acts.ledger.identity import ledger_path
    from aztrust.acts.ledger.takeover import take_over as do
    from aztrust.storage.config import shown

    session.launch()
    context = read_launch_for(session, anchor)
    path = ledger_path(context, ledger)
    done = do(path, context, source, force=force)
    lines = labelled("ledger", f"{shown(path)}, {done.imported.size} entries, all verified")
    if done.aside is not None:
        lines += labelled("aside", f"the old one is {shown(done.aside)}")
    for number, lost in enumerate(done.lost):
        lines += labelled("" if number else "LOST", lost)
    lines += labelled("next", "aztrust ledger verify; then its keeper: aztrust ledger head --key K")
    session.emit(
        document(
            "ledger-taken-over",
            path=str(path),
            size=done.imported.size,
            heads=done.imported.heads,
            aside=str(done.aside) if done.aside is not None else None,
            lost=list(done.lost),
        ),
        lines,
    )


def _follow_on(once: Callable[[], Followed], interval: float) -> NoReturn:
    """Round by round until it is interrupted."""
    import time

    from aztrust.cli.terminal import print_lines

    while True:
        followed = once()
        if followed.entries or followed.heads:
            print_lines(
                [f"{followed.entries} entries, {followed.heads} heads; {followed.size} in all"]
            )
        time.sleep(interval)
