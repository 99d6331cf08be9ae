"""`aztrust verify`: recompute everything, and give the verdict."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    anchor_option,
    at_option,
    given_anchor,
    given_scope,
    jobs_option,
    ledger_option,
    scope_option,
)
from aztrust.cli.streams import InputFile
from aztrust.core.policy.model import PackageClass

STAGES = ("sealed", "approved", "frozen")


@command(
    "verify",
    reports=True,
    short_help="Recompute everything and give a verdict.",
    example="aztrust verify\naztrust verify --require sealed --format json -o report.json\n"
    "aztrust verify --report sarif=aztrust.sarif --report junit=aztrust.xml",
)
@click.option(
    "--require",
    type=click.Choice(STAGES),
    help="The stage the launch must have reached; later stages are pending and do not fail."
    " Else frozen once a freeze is recorded, approved before.",
)
@click.option("--only", type=click.Choice(["release", "genesis"]), help="One package; exit 11.")
@jobs_option
@click.option(
    "--since",
    metavar="HEAD",
    type=InputFile(path_type=Path),
    help="A head that was kept: the ledger must extend it.",
)
@click.option(
    "--at-head",
    metavar="HEAD",
    type=InputFile(path_type=Path),
    help="Judge by what was known at this head of the ledger; with --at, also by its time.",
)
@ledger_option
@anchor_option
@scope_option
@at_option
def verify(  # noqa: PLR0913 - one argument for each option
    session: Session,
    require: str | None,
    only: PackageClass | None,
    jobs: int | None,
    since: Path | None,
    at_head: Path | None,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
    at: str | None,
) -> int:
    """Recompute packages, records and signatures, and give a verdict.

    No result of an earlier run is used: every file is read and hashed in this run. Exit 0 means
    that everything passes and that the policy is the announced one. Without an anchor aztrust
    cannot know whether these files are your launch or a stranger's: it exits with 12 even when
    every check passes. A kit has no packages to recompute: it exits with 11 where all else passes.

    Where there is a ledger, the whole ledger is replayed, and it must extend the largest head that
    was ever verified here. Its entries count; an approval that is only in the folder does not.
    """
    from aztrust.cli.progress import progress_line
    from aztrust.storage.launch import open_launch
    from aztrust.storage.tree.ahead import reading_ahead

    launch = open_launch(session.source())
    now = session.at(at)
    evidence = launch.evidence()
    with (
        progress_line(session) as progress,
        reading_ahead(launch, evidence, only or "release", jobs=jobs, progress=progress) as ahead,
    ):
        # Loaded while a large file is being hashed: half of what a verification needs.
        from aztrust.acts.anchors import resolve_anchor
        from aztrust.acts.ledger.reading import LedgerOptions
        from aztrust.acts.verify import ReadOptions, verify_files
        from aztrust.core.base.advice import command as typed
        from aztrust.core.base.paths import escape
        from aztrust.core.checks.check import Stage
        from aztrust.core.state.context import Request
        from aztrust.report.lines import labelled
        from aztrust.report.text import brief, text_report

        anchoring = resolve_anchor(launch.path, evidence.policy, given=given_anchor(anchor))
        request = Request(
            now_unix_ms=now,
            anchor=anchoring.anchor,
            anchor_source=anchoring.source,
            scope=given_scope(scope),
            only=only,
            pin_conflicts=anchoring.conflicts,
        )
        stage = Stage[require.upper()] if require else None
        ledger_options = LedgerOptions(ledger, since, at_head, insists=True)
        read_options = ReadOptions(jobs, progress, ahead)
        verdict = verify_files(launch, evidence, request, stage, read_options, ledger_options)
    document: dict[str, object] = {}
    if session.needs_document:
        from aztrust.report.json import report_document

        document = report_document(verdict, command="verify")
    lines: list[str] = []
    name = launch.path.name
    if session.format == "text":
        lines = text_report(
            verdict,
            verbose=session.verbose,
            name=name,
            as_of=at is not None,
            whole=typed("verify", *(("--require", require) if require else ())),
        )
        if launch.kit is not None:
            note = f"{escape(name)} carries no packages; they were not recomputed"
            lines[1:1] = labelled("kit", note)
    one_line = brief(verdict, name=name, as_of=at is not None)
    session.emit(document, lines, brief=one_line, verdict_first=True)
    return verdict.exit_code
