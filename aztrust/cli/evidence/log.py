"""`aztrust evidence log`: logs of nodes around the bootstrap and the first epochs."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.evidence.base import evidence


@command(
    "log",
    parent=evidence,
    short_help="Keep node logs of the bootstrap and the first epochs.",
    example="aztrust evidence log val-a.log --node val-a --around bootstrap --around first-epochs",
)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--around",
    required=True,
    multiple=True,
    type=click.Choice(("bootstrap", "first-epochs")),
    help="What of the launch each FILE covers; again for both.",
)
@click.option("--node", metavar="NAME", default="", help="Whose logs they are.")
def log(session: Session, files: tuple[Path, ...], around: tuple[str, ...], node: str) -> None:
    """Copy each FILE to evidence/logs/, named by its digest, with a document that says what it is.

    A launch preserves the logs around its bootstrap and its first epochs (AZ-37.1). Nothing is
    signed and no check rests on a log. A note in the ledger with its digest shows later that it was
    there by then.
    """
    from aztrust.acts.evidence_log import keep_logs
    from aztrust.report.advice import advice_lines
    from aztrust.report.lines import labelled
    from aztrust.report.size import size

    kept = keep_logs(session.launch(), files, around, node, session.now_unix_ms())
    lines: list[str] = []
    for item in kept:
        word = "kept" if item.written else "here"
        lines += labelled(word, f"{item.log.path}   {item.log.name}, {size(item.log.size)}")
        lines += labelled("", item.log.sha256)
    first = kept[0].log.sha256
    lines += advice_lines("next", f"aztrust window note 'node log {first}' --key K")
    document = {
        "schema": "aztrust/evidence-logs",
        "version_major": 1,
        "version_minor": 0,
        "command": "evidence log",
        "logs": [
            {
                "path": item.log.path,
                "name": item.log.name,
                "node": item.log.node,
                "around": list(item.log.around),
                "size": item.log.size,
                "sha256": item.log.sha256,
                "blake3": item.log.blake3,
                "taken_at_unix_ms": item.log.taken_at_unix_ms,
                "written": item.written,
            }
            for item in kept
        ],
    }
    session.emit(document, lines, brief=f"kept {sum(item.written for item in kept)} logs")
