"""`aztrust window posture`, `normalize` and `amend`: strict operation until normal operation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from aztrust.cli.app import Session, command, group
from aztrust.cli.options import Given, evidence_option, note_option, reason_option
from aztrust.cli.window.alone import AloneRun, run_alone
from aztrust.cli.window.base import joint_options, load, signing_options, window
from aztrust.cli.window.joint import JointRun, run
from aztrust.cli.window.observe import epochs_option
from aztrust.core.judge.posture_rows import RULES
from aztrust.core.records.posture import Change, RestrictionRule

if TYPE_CHECKING:
    from aztrust.acts.window.posture import Restrictions

DEFAULTS: Final = "defaults"

posture = group(
    "posture",
    short_help="Strict operation after the start: enter, attest, exit.",
    text="""Strict operation after the first epochs, until it is left by an explicit record.

    Its rules are rows: each is computed from what was signed, or attested by a holder who may enter
    it. A rule that was not looked at keeps the exit from being ready (docs/window.md).
    """,
    example="aztrust window posture enter --epochs 0-3",
)
window.add_command(posture)


@command(
    "enter",
    parent=posture,
    short_help="Propose the entry into the restricted posture.",
    example="aztrust window posture enter --epochs 0-3\n"
    "aztrust window posture enter --epochs 0-3 --restrictions rules.toml --snapshot-every 3h",
)
@epochs_option
@click.option(
    "--restrictions",
    metavar="FILE|defaults",
    default=DEFAULTS,
    show_default=True,
    help="A TOML file with rules, lasts, escalate_from, incidents and snapshots.",
)
@click.option(
    "--snapshot-every", metavar="D", help="How often a snapshot is due; else the policy's limit."
)
@joint_options
def enter(
    session: Session,
    epochs: str,
    restrictions: str,
    snapshot_every: str | None,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Name the rules of the restricted posture, and how long it lasts at least.

    It needs the first finalized epoch and an observation. The posture is entered with the
    checkpoint restricted_posture_entered.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.observing import epochs_of
    from aztrust.acts.window.posture import posture_entry

    basis = basis_of(load(session, given))
    record = posture_entry(basis, epochs_of(epochs), _restrictions(restrictions), snapshot_every)
    what = "enter the restricted posture"
    how = JointRun(what, f"{what.capitalize()}?", what, yes=yes, dry_run=dry_run, hook=hook)
    run(session, given, basis, (record,), how)


def _restrictions(text: str) -> Restrictions:
    from aztrust.acts.window.posture import Restrictions, read_restrictions
    from aztrust.core.base.paths import escape
    from aztrust.core.policy.tomldoc import LIMIT
    from aztrust.storage.folders import read_bounded

    if text == DEFAULTS:
        return Restrictions()
    return read_restrictions(read_bounded(Path(text), LIMIT), escape(text))


@command(
    "exit",
    parent=posture,
    short_help="Propose the exit from the restricted posture.",
    example='aztrust window posture exit --reason "stable for a day"',
)
@reason_option
@joint_options
def exit_(
    session: Session,
    reason: str,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Leave the restricted posture, by a record that names the observations.

    It needs the checkpoint restricted_posture_exit_ready. Normal operation is a decision of its
    own: aztrust window normalize.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.posture import posture_exit

    basis = basis_of(load(session, given))
    what = "exit the restricted posture"
    how = JointRun(what, f"{what.capitalize()}?", what, yes=yes, dry_run=dry_run, hook=hook)
    run(session, given, basis, (posture_exit(basis, reason),), how)


@command(
    "attest",
    parent=posture,
    short_help="Attest a rule of the restricted posture.",
    example="aztrust window posture attest snapshots pass --evidence snapshot.log",
)
@click.argument("rule", metavar="RULE", type=click.Choice(RULES))
@click.argument("status", metavar="pass|fail", type=click.Choice(("pass", "fail")))
@evidence_option
@note_option
@signing_options
def attest(
    session: Session,
    rule: RestrictionRule,
    status: Literal["pass", "fail"],
    evidence: tuple[Path, ...],
    note: str,
    yes: bool,
    given: Given,
) -> None:
    """Say that a rule holds, or does not: for what no signed record shows.

    A holder attests who may enter the posture. A snapshot is attested each time one is due.
    """
    from aztrust.acts.window.alone import posture_attestation
    from aztrust.acts.window.basis import basis_of
    from aztrust.core.records.records import Unsigned
    from aztrust.report.escape import visible
    from aztrust.report.lines import labelled

    basis = basis_of(load(session, given))

    def make(holder: str) -> Unsigned:
        return posture_attestation(basis, rule, status, holder, evidence=evidence, remark=note)

    lines = labelled("attests", f"{rule}: {status}")
    lines += labelled("note", visible(note)) if note else []
    how = AloneRun(
        "attest the restricted posture",
        "Attest this?",
        f"attest {rule} {status}",
        more=lines,
        fields={"rule": rule, "status": status},
        yes=yes,
    )
    run_alone(session, given, basis.act, make, how, basis)


@command(
    "normalize",
    parent=window,
    short_help="Propose normal operation, after the exit.",
    example='aztrust window normalize --reason "the network is stable"',
)
@reason_option
@joint_options
def normalize(
    session: Session,
    reason: str,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Declare normal operation; it names the exit that is in force.

    It never comes because time passed.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.posture import normalization

    basis = basis_of(load(session, given))
    what = "declare normal operation"
    how = JointRun(what, f"{what.capitalize()}?", what, yes=yes, dry_run=dry_run, hook=hook)
    run(session, given, basis, (normalization(basis, reason),), how)


@command(
    "amend",
    parent=window,
    short_help="Propose a reviewed change in the restricted posture.",
    example='aztrust window amend --incident INC-7 --reason "the node stops" --change binary'
    " --artifact ./atlasd --role validator --platform linux/amd64 --height 12000",
)
@click.option("--incident", metavar="T", required=True, help="The incident that asks for it.")
@reason_option
@click.option(
    "--change",
    type=click.Choice(("binary", "config", "feature", "role")),
    required=True,
    help="What is changed.",
)
@click.option(
    "--artifact",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The new file, as hosts are to have it.",
)
@click.option("--role", metavar="R", default="", help="The role of the artifact it replaces.")
@click.option("--platform", metavar="P", default="", help="The platform of that artifact.")
@click.option("--at", metavar="TIME", help="When it is effective (RFC 3339 or Unix seconds).")
@click.option(
    "--height", metavar="N", type=click.IntRange(1, 2**53 - 1), help="From which height on."
)
@joint_options
def amend(  # noqa: PLR0913 - one argument for each option
    session: Session,
    incident: str,
    reason: str,
    change: Change,
    artifact: Path | None,
    role: str,
    platform: str,
    at: str | None,
    height: int | None,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Propose a change that an incident asks for; the launch scope stays.

    Once enough holders have signed it and its time has come, preflight accepts the file in addition
    to the one of the release. Without --at and --height it is effective at once.
    """
    from aztrust.acts.window.amendment import ChangedFile, amendment
    from aztrust.acts.window.basis import basis_of

    basis = basis_of(load(session, given))
    record = amendment(
        basis,
        change,
        incident,
        reason,
        file=ChangedFile(artifact, role, platform) if artifact is not None else None,
        at_unix_ms=session.at(at) if at is not None else None,
        height=height,
    )
    what = f"amend a {change}"
    how = JointRun(what, f"{what.capitalize()}?", what, yes=yes, dry_run=dry_run, hook=hook)
    run(session, given, basis, (record,), how)
