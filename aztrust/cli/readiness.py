"""`aztrust readiness`: which operators are ready, by voting power, against the policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.kits import sources
from aztrust.cli.options import (
    Given,
    anchor_option,
    at_option,
    ledger_option,
    scope_option,
    together,
)
from aztrust.core.base.errors import NothingToVerify, UsageError

if TYPE_CHECKING:
    from aztrust.core.judge.readiness_reading import ReadinessReading

_FILE = click.Path(path_type=Path)


@command(
    "readiness",
    short_help="Which operators are ready, by voting power.",
    example="aztrust readiness\naztrust readiness --watch\n"
    "aztrust readiness atlas-1.aztrust --genesis genesis.json --csv roll-call.csv",
)
@click.argument("kits", metavar="[KIT]...", nargs=-1, type=click.Path())
@click.option("--watch", is_flag=True, help="Show it again whenever it changes, until interrupted.")
@click.option(
    "--genesis",
    metavar="FILE",
    type=_FILE,
    help="The sealed file that the voting power comes from, for a kit.",
)
@click.option("--csv", "table", metavar="FILE", type=_FILE, help="Also write the roll-call there.")
@ledger_option
@anchor_option
@scope_option
@at_option
@together
def readiness(
    session: Session,
    kits: tuple[str, ...],
    watch: bool,
    genesis: Path | None,
    table: Path | None,
    at: str | None,
    given: Given,
) -> int:
    """Count the operators that confirmed their hosts: ready, not ready, silent, stale.

    Each with its voting power in the sealed genesis, against the thresholds of the policy's
    [readiness]; and why each confirmation that does not count does not. Power without an enrolled
    operator is unconfirmed. Nothing is signed or written. Exit 0 means that every threshold is met;
    11 that one is not, or that a person has to decide something; 10 that truth is broken; 12 that
    all are met and nothing shows that the policy is the announced one.
    """
    if table is not None:
        read = [("--genesis", genesis)] if genesis is not None else []
        session.check_file(table, "--csv", read)
    if not watch:
        reading = _read(session, kits, genesis, session.at(at), given)
        _emit(session, reading, table)
        return reading.exit_code
    if at is not None:
        raise UsageError("--watch looks at the present", subject="--at", mend="drop --at")
    return _watch(session, kits, genesis, table, given)


def _read(
    session: Session, kits: tuple[str, ...], genesis: Path | None, now: int, given: Given
) -> ReadinessReading:
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.readiness import read_readiness
    from aztrust.storage.launch import open_launch

    opened = [open_launch(path) for path in _sources(session, kits)]
    inputs = TrustInputs(now, given.anchor, given.scope, given.ledger)
    return read_readiness(opened, inputs, genesis=genesis)


def _sources(session: Session, kits: tuple[str, ...]) -> tuple[Path, ...]:
    """The kits that are named; else the launch around, which has its genesis and what came after a
    kit that was packed here; else the only kit here.
    """
    if not kits:
        try:
            return (session.source(),)
        except NothingToVerify:
            pass
    return sources(session, kits, "aztrust readiness KIT")


def _watch(
    session: Session,
    kits: tuple[str, ...],
    genesis: Path | None,
    table: Path | None,
    given: Given,
) -> int:
    from time import monotonic

    from aztrust.acts.follow import FollowPace, follow
    from aztrust.storage.fswatch import Watch
    from aztrust.storage.launch import is_kit

    paths = _sources(session, kits)
    places = [path if is_kit(path) else path / "manifests" for path in paths]
    if given.ledger is not None:
        places.append(Path(given.ledger))

    def read() -> ReadinessReading:
        return _read(session, kits, genesis, session.now_unix_ms(), given)

    def key(reading: ReadinessReading) -> tuple[object, ...]:
        count = reading.readiness
        return count.rows, count.powers, count.met, count.not_counted, reading.exit_code

    with Watch(places) as changes:
        for reading in follow(changes, read, key, FollowPace(), monotonic):
            _emit(session, reading, table)
    return 0


def _emit(session: Session, reading: ReadinessReading, table: Path | None) -> None:
    from aztrust.report.readiness import readiness_brief, readiness_lines
    from aztrust.report.readiness_document import readiness_document

    if table is not None:
        from aztrust.report.readiness_table import readiness_csv
        from aztrust.storage.output import write_output

        write_output(table, readiness_csv(reading))
        session.note(f"wrote    {table}")
    session.emit(
        readiness_document(reading, command=session.command),
        readiness_lines(reading, verbose=session.verbose),
        brief=readiness_brief(reading),
        verdict_first=True,
    )
