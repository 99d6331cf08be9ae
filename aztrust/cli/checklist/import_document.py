"""`aztrust checklist import`: a Markdown checklist, or the evidence table of a launch packet."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import checklist


@command(
    "import",
    parent=checklist,
    short_help="Read a Markdown checklist, or a launch packet.",
    example="aztrust checklist import readiness.md -o manifests/checklist.toml\n"
    "aztrust checklist import launch-packet.md --root ~/virtengine",
)
@click.argument("file", metavar="FILE.md", type=click.Path(path_type=Path))
@click.option(
    "--root",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=".",
    help="The folder that the paths of a packet are relative to; else this one.",
)
def import_document(session: Session, file: Path, root: Path) -> int:
    """Make definitions of the tables and task lists in FILE.md, or recompute a packet's digests.

    A document with a table that has the columns Location and SHA-256 is a packet: each file is
    hashed. Exit 10 on a wrong digest or a path that leaves the root; exit 11 while a row is
    pending, or its file is missing. Any other document becomes definitions, which -o writes.
    """
    from aztrust.acts.checklist.document import read_document
    from aztrust.core.checklist.packet import exit_code
    from aztrust.core.checklist.written import checklist_toml
    from aztrust.report.checklist.definitions import definitions
    from aztrust.report.checklist.imported import (
        counted,
        imported_notes,
        packet_document,
        packet_lines,
        summary,
    )

    read = read_document(file, root)
    code = 0
    made = read.imported
    if made is not None:
        notes = imported_notes(read.name, made.ticked, made.left_out)
        lines = checklist_toml(made.checklist, notes).splitlines()
        brief = f"{len(made.checklist.item)} items from {read.name}"
    else:
        code = exit_code(read.rows)
        verdict = {0: "PASS", 10: "FAIL"}.get(code, "PARTIAL")
        brief = f"{verdict:<8} {summary(read.rows)}   exit {code}"
        lines = packet_lines(read.rows, read.name, read.root, brief)
    document = {
        "schema": "aztrust/checklist-import",
        "version_major": 1,
        "version_minor": 0,
        "exit_code": code,
        "file": read.name,
        "sha256": read.sha256,
        "root": read.root or None,
        "definitions": definitions(made.checklist) if made is not None else None,
        "ticked": list(made.ticked) if made is not None else [],
        "count": counted(read.rows),
        "rows": packet_document(read.rows),
    }
    session.emit(document, lines, brief=brief)
    return code
