"""`aztrust audit`: every signed verdict recomputed from an archive or a launch directory alone."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import given_anchor, jobs_option
from aztrust.cli.streams import InputFile

HEAD_LIMIT = 64 * 1024


@command(
    "audit",
    short_help="Recompute every signed verdict from an archive alone.",
    example="aztrust audit launch-archive --anchor HEX\naztrust audit . --timeline\n"
    "aztrust audit launch-archive.tar --html audit.html",
)
@click.argument("place", metavar="ARCHIVE|DIR", type=click.Path(path_type=Path))
@click.option("--at", metavar="TIME", help="Only what was known at this time.")
@click.option(
    "--at-head",
    metavar="HEAD",
    type=InputFile(path_type=Path),
    help="Only what was known at this head of the ledger.",
)
@click.option(
    "--all", "every", is_flag=True, help="Go on after the first verdict that does not recompute."
)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write one page for an auditor, to read and to print.",
)
@click.option("--timeline", is_flag=True, help="What happened in order, and what each record says.")
@click.option(
    "--anchor",
    metavar="HEX",
    help="The policy digest as it was announced; else $AZTRUST_ANCHOR. No pin of yours counts.",
)
@jobs_option
def audit(  # noqa: PLR0913 - one argument for each option
    session: Session,
    place: Path,
    at: str | None,
    at_head: Path | None,
    every: bool,
    html: Path | None,
    timeline: bool,
    anchor: str | None,
    jobs: int | None,
) -> int:
    """Recompute each verdict that was signed, and compare it byte for byte.

    Each is computed again as of the head of the ledger and the time that it names, from the files
    of the archive or launch directory alone: no file of this host, no network, no pinned anchor.
    For each the report lists who signed, on what, what was known then and what came later.

    Exit 0: every verdict recomputes. 10: one does not, and it is named with what differs; or the
    archive or its ledger does not hold. 11: something cannot be recomputed from what is here, such
    as packages that are not in it. 12: all recompute, and no anchor says whose launch this is.
    """
    from aztrust.acts.audit.run import AuditOptions
    from aztrust.acts.audit.run import audit as run
    from aztrust.core.base.errors import UsageError
    from aztrust.report.audit.document import audit_document
    from aztrust.report.audit.text import audit_lines, headline
    from aztrust.storage.config import shown
    from aztrust.storage.folders import read_bounded
    from aztrust.storage.output import write_output

    if at is not None and at_head is not None:
        raise UsageError(
            "--at and --at-head are two answers to one question",
            subject="--at-head",
            mend="give one of them",
        )
    if html is not None:
        session.check_file(html, "--html", [("ARCHIVE", place)])
    head = None if at_head is None else (shown(at_head), read_bounded(at_head, HEAD_LIMIT))
    options = AuditOptions(
        None if at is None else session.at(at),
        head,
        every=every,
        anchor=given_anchor(anchor) or "",
        jobs=jobs,
    )
    audited = run(place, options)
    report = audit_document(audited, command="audit", events=timeline)
    if html is not None:
        from aztrust.report.audit.page import audit_page

        whole = audit_document(audited, command="audit", events=True)
        write_output(html, audit_page(whole).encode())
        session.note(f"wrote    {html}")
    document = report.model_dump(mode="json") if session.needs_document else {}
    lines = audit_lines(report, verbose=session.verbose) if session.format == "text" else []
    session.emit(document, lines, brief=headline(report))
    return report.exit_code
