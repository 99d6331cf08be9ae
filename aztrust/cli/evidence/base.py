"""`aztrust evidence`: the group."""

from __future__ import annotations

from aztrust.cli.app import group

evidence = group(
    "evidence",
    short_help="Files that show what was done: keep them with the launch.",
    text="""Files that show what was done, kept with the launch and with their digests.

    They are part of the archive: aztrust archive OUT.
    """,
    example="aztrust evidence log node.log --around bootstrap",
)
