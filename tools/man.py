"""Write `docs/man/*.1` from the commands, or with `--check` compare them.

One page for the program and one for each command, with its subcommands. The wheel installs them to
`share/man/man1`. They are kept in the repository, so that a build needs nothing but hatchling.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from aztrust.cli.app import Command, Group
from aztrust.cli.commands import COMMANDS, GROUPS
from aztrust.cli.main import main as program
from aztrust.core.base.version import __version__

PAGES = Path(__file__).resolve().parents[1] / "docs" / "man"
ENVIRONMENT = {
    "AZTRUST_LAUNCH": "The launch directory or kit, where -C is not given.",
    "AZTRUST_ANCHOR": "The policy digest as it was announced, where --anchor is not given.",
    "AZTRUST_SCOPE": "The scope hash as it was announced, where --scope is not given.",
    "AZTRUST_KEY": "The key to sign with, where --key is not given.",
    "AZTRUST_LEDGER": "The ledger's file, where --ledger is not given.",
    "AZTRUST_PASSPHRASE": "The passphrase of a key, for scripts.",
    "NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM": "Colour, where --color is auto.",
}
EXITS = {
    0: "Pass.",
    1: "It could not be checked.",
    2: "A usage error.",
    3: "There is nothing to verify.",
    4: "It was declined.",
    10: "Fail.",
    11: "Hold, or only a part was checked.",
    12: "Everything holds, and no anchor shows that it is the announced launch.",
    130: "It was interrupted.",
}
Lines = Iterator[str]


def escaped(text: str) -> str:
    """Text that roff shows as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    for character, name in (("…", "..."), ("\u2014", "\\(em"), ("`", "\\(ga")):
        text = text.replace(character, name)
    text = text.replace('"', "\\(dq").replace("^", "\\(ha").replace("~", "\\(ti")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def page(command: click.Command, path: tuple[str, ...]) -> str:
    """The page of the program (no path) or of a command."""
    context = _context(command, path)
    title = "-".join(("aztrust", *path))
    short = COMMANDS[path[0]].text if path else "integrity and freeze verification for launches"
    lines = [
        f'.TH {title.upper().replace("-", chr(92) + "-")} 1 "" "aztrust {__version__}" "aztrust"',
        ".SH NAME",
        f"{escaped(title)} \\- {escaped(short[0].lower() + short[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        *_synopses(command, context),
        ".SH DESCRIPTION",
        *_paragraphs(_text(command)),
    ]
    if path and isinstance(command, Group):
        lines += [".SH COMMANDS", *_subcommands(command, path)]
    if not path:
        lines += _command_list()
    lines += [".SH OPTIONS", *_options(command, context, common=True)]
    if not path:
        lines += [".SH EXIT STATUS", *_terms({str(code): text for code, text in EXITS.items()})]
    lines += [".SH ENVIRONMENT", *_terms(ENVIRONMENT)] if not path else []
    lines += [*_example(command), ".SH SEE ALSO", *_see_also(path)]
    return "".join(f"{line}\n" for line in lines)


def _context(command: click.Command, path: tuple[str, ...]) -> click.Context:
    context = click.Context(program, info_name="aztrust", **program.context_settings)
    for word in path[:-1]:
        context = click.Context(_below(program, word), parent=context, info_name=word)
    if not path:
        return context
    return click.Context(command, parent=context, info_name=path[-1])


def _below(group: Group, name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)
    if found is None:
        raise LookupError(f"there is no command {name}")
    return found


def _text(command: click.Command) -> str:
    import inspect

    return inspect.cleandoc(command.help or command.short_help or "")


def _paragraphs(text: str) -> Lines:
    for number, block in enumerate(re.split(r"\n\s*\n", text)):
        if block.startswith("\b\nExit codes"):
            continue  # they have a section of their own
        if number:
            yield ".PP"
        if block.startswith("\b"):
            # A table, each line as it is.
            yield ".nf"
            yield from (escaped(line) for line in block.splitlines()[1:])
            yield ".fi"
        else:
            yield escaped(" ".join(block.split()))


def _synopses(command: click.Command, context: click.Context) -> Lines:
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"\\fB{escaped(context.command_path)}\\fR {escaped(pieces)}"


def _terms(rows: dict[str, str]) -> Lines:
    for term, text in rows.items():
        yield from (".TP", f"\\fB{escaped(term)}\\fR", escaped(text))


def _options(command: click.Command, context: click.Context, *, common: bool) -> Lines:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        shared = parameter.name in COMMON
        if record is not None and record[1] and (common or not shared):
            yield from (".TP", f"\\fB{escaped(record[0])}\\fR", escaped(record[1]))


def _subcommands(group: Group, path: tuple[str, ...]) -> Lines:
    for name in group.list_commands(click.Context(group)):
        command = _below(group, name)
        context = _context(command, (*path, name))
        yield f".SS {escaped(context.command_path)}"
        yield from _synopses(command, context)
        yield ".PP"
        yield from _paragraphs(_text(command))
        yield from _options(command, context, common=False)
    yield ".PP"
    yield "The options of every command: " + escaped(
        "-C, --format, --json, -o, --color, -q, -v; see aztrust(1)."
    )


def _command_list() -> Lines:
    yield ".SH COMMANDS"
    for group, heading in GROUPS.items():
        yield f".SS {escaped(heading)}"
        rows = {f"aztrust-{n}(1)": e.text for n, e in COMMANDS.items() if e.group == group}
        yield from _terms(rows)


def _example(command: click.Command) -> Lines:
    example = command.example if isinstance(command, Command | Group) else ""
    if example:
        yield from (".SH EXAMPLES", ".nf", *map(escaped, example.splitlines()), ".fi")


def _see_also(path: tuple[str, ...]) -> Lines:
    if not path:
        yield ", ".join(f"\\fBaztrust\\-{escaped(name)}\\fR(1)" for name in COMMANDS)
        return
    group = COMMANDS[path[0]].group
    others = [name for name, e in COMMANDS.items() if e.group == group and name != path[0]]
    names = ["aztrust", *(f"aztrust-{name}" for name in others)]
    yield ", ".join(f"\\fB{escaped(name)}\\fR(1)" for name in names)


# Options that every command has: a page of a group names them once.
COMMON = frozenset(
    {"launch", "format", "as_json", "output", "reports", "quiet", "verbose", "color", "help"}
)


def pages() -> dict[Path, str]:
    """Each page's file and text."""
    found = {PAGES / "aztrust.1": page(program, ())}
    for name in COMMANDS:
        found[PAGES / f"aztrust-{name}.1"] = page(_below(program, name), (name,))
    return found


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them; returns the exit code."""
    wanted = pages()
    found = {path: path.read_text("utf-8") for path in PAGES.glob("*.1")}
    if arguments == ["--check"]:
        if found == wanted:
            return 0
        print("docs/man is not what the commands say; mend: make docs", file=sys.stderr)
        return 1
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in found.keys() - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
