"""`aztrust evidence`: the group, and what its commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from aztrust.cli.app import group

evidence = group(
    "evidence",
    short_help="What shows that something was done: files of items, logs of nodes.",
    text="""The evidence of a launch: files of the checklist's items, and logs of nodes.

    A file of an item is named below a root: the launch directory, or a folder that --root names.
    Its digests are signed; every look reads the file again (docs/evidence.md). Logs of nodes around
    the bootstrap and the first epochs are kept for the archive (docs/archive.md).
    """,
    example="aztrust evidence add D.4 reports/restore.log\naztrust evidence verify\n"
    "aztrust evidence log node.log --around bootstrap",
)

FILE: Final = click.Path(path_type=Path)
root_option = click.option(
    "--root",
    "roots",
    metavar="NAME=DIR",
    multiple=True,
    help="A folder that evidence is below, on this machine; remembered. Else the launch directory.",
)
