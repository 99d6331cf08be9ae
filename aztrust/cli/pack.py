"""`aztrust pack`: one file with all of a launch but its packages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import ledger_option
from aztrust.core.base.errors import UsageError

if TYPE_CHECKING:
    from aztrust.acts.pack import Packed


@command(
    "pack",
    short_help="Write the kit that validators download.",
    # A report under a kit's name would be taken for a kit.
    no_output="the kit is the argument, aztrust pack FILE, and its report goes to standard output",
    example="aztrust pack\naztrust pack public/atlas-zero-1.aztrust",
)
@click.argument(
    "kit", required=False, metavar="[KIT]", type=click.Path(dir_okay=False, path_type=Path)
)
@click.option("--to", metavar="FILE", hidden=True, type=click.Path(dir_okay=False, path_type=Path))
@ledger_option
def pack(session: Session, kit: Path | None, to: Path | None, ledger: str | None) -> None:
    """Write the kit: policy, public keys, manifests, records, verdicts; no package, no secret.

    KIT is the file to write; without it, CHAIN_ID.aztrust in the working directory.

    Where there is a ledger, the kit holds all of its entries, its head and its tree: its readers
    can verify that none was left out.

    The same files give the same bytes. A kit does not show whether the launch is complete: its
    readers verify that. Publish the anchor where the kit is not.
    """
    from aztrust.acts.pack import pack as run

    packed = run(session.launch(), _place(kit, to), ledger)
    document = {
        "schema": "aztrust/packed",
        "version_major": 1,
        "version_minor": 0,
        "path": str(packed.path),
        "written": packed.written,
        "size": packed.size,
        "sha256": packed.kit_sha256,
        "policy_digest": packed.policy_digest,
        "chain_id": packed.chain_id,
        "files": [{"path": path, "size": size} for path, size in packed.files.items()],
        "broken": [
            {"code": f.code, "subject": f.subject, "message": f.message} for f in packed.broken
        ],
    }
    session.emit(document, _lines(packed), brief=f"{packed.path}  {packed.kit_sha256}")


def _place(kit: Path | None, to: Path | None) -> Path | None:
    """The kit as it is named; --to is what the argument was called before.

    Raises:
        UsageError: it is named twice.
    """
    if kit is not None and to is not None:
        raise UsageError("the kit is named twice", subject="--to", mend="leave --to out")
    return kit or to


def _lines(packed: Packed) -> list[str]:
    from aztrust.cli.anchor import aloud_lines
    from aztrust.report.lines import labelled

    lines = kit_lines(packed)
    lines += labelled("anchor", "publish it where the kit is NOT (chain site, read aloud):")
    lines += [f"{'':<9}{line}" for line in aloud_lines(packed.policy_digest)]
    return [*lines, *host_lines(packed)]


def host_lines(packed: Packed) -> list[str]:
    """What every host asks of the kit, as it is typed; with the scope once that is settled."""
    import shlex

    from aztrust.core.base.paths import escape
    from aztrust.report.lines import labelled

    kit = escape(shlex.quote(str(packed.path)))
    if not packed.scope_hash:
        return labelled("next", f"publish the kit; on each host: aztrust preflight {kit}")
    return [
        *labelled("next", "publish the kit; on each host, with the scope from another channel:"),
        f"{'':<9}aztrust preflight {kit} --scope \\",
        f"{'':<11}{packed.scope_hash.removeprefix('sha256:')}",
    ]


def kit_lines(packed: Packed) -> list[str]:
    """What was written, and what its readers will find broken in it."""
    from aztrust.core.base.paths import escape
    from aztrust.report.kit import contents
    from aztrust.report.lines import labelled
    from aztrust.report.size import size

    shown = escape(str(packed.path))
    text = f"{shown}   {size(packed.size)}: {contents(packed.files)}. No packages, no secrets."
    lines = labelled("wrote" if packed.written else "same", text)
    if packed.broken:
        count = len(packed.broken)
        lines += labelled(
            "BROKEN", f"{count} {'file is' if count == 1 else 'files are'} in it as they are;"
        )
        lines += labelled("", "no host gets READY from this kit. preflight will answer:")
        for finding in packed.broken:
            lines += labelled("", f"{finding.code}  {escape(finding.subject)}: {finding.message}")
    return lines
