"""The options that say what of a host is read: `preflight`, `confirm` and `exec` have them."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.options import Decorator, complete_file, joined_options

node_key_option = click.option(
    "--node-key",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="priv_validator_key.json (its public part alone is read), or a public key.",
)


def host_options(*, role: str, binary: str) -> Decorator:
    """--role, --binary, --genesis and --home: `roles`, `binaries`, `geneses` and `home`.

    Args:
        role: the help of --role.
        binary: the help of --binary.
    """
    return joined_options(
        click.option("--role", "roles", metavar="ROLE", multiple=True, help=role),
        click.option(
            "--binary",
            "binaries",
            metavar="[ROLE=]FILE",
            shell_complete=complete_file,
            multiple=True,
            help=binary,
        ),
        click.option(
            "--genesis",
            "geneses",
            metavar="[NAME=]FILE",
            shell_complete=complete_file,
            multiple=True,
            help="A genesis file; repeatable where there are several. Else found.",
        ),
        click.option(
            "--home",
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="The node's home; else where the layouts look.",
        ),
    )
