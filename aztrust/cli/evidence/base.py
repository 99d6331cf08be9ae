"""`aztrust evidence`: the group, and what its commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from aztrust.cli.app import group

evidence = group(
    "evidence",
    short_help="Files that show the items of the checklist: add, verify, list.",
    text="""The evidence of the readiness checklist (docs/evidence.md).

    A file is named below a root: the launch directory, or a folder that --root names. Its digests
    are signed; every look reads the file again.
    """,
    example="aztrust evidence add D.4 reports/restore.log\naztrust evidence verify",
)

FILE: Final = click.Path(path_type=Path)
root_option = click.option(
    "--root",
    "roots",
    metavar="NAME=DIR",
    multiple=True,
    help="A folder that evidence is below, on this machine; remembered. Else the launch directory.",
)
