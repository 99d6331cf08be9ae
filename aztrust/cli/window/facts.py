"""The option that names what the observer saw."""

from __future__ import annotations

from pathlib import Path

import click

facts_option = click.option(
    "--facts",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What the observer saw (observe -o FILE); else what it saw last on this machine.",
)
