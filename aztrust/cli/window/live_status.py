"""`aztrust window live-status`: a snapshot of the running network, signed."""

from __future__ import annotations

from pathlib import Path

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, note_option
from aztrust.cli.window.alone import AloneRun, run_alone
from aztrust.cli.window.base import load, signing_options, window
from aztrust.cli.window.facts import facts_option
from aztrust.report.age import age
from aztrust.report.lines import labelled


@command(
    "live-status",
    parent=window,
    short_help="Record a snapshot of the running network.",
    example="aztrust window live-status\naztrust window live-status --facts facts.json",
)
@facts_option
@note_option
@signing_options
def live_status(session: Session, facts: Path | None, note: str, yes: bool, given: Given) -> None:
    """Record the live status of AZ-21.2: the phase, finality health, and what they rest on.

    Everything is computed: the health from the facts of the observer, the root of participation
    from the votes that it saw, the root of anomalies from those that are open, the root of
    operators from their newest signed statements. What is unknown is recorded as unknown. It
    replaces no log of a lower level, and any holder may sign one.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.seen import live_status as make
    from aztrust.acts.window.seen import read_seen

    basis = basis_of(load(session, given))
    seen = read_seen(basis, facts)
    record = make(basis, seen, note)
    health = getattr(record.body, "observed_finality_health_class", "unknown")
    lines = labelled("seen", age(basis.now_unix_ms - seen.facts.at_unix_ms))
    lines += labelled("finality", health)
    how = AloneRun(
        "record a live status",
        "Record this live status?",
        f"live status: finality {health}",
        more=lines,
        fields={"health": health},
        yes=yes,
    )
    run_alone(session, given, basis.act, lambda _: record, how, basis)
