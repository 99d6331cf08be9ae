"""A group of commands that is a command itself."""

from __future__ import annotations

import click

from aztrust.cli.app import Group


class DefaultGroup(Group):
    """A group of which one subcommand runs where no other is named: `default`."""

    default: str = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; those that name no subcommand are the default's."""
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        if not named and not ctx.resilient_parsing:
            args = [self.default, *args]
        return super().parse_args(ctx, args)
