"""`aztrust help`: the help of the program, or of the command that is named."""

from __future__ import annotations

import click

from aztrust.cli.app import Group, Session, command
from aztrust.cli.application import show_all
from aztrust.core.base.errors import UsageError
from aztrust.report.escape import visible


@command(
    "help",
    short_help="The help of a command.",
    example="aztrust help verify\naztrust help ledger append\naztrust help --all",
)
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.option("--all", "every", is_flag=True, help="The list of every command.")
def help_command(session: Session, words: tuple[str, ...], every: bool) -> None:
    """Print what COMMAND --help prints; without a command, what aztrust --help prints."""
    if every and words:
        raise UsageError(
            "--all is the list of every command, and no command is named with it",
            mend="aztrust help --all",
        )
    context = click.get_current_context().find_root()
    found: click.Command = context.command
    path = "aztrust"
    for word in words:
        if not isinstance(found, Group):
            raise UsageError(f"{path} has no commands below it", mend=f"{path} --help")
        _, below, _ = found.resolve_command(context, [word])
        if below is None:
            raise UsageError(f"there is no command {visible(word)}", mend=f"{path} --help")
        found = below
        context = click.Context(found, parent=context, info_name=word)
        path = f"{path} {word}"
    if every:
        show_all(context)
    text = context.get_help()
    session.emit(
        {
            "schema": "aztrust/help",
            "version_major": 1,
            "version_minor": 0,
            "command": path,
            "text": text,
        },
        text.splitlines(),
    )
