"""`aztrust provenance`: bundles that show who built the files of the release."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command, group
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

provenance = group(
    "provenance",
    short_help="Bundles that show who built the files.",
    text="""Attestations of the release's build, as Sigstore bundles.

    Where the policy has [[packages.release.provenance]], they are verified at seal, approve,
    freeze and verify.
    """,
    example="aztrust provenance add node.sigstore.json trusted_root.json",
)


@command(
    "add",
    parent=provenance,
    short_help="Copy bundles and trusted roots into the launch.",
    example="aztrust provenance add node.sigstore.json trusted_root.json",
)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
def add(session: Session, files: tuple[Path, ...]) -> None:
    """Copy each FILE to manifests/provenance/, named by its digest.

    A FILE is a Sigstore bundle or a trusted root. Nothing is verified here: the policy says what a
    bundle must show, and every verification reads it again.
    """
    from aztrust.acts.provenance import add_provenance

    added = add_provenance(session.launch(), files)
    lines = []
    for item in added:
        lines += labelled("added" if item.written else "here", item.path)
        for subject in item.subjects:
            lines += [*labelled("about", "the file with this digest"), f"  {subject}"]
        if item.kind == "trusted-root":
            lines += [*labelled("root", "the policy names it by"), f"  {item.sha256}"]
    lines += advice_lines("next", "aztrust verify")
    document = {
        "schema": "aztrust/provenance-added",
        "version_major": 1,
        "version_minor": 0,
        "command": "provenance add",
        "files": [
            {
                "path": item.path,
                "sha256": item.sha256,
                "kind": item.kind,
                "subjects": list(item.subjects),
                "written": item.written,
            }
            for item in added
        ],
    }
    session.emit(document, lines, brief=f"added {sum(item.written for item in added)} files")
