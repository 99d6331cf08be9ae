"""`aztrust window hold` and `proceed`: a pause with a boundary, and how the launch goes on."""

from __future__ import annotations

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, reason_option
from aztrust.cli.window.base import joint_options, load, window
from aztrust.cli.window.joint import JointRun, run
from aztrust.core.policy.anomalies import ANOMALY_CLASSES, AnomalyClass
from aztrust.core.records.kind import Severity
from aztrust.report.lines import labelled

SEVERITIES = ("critical", "major", "minor")

class_option = click.option(
    "--class",
    "anomaly_class",
    metavar="C",
    type=click.Choice(ANOMALY_CLASSES),
    help=f"A class of AZ-27.1: {', '.join(ANOMALY_CLASSES)}.",
)


@command(
    "hold",
    parent=window,
    short_help="Pause the launch, with a boundary.",
    example='aztrust window hold --for 10m "atlas-fnd is silent, we are calling"',
)
@click.argument("reason", metavar="REASON")
@click.option(
    "--for", "lasts", metavar="DURATION", help="Until when at the latest; else the policy's limit."
)
@click.option(
    "--update",
    metavar="DURATION",
    help="When the next update is promised; else the policy's limit.",
)
@class_option
@click.option("--severity", type=click.Choice(SEVERITIES), default="major", show_default=True)
@click.option("--resolution", metavar="T", help="What has to be cleared up.")
@joint_options
def hold(  # noqa: PLR0913 - one argument for each option
    session: Session,
    reason: str,
    lasts: str | None,
    update: str | None,
    anomaly_class: AnomalyClass | None,
    severity: Severity,
    resolution: str | None,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Pause the launch at any time; it counts at once, without a ledger.

    A hold has an end. Past it nothing goes on by itself: a proceed that names the hold, a defer or
    an abort is needed. What the hold means for this chain's genesis_time is shown.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.records import hold as make
    from aztrust.core.judge.window_delay import delay_sentences

    basis = basis_of(load(session, given))
    record = make(
        basis,
        reason,
        lasts=lasts,
        update=update,
        severity=severity,
        anomaly_class=anomaly_class,
        resolution=resolution,
    )
    ends = int(record.preimages["hold_reason"]["ends_at_unix_ms"])
    lines: list[str] = []
    for sentence in delay_sentences(basis.context, basis.attempt, ends):
        lines += labelled("means", sentence)
    lines += labelled("then", "past its end only a proceed that names it, defer or abort remain")
    how = JointRun(
        "hold the launch",
        "Hold this launch?",
        "hold the launch",
        more=lines,
        yes=yes,
        dry_run=dry_run,
        hook=hook,
    )
    run(session, given, basis, (record,), how)


@command(
    "proceed",
    parent=window,
    short_help="Go on: to the authorization, or after a hold.",
    example='aztrust window proceed --reason "all checks pass"\n'
    'aztrust window proceed 9e44c1d2 --reason "atlas-fnd answers"',
)
@click.argument("hold_id", metavar="[HOLD_ID]", required=False)
@reason_option
@joint_options
def proceed(
    session: Session,
    hold_id: str | None,
    reason: str,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Propose to go on: with the id of an open hold, the launch continues after it.

    Without one it is PROCEED_TO_BOOTSTRAP_AUTH at the go/hold point. It is in effect once enough
    holders have signed it and the ledger has their signatures.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.records import open_hold
    from aztrust.acts.window.records import proceed as make

    basis = basis_of(load(session, given))
    prior = open_hold(basis, hold_id) if hold_id is not None else None
    record = make(basis, reason, prior)
    what = "proceed after the hold" if prior is not None else "proceed to the authorization"
    how = JointRun(what, f"{what.capitalize()}?", what, yes=yes, dry_run=dry_run, hook=hook)
    run(session, given, basis, (record,), how)
