"""`aztrust restore`: put back what git or a release page dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import anchor_option, given_anchor, jobs_option
from aztrust.core.policy.model import PackageClass
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.core.judge.restore_plan import Repairs

SHOWN = 20


@command(
    "restore",
    short_help="Put execute bits, empty directories and links back.",
    example="aztrust restore --dry-run\naztrust restore release",
)
@click.argument("package_class", type=click.Choice(["release", "genesis"]), required=False)
@click.option("--dry-run", is_flag=True, help="Show what would be done.")
@jobs_option
@anchor_option
def restore(
    session: Session,
    package_class: PackageClass | None,
    dry_run: bool,
    jobs: int | None,
    anchor: str | None,
) -> None:
    """Put back the execute bits, empty directories and links of a package whose bytes match.

    The manifest's seal is verified first. Where any byte differs, or a file is there that
    is not sealed, nothing is touched and everything that differs is listed.
    """
    from aztrust.acts.preconditions import read_anchored
    from aztrust.acts.restore import apply_restore, plan_restore
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line

    launch = session.launch()
    context = read_anchored(launch, given_anchor(anchor), session.now_unix_ms())
    with progress_line(session) as progress:
        read_options = ReadOptions(jobs, progress)
        plans = plan_restore(launch, context, package_class, read_options)
        if not dry_run:
            apply_restore(launch, plans, read_options)
    done = sum(len(m.modes) + len(m.directories) + len(m.links) for m in plans.repairs.values())
    lines = [
        *(line for c, m in plans.repairs.items() for line in _lines(c, m, dry_run=dry_run)),
        *advice_lines("next", "aztrust restore" if dry_run and done else "aztrust verify"),
    ]
    document = {
        "schema": "aztrust/restored",
        "version_major": 1,
        "version_minor": 0,
        "command": "restore",
        "dry_run": dry_run,
        "packages": {
            c: {
                "package_id": context.manifest_ids[c],
                "executable": [e.path for e in m.modes if e.executable],
                "not_executable": [e.path for e in m.modes if not e.executable],
                "directories": [e.path for e in m.directories],
                "links": [{"path": e.path, "target": e.target} for e in m.links],
            }
            for c, m in plans.repairs.items()
        },
    }
    verb = "would restore" if dry_run else "restored"
    session.emit(document, lines, brief=f"{verb} {done} entries")


def _lines(package_class: str, repair: Repairs, *, dry_run: bool) -> Iterator[str]:
    from aztrust.core.base.paths import escape

    verb = "would be" if dry_run else "now"
    yield from labelled(
        package_class,
        "" if repair else "nothing to restore: execute bits, directories and links are as sealed",
    )
    rows = [
        *((f"{verb} executable", e.path) for e in repair.modes if e.executable),
        *((f"{verb} not executable", e.path) for e in repair.modes if not e.executable),
        *((f"{verb} an empty directory", e.path) for e in repair.directories),
        *((f"{verb} a link to {escape(e.target)}", e.path) for e in repair.links),
    ]
    for text, path in rows[:SHOWN]:
        yield from labelled("", f"{escape(path)}  {text}")
    if len(rows) > SHOWN:
        yield from labelled("", f"+{len(rows) - SHOWN:,} more")
