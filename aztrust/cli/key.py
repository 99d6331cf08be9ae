"""`aztrust key`: make a key pair, show which key a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from aztrust.acts.keygen import KeyPlan, add_holder, make_key, plan_key, refuse_policy_in_use
from aztrust.cli.app import Session, command, group
from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify, UsageError
from aztrust.core.formats.keys import PublicKey, parse_public_key
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.policy.text import holder_table, vacant_roles
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled
from aztrust.storage.config import shown
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import KEY_LIMIT, read_policy

key = group(
    "key",
    short_help="Make a key; show a key's fingerprint.",
    example="aztrust key generate rita",
)


@command(
    "generate",
    short_help="Make a key pair and print what goes into the policy.",
    example="aztrust key generate rita\naztrust key generate rita --role release-manager --add",
    parent=key,
)
@click.argument("name")
@click.option(
    "--algorithm",
    type=click.Choice(["p256", "ed25519"]),
    default="p256",
    show_default=True,
    help="Every reader of a verdict accepts p256.",
)
@click.option(
    "--private-dir",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="For the private key; else the user's configuration directory.",
)
@click.option("--no-passphrase", is_flag=True, help="Leave the private key unencrypted.")
@click.option("--role", "roles", metavar="ROLE", multiple=True, help="A role to print; repeatable.")
@click.option("--add", is_flag=True, help="Append the table to the policy, if nothing uses it yet.")
def generate(
    session: Session,
    name: str,
    algorithm: Literal["p256", "ed25519"],
    private_dir: Path | None,
    no_passphrase: bool,
    roles: tuple[str, ...],
    add: bool,
) -> None:
    """Make a key pair for the holder NAME.

    The private half is encrypted and stays with you; the public half goes into the launch
    directory as keys/NAME.pem. $AZTRUST_PASSPHRASE answers for scripts.
    """
    launch = _launch_if_any(session)
    if add:
        if launch is None:
            raise UsageError("--add needs a launch directory", mend="name one with -C")
        refuse_policy_in_use(launch)
    plan = plan_key(name, private_dir=private_dir, launch=launch)
    roles = roles or _suggested(launch)
    if add and not roles:
        raise UsageError("--add needs a role", mend="say which: --role ROLE")
    public = make_key(
        plan,
        algorithm="ed25519" if algorithm == "ed25519" else "ecdsa-p256",
        passphrase=None if no_passphrase else _new_passphrase(session, name),
    )
    if add and launch is not None:
        add_holder(launch, name, roles, public.fingerprint)
    table = holder_table(name, roles or ("TODO",), public.fingerprint)
    lines = [
        *labelled(
            "private",
            f"{shown(plan.private)}  (0600"
            + (", NOT encrypted" if no_passphrase else "")
            + "; never in a work tree)",
        ),
        *_public_lines(plan, launch),
        *_table_lines(table, "added" if add else "paste"),
        *advice_lines("next", _next_step(launch, add=add)),
    ]
    document = {
        "schema": "aztrust/key",
        "version_major": 1,
        "version_minor": 0,
        "name": name,
        **_describe(public),
        "private": str(plan.private),
        "public": str(plan.published or plan.public),
        "encrypted": not no_passphrase,
        "added": add,
        "toml": "".join(f"{line}\n" for line in table),
    }
    session.emit(document, lines, brief=public.fingerprint)


@command(
    "fingerprint",
    short_help="Which key a public key file holds.",
    example="aztrust key fingerprint keys/rita.pem",
    parent=key,
)
@click.argument("file", type=click.Path(path_type=Path))
def fingerprint(session: Session, file: Path) -> None:
    """Print the fingerprint of the public key in FILE, as policies and reports name it."""
    public = parse_public_key(read_bounded(file, KEY_LIMIT), name=shown(file))
    lines = [public.fingerprint, *labelled("kind", public.algorithm)]
    holder = _holder_of(session, public)
    if holder is not None:
        lines += labelled("holder", holder or f"none in {POLICY_PATH}")
    document = {
        "schema": "aztrust/key",
        "version_major": 1,
        "version_minor": 0,
        **_describe(public),
        **({"holder": holder} if holder else {}),
    }
    session.emit(document, lines, brief=public.fingerprint)


def _launch_if_any(session: Session) -> Path | None:
    """The launch directory; a named path that is not one is still an error."""
    try:
        return session.launch()
    except NothingToVerify:
        if session.launch_option:
            raise
        return None


def _suggested(launch: Path | None) -> tuple[str, ...]:
    """The first role without a holder: holders are added one after another."""
    if launch is None:
        return ()
    try:
        return vacant_roles(read_policy(launch))[:1]
    except (Malformed, CouldNotCheck):
        return ()


def _new_passphrase(session: Session, name: str) -> bytes:
    try:
        return session.passphrase(name, twice=True)()
    except CouldNotCheck:
        raise UsageError(
            f"the new key {name} needs a passphrase, and there is no terminal to type one",
            mend="run it in a terminal, set AZTRUST_PASSPHRASE, or --no-passphrase",
        ) from None


def _public_lines(plan: KeyPlan, launch: Path | None) -> list[str]:
    if plan.published is not None and launch is not None:
        return labelled("public", f"keys/{plan.published.name}")
    return [
        *labelled("public", shown(plan.public)),
        *labelled("", f"no launch directory here: it goes there as keys/{plan.public.name}"),
    ]


def _table_lines(table: tuple[str, ...], label: str) -> list[str]:
    # The line with the key keeps its own indent: with the label's it would pass 80 columns.
    head, *rest = table
    return [
        f"{label:<9}{head}",
        *(line if line.startswith(" ") else f"{'':9}{line}" for line in rest),
    ]


def _next_step(launch: Path | None, *, add: bool) -> str:
    if add:
        return "aztrust policy lint"
    if launch is None:
        return "send both to the owner of the launch directory: the file and these lines are public"
    return f"paste it at the end of {POLICY_PATH}; then: aztrust policy lint"


def _describe(public: PublicKey) -> dict[str, str]:
    return {"fingerprint": public.fingerprint, "algorithm": public.algorithm}


def _holder_of(session: Session, public: PublicKey) -> str | None:
    """The holder in the policy here, "" for none; None without a readable policy."""
    from aztrust.core.policy.validate import parse_policy_structure

    try:
        policy = parse_policy_structure(read_policy(session.source()))
    except (NothingToVerify, Malformed, CouldNotCheck):
        return None
    return policy.key_holders().get(public.fingerprint, "")
