"""A group of commands that is a command itself."""

from __future__ import annotations

import click

from aztrust.cli.app import Group


class DefaultGroup(Group):
    """A group of which one subcommand runs where no other is named: `default`."""

    default: str = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; those that name no subcommand are the default's.

        A subcommand may be named after options: `observe -C DIR rules`.
        """
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        if not named and not ctx.resilient_parsing:
            place = self._named_at(ctx, args)
            if place is None:
                args = [self.default, *args]
            else:
                args = [args[place], *args[:place], *args[place + 1 :]]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, and the options of the one that runs where none is named."""
        super().format_options(ctx, formatter)
        default = self.commands[self.default]
        below = click.Context(default, parent=ctx, info_name=self.default)
        options = [one for one in default.params if isinstance(one, click.Option)]
        rows = [row for each in options if (row := each.get_help_record(below))]
        with formatter.section(f"Options where no command is named ({self.default})"):
            formatter.write_dl(rows)

    def _named_at(self, ctx: click.Context, args: list[str]) -> int | None:
        """Where the first word that is neither an option nor its value names a subcommand."""
        default = self.commands[self.default]
        below = click.Context(default, parent=ctx, info_name=self.default)
        arguments = [one.name for one in default.params if isinstance(one, click.Argument)]
        for end in range(1, len(args) + 1):
            try:
                values, _, _ = default.make_parser(below).parse_args(args[:end])
            except click.UsageError:
                # An option without its value yet; one that is not known is refused later.
                continue
            # An argument that is not there yet has a value of click's own.
            if any(isinstance(values.get(name), tuple | str) for name in arguments):
                return end - 1 if args[end - 1] in self.commands else None
        return None
