"""`aztrust init`: a launch directory to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.acts.init import Scaffold, init_launch
from aztrust.cli.app import Session, command
from aztrust.core.base.advice import quoted
from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.policy.model import POLICY_PATH, NetworkClass
from aztrust.core.policy.scaffold import CHAINS, Answers, Chain
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

_LINES = {".gitattributes": "* -text", ".gitignore": "*.key"}


@command(
    "init",
    short_help="Start a launch directory.",
    example="aztrust init atlas-launch --chain cosmos --chain-id atlas-zero-1",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--chain",
    type=click.Choice(CHAINS),
    default="generic",
    show_default=True,
    help="How the genesis is written.",
)
@click.option("--chain-id", metavar="ID", help="As it is written in the genesis.")
@click.option("--network-class", type=click.Choice(["mainnet", "testnet", "devnet"]))
@click.option("--name", metavar="NAME", help="What people call the launch.")
def init(
    session: Session,
    directory: Path,
    chain: Chain,
    chain_id: str | None,
    network_class: NetworkClass | None,
    name: str | None,
) -> None:
    """Make the launch directory DIR: a commented policy with blanks, keys/, packages/.

    What is not given stays a blank, marked TODO in the policy. Nothing is overwritten.
    """
    for option, text in (("--chain-id", chain_id), ("--name", name)):
        if text is not None and not (0 < len(text) <= 200 and text.isprintable()):
            raise UsageError(
                f"{option} is 1 to 200 printable characters", subject=option, mend="type it again"
            )
    made = init_launch(directory, Answers(chain, name, network_class, chain_id))
    lines = [
        *labelled(
            "wrote",
            f"{escape(str(directory / POLICY_PATH))}   {made.blanks} blanks marked TODO",
        ),
        *labelled("", "keys/  packages/release/  packages/genesis/"),
        *_habit_lines(made),
        *advice_lines("next", _next_step(directory)),
    ]
    document = {
        "schema": "aztrust/init",
        "version_major": 1,
        "version_minor": 0,
        "launch": str(directory.absolute()),
        "blanks": made.blanks,
        "written": [POLICY_PATH, *made.written],
        "kept": list(made.kept),
    }
    session.emit(document, lines, brief=str(directory / POLICY_PATH))


def _habit_lines(made: Scaffold) -> list[str]:
    lines = []
    if made.written:
        lines += labelled("", "  ".join(f"{name} ({_LINES[name]})" for name in made.written))
    for name in made.kept:
        lines += labelled("kept", f"{name}: make sure that it has the line {_LINES[name]}")
    return lines


def _next_step(directory: Path) -> str:
    here = "" if str(directory) == "." else f"cd {quoted(escape(str(directory)))}; "
    return f"{here}aztrust key generate NAME (once per holder, each on their own machine)"
