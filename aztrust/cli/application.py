"""The program as a group: commands are imported when they are used, and its help lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from aztrust.cli.app import Group
from aztrust.cli.commands import GROUPS, Entry

_ALL = "aztrust.all"


class Application(Group):
    """A group whose commands are imported when they are used, and not before."""

    table: Mapping[str, Entry] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the table's order."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, its module imported now."""
        if cmd_name not in self.table:
            return None
        import importlib

        module, _, attribute = self.table[cmd_name].where.partition(":")
        found = getattr(importlib.import_module(module), attribute)
        return found if isinstance(found, click.Command) else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the program's own words; `--all` counts before and after `--help`."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        if any(parameter.name == "all_commands" for parameter in order):
            show_all(ctx)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, then the program's options: a reader looks for a command."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by group, from the table: no module is imported for it."""
        whole = ctx.meta.get(_ALL, False)
        shown = {name: entry for name, entry in self.table.items() if whole or entry.short}
        width = max(map(len, shown))
        for group, heading in GROUPS.items():
            rows = [(f"{n:<{width}}", e.text) for n, e in shown.items() if e.group == group]
            with formatter.section(heading):
                formatter.write_dl(rows)
        if not whole:
            rest = len(self.table) - len(shown)
            formatter.write_paragraph()
            formatter.write_text(f"{rest} more: {ctx.command_path} --help --all")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Completions of a command name, from the table."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=entry.text)
            for name, entry in self.table.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def show_all(context: click.Context) -> None:
    """Let this run's help list every command."""
    context.meta[_ALL] = True


def all_option() -> click.Option:
    """--all, with --help or alone."""

    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(context.get_help())
            context.exit()

    return click.Option(
        ["--all", "all_commands"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="With --help: every command.",
    )
