"""`aztrust pack`: one file with all of a launch but its packages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import ledger_option

if TYPE_CHECKING:
    from aztrust.acts.pack import Packed


@command(
    "pack",
    short_help="Write the kit that validators download.",
    example="aztrust pack\naztrust pack --to public/atlas-zero-1.aztrust",
)
@click.option(
    "--to",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The kit to write; else CHAIN_ID.aztrust in the working directory.",
)
@ledger_option
def pack(session: Session, to: Path | None, ledger: str | None) -> None:
    """Write the kit: policy, public keys, manifests, records, verdicts; no package, no secret.

    Where there is a ledger, the kit holds all of its entries, its head and their order: its readers
    can verify that none was left out.

    The same files give the same bytes. A kit does not show whether the launch is complete: its
    readers verify that. Publish the anchor where the kit is not. `-o FILE.aztrust` means --to: a
    report under a kit's name would be taken for a kit.
    """
    from aztrust.acts.pack import pack as run
    from aztrust.core.base.value import replace

    if to is None and session.output is not None and session.output.suffix == ".aztrust":
        to, session = session.output, replace(session, output=None)
    packed = run(session.launch(), to, ledger)
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


def _lines(packed: Packed) -> list[str]:
    from aztrust.cli.anchor import aloud_lines
    from aztrust.core.base.advice import command
    from aztrust.core.base.paths import escape
    from aztrust.report.advice import advice_lines
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
    lines += labelled("anchor", "publish it where the kit is NOT (chain site, read aloud):")
    lines += [f"{'':<9}{line}" for line in aloud_lines(packed.policy_digest)]
    then = f"publish the kit; on each host: {command('preflight', shown)}"
    return [*lines, *advice_lines("next", then)]
