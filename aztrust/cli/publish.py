"""`aztrust publish`: what a launch publishes, and whether what is public is that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import anchor_option, given_anchor, ledger_option
from aztrust.core.base.errors import UsageError
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.public_copies import Copy
    from aztrust.acts.publication import Wanted, Written
    from aztrust.core.judge.verify import Verdict


@command(
    "publish",
    short_help="Write what the launch publishes, or check what is public.",
    example="aztrust publish public/\n"
    "aztrust publish --check https://example.org/atlas-zero-1.aztrust",
)
@click.argument("targets", metavar="OUT|URL...", nargs=-1)
@click.option("--check", is_flag=True, help="Download each URL and compare it.")
@ledger_option
@anchor_option
def publish(
    session: Session,
    targets: tuple[str, ...],
    check: bool,
    ledger: str | None,
    anchor: str | None,
) -> int:
    """Write kit, genesis, checksum lists, check.sh and the announcement into the directory OUT.

    Everything is verified first; what does not pass is not published. In a directory with an
    earlier publication, what changed is replaced. With --check, each URL is downloaded and named
    as current, stale, cached or different; exit 0 only where every copy is current.
    """
    from aztrust.acts.publication import plan_publication, write_publication

    if check and not targets:
        raise UsageError("--check needs a URL", mend="aztrust publish --check https://HOST/FILE")
    if not check and len(targets) != 1:
        raise UsageError("name one directory to write to", mend="aztrust publish public/")
    launch = session.launch()
    verdict = _verdict(session, ledger, anchor)
    if verdict.exit_code:
        return _not_published(session, verdict, launch)
    wanted = plan_publication(launch, verdict.context, ledger)
    if check:
        from aztrust.acts.public_copies import check_copies

        return _report(session, check_copies(wanted, launch, targets))
    out = Path(targets[0])
    written = write_publication(wanted, out, launch)
    session.emit(_document(wanted, written), _lines(wanted, written), brief=str(out))
    return 0


def _verdict(session: Session, ledger: str | None, anchor: str | None) -> Verdict:
    from aztrust.acts.anchors import resolve_anchor
    from aztrust.acts.ledger.reading import LedgerOptions
    from aztrust.acts.verify import ReadOptions, verify_files
    from aztrust.cli.progress import progress_line
    from aztrust.core.state.context import Request
    from aztrust.storage.launch import open_launch

    files = open_launch(session.launch())
    evidence = files.evidence()
    anchoring = resolve_anchor(files.path, evidence.policy, given=given_anchor(anchor))
    request = Request(
        now_unix_ms=session.now_unix_ms(),
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        pin_conflicts=anchoring.conflicts,
    )
    with progress_line(session) as progress:
        options = ReadOptions(progress=progress)
        ledger_options = LedgerOptions(ledger, insists=True)
        return verify_files(files, evidence, request, None, options, ledger_options)


def _not_published(session: Session, verdict: Verdict, launch: Path) -> int:
    from aztrust.report.json import report_document
    from aztrust.report.text import brief, text_report

    lines = text_report(verdict, name=launch.name)
    lines += labelled("publish", "nothing was written or compared: the launch does not pass")
    document = report_document(verdict, command="verify")
    session.emit(document, lines, brief=brief(verdict, name=launch.name))
    return verdict.exit_code


def _lines(wanted: Wanted, written: Written) -> list[str]:
    from aztrust.acts.publication import ANNOUNCEMENT
    from aztrust.report.size import size
    from aztrust.storage.config import shown

    lines: list[str] = []
    for label, names in (("wrote", written.written), ("same", written.same)):
        for number, name in enumerate(names):
            file = wanted.named(name)
            amount = size(file.size) if file is not None else ""
            lines += labelled(label if number == 0 else "", f"{name}  {amount}")
    for name in written.removed:
        lines += labelled("removed", name)
    here = shown(written.directory)
    lines += labelled("post", f"{here}/{ANNOUNCEMENT}, where the other files are NOT")
    lines += labelled("upload", f"the other files in {here}, next to the release's artifacts")
    return [*lines, *advice_lines("next", "for each public copy: aztrust publish --check URL")]


def _document(wanted: Wanted, written: Written) -> dict[str, Any]:
    return {
        "schema": "aztrust/published",
        "version_major": 1,
        "version_minor": 0,
        "directory": str(written.directory),
        "written": list(written.written),
        "same": list(written.same),
        "removed": list(written.removed),
        "files": [
            {"name": f.name, "sha256": f.sha256, "size": f.size, "written": f.written}
            for f in wanted.files
        ],
    }


def _report(session: Session, copies: tuple[Copy, ...]) -> int:
    states = {copy.state for copy in copies}
    code = 10 if states & {"stale", "cached", "different"} else 1 if states - {"current"} else 0
    lines: list[str] = []
    for copy in sorted(copies, key=lambda copy: (copy.state == "current", copy.url)):
        lines += labelled(copy.state, copy.url)
        if copy.state == "current":
            continue
        lines += labelled("", copy.cause)
        if copy.actual:
            lines += labelled("have", copy.actual) + labelled("need", copy.expected)
        lines += advice_lines("mend", copy.mend)
    current = sum(copy.state == "current" for copy in copies)
    lines[:0] = [
        f"{'PASS' if not code else 'FAIL' if code == 10 else 'ERROR':<9}"
        f"{current} of {len(copies)} copies are current   exit {code}"
    ]
    document = {
        "schema": "aztrust/public-copies",
        "version_major": 1,
        "version_minor": 0,
        "exit_code": code,
        "copies": [
            {
                "url": copy.url,
                "name": copy.name,
                "state": copy.state,
                "cause": copy.cause or None,
                "mend": copy.mend or None,
                "expected": copy.expected or None,
                "actual": copy.actual or None,
            }
            for copy in copies
        ],
    }
    session.emit(document, lines, brief=f"{current} of {len(copies)} copies are current")
    return code
