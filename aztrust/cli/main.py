"""`aztrust`: the program, and its own options."""

from __future__ import annotations

import gc
import os
import sys

import click

from aztrust.cli.app import color_option, launch_option
from aztrust.cli.application import Application, all_option
from aztrust.cli.commands import COMMANDS
from aztrust.cli.interrupt import answer_interrupts

_HELP = """Seal a launch's packages, approve them, and verify that nothing changed.

\b
Exit codes
  0 pass                     3 nothing to verify     11 hold, or only a part
  1 could not check          4 declined              12 holds, but no anchor
  2 usage                   10 fail                 130 interrupted
"""


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from aztrust.cli.version import version_lines

    click.echo("\n".join(version_lines()))
    context.exit()


main = Application(
    "aztrust",
    help=_HELP,
    no_args_is_help=True,
    params=[
        launch_option(),
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="The version, and the digest of the installed files.",
        ),
        color_option(),
        all_option(),
    ],
    # Those of every command: click takes them from the context above.
    context_settings={"help_option_names": ["-h", "--help"]},
    # -C is read by the command, from this context.
    callback=lambda launch: None,
)
main.table = COMMANDS
main.example = "aztrust verify --anchor 8f3a91c2...5ac41d06"


def run() -> None:
    """The `aztrust` program."""
    # One command makes few cycles and then ends: looking for them costs time at its start,
    # and all memory is given back by reference counts, or at the end (ADR 4).
    gc.disable()
    answer_interrupts()
    if len(sys.argv) > 1:
        # A shell asks for completions without arguments; with some, a left-over variable would
        # turn the question into a list of words and an exit code of 0.
        os.environ.pop("_AZTRUST_COMPLETE", None)
    try:
        main(prog_name="aztrust")
    finally:
        # Python looks for cycles once more at its end, which takes longer than to judge a launch.
        gc.freeze()
