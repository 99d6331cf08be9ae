"""`aztrust init`: a launch directory to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.acts.init import (
    FirstHolder,
    Packages,
    Scaffold,
    answers_with,
    init_launch,
    refuse_launch_here,
)
from aztrust.acts.init_files import NamedFile, files_of
from aztrust.acts.keygen import make_key, own_key, plan_key
from aztrust.cli.app import Session, command
from aztrust.cli.signing import new_passphrase
from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import replace
from aztrust.core.judge.next_steps import vacant_steps
from aztrust.core.policy.describe import plural
from aztrust.core.policy.model import POLICY_PATH, NetworkClass, ProfileName
from aztrust.core.policy.profiles import PROFILES
from aztrust.core.policy.scaffold import CHAINS, Answers, Chain
from aztrust.core.policy.text import vacant_roles
from aztrust.report.lines import labelled
from aztrust.report.steps import step_lines
from aztrust.storage.config import shown

_LINES = {".gitattributes": "* -text", ".gitignore": "*.key"}


@command(
    "init",
    short_help="Start a launch directory.",
    example="aztrust init atlas-launch --chain cosmos --chain-id atlas-zero-1\n"
    "aztrust init atlas --profile solo --release atlasd --genesis genesis.json",
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
@click.option(
    "--profile",
    type=click.Choice(tuple(PROFILES)),
    help="One person, two people, or all that a mainnet takes.",
)
@click.option(
    "--network-class",
    type=click.Choice(["mainnet", "testnet", "devnet"]),
    help="Else that of the profile.",
)
@click.option("--name", metavar="NAME", help="What people call the launch.")
@click.option(
    "--release",
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Copied into packages/release; repeatable. Programs in it are what hosts install.",
)
@click.option(
    "--genesis",
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Copied into packages/genesis; repeatable. The first one is the genesis.",
)
@click.option("--holder", metavar="NAME", help="For solo: who signs; else your only key.")
@click.option(
    "--no-passphrase",
    is_flag=True,
    help="For solo: leave a new private key unencrypted.",
)
def init(  # noqa: PLR0913 - one argument for each option
    session: Session,
    directory: Path,
    chain: Chain,
    chain_id: str | None,
    profile: ProfileName | None,
    network_class: NetworkClass | None,
    name: str | None,
    release: tuple[Path, ...],
    genesis: tuple[Path, ...],
    holder: str | None,
    no_passphrase: bool,
) -> None:
    """Make the launch directory DIR: a commented policy, keys/, packages/.

    What is not given stays a blank, marked TODO in the policy. Nothing is overwritten. With
    --profile solo one person does everything: your key signs, and is made if you have none.
    """
    for option, text in (("--chain-id", chain_id), ("--name", name)):
        if text is not None and not (0 < len(text) <= 200 and text.isprintable()):
            raise UsageError(
                f"{option} is 1 to 200 printable characters", subject=option, mend="type it again"
            )
    if profile != "solo":
        _refuse_solo_options(holder, no_passphrase=no_passphrase)
    elif network_class == "mainnet":
        raise UsageError(
            "a mainnet takes more than one person",
            subject="--profile",
            mend="--profile mainnet; or rehearse alone: --network-class testnet",
        )
    refuse_launch_here(directory)
    files = Packages(files_of(release, "--release"), _in_order(genesis))
    answers = answers_with(Answers(chain, name, network_class, chain_id, profile), files)
    if profile is not None and answers.name is None:
        answers = replace(answers, name=answers.chain_id)
    first = None
    if profile == "solo":
        first = _first_holder(session, holder, no_passphrase=no_passphrase)
    made = init_launch(directory, answers, files, first)
    blanks = f"   {plural(made.blanks, 'blank')} marked TODO" if made.blanks else ""
    lines = [
        *labelled("wrote", f"{escape(str(directory / POLICY_PATH))}{blanks}"),
        *labelled("", "keys/  packages/release/  packages/genesis/"),
        *_habit_lines(made),
        *_installed_lines(answers),
        *(labelled("you", f"{first.name}   keys/{first.name}.pem") if first else ()),
        *_next_lines(directory, profile, made),
    ]
    document = {
        "schema": "aztrust/init",
        "version_major": 1,
        "version_minor": 0,
        "launch": str(directory.absolute()),
        "blanks": made.blanks,
        "written": [POLICY_PATH, *made.written],
        "kept": list(made.kept),
        "profile": profile,
        "holder": first.name if first else None,
    }
    session.emit(document, lines, brief=str(directory / POLICY_PATH))


def _refuse_solo_options(holder: str | None, *, no_passphrase: bool) -> None:
    for option, given in (("--holder", holder is not None), ("--no-passphrase", no_passphrase)):
        if given:
            raise UsageError(
                f"{option} belongs to --profile solo: elsewhere each holder makes a key",
                subject=option,
                mend="after init: aztrust key generate NAME --role ROLE",
            )


def _in_order(paths: tuple[Path, ...]) -> tuple[NamedFile, ...]:
    """The genesis files in the order in which they were named: the first is the genesis."""
    files = files_of(paths, "--genesis")
    names = [path.name for path in paths]
    return tuple(
        sorted(files, key=lambda f: names.index(f.path) if f.path in names else len(names))
    )


def _first_holder(session: Session, name: str | None, *, no_passphrase: bool) -> FirstHolder:
    """The holder of a launch of one person; the key is made where there is none."""
    name, key = own_key(name)
    if key is None:
        plan = plan_key(name, private_dir=None, launch=None)
        passphrase = None if no_passphrase else new_passphrase(session, name)
        key = make_key(plan, algorithm="ecdsa-p256", passphrase=passphrase)
        secured = ", NOT encrypted" if no_passphrase else ""
        session.note(f"private  {shown(plan.private)}  (0600{secured}; never in a work tree)")
    return FirstHolder(name, tuple(role for role, _ in PROFILES["solo"].roles), key)


def _habit_lines(made: Scaffold) -> list[str]:
    lines = []
    if made.written:
        lines += labelled("", "  ".join(f"{name} ({_LINES[name]})" for name in made.written))
    for name in made.kept:
        lines += labelled("kept", f"{name}: make sure that it has the line {_LINES[name]}")
    return lines


def _installed_lines(answers: Answers) -> list[str]:
    lines: list[str] = []
    for file in answers.installed:
        inside = f"{escape(file.member)} in " if file.member else ""
        label = "" if lines else "installs"
        lines += labelled(label, f"{file.platform}   {inside}{escape(file.path)}")
    if answers.genesis_files:
        chain = escape(answers.chain_id) if answers.chain_id else "not in it"
        lines += labelled("genesis", f"{escape(answers.genesis_files[0])}   chain id {chain}")
    return lines


def _next_lines(directory: Path, profile: ProfileName | None, made: Scaffold) -> list[str]:
    import shlex

    here = "" if str(directory) == "." else f"cd {shlex.quote(str(directory))}; "
    if profile is None:
        step = "aztrust key generate NAME (once per holder, each on their own machine)"
        return labelled("next", f"{here}{step}")
    if profile == "solo":
        return labelled("next", f"{here}aztrust {'policy lint' if made.blanks else 'ship'}")
    lines = [f"{'next':<9}{here}git init"] if here else []
    policy = (directory / POLICY_PATH).read_bytes()
    return [*lines, *step_lines(vacant_steps(vacant_roles(policy)), label="" if lines else "next")]
