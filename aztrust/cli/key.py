"""`aztrust key`: make a key pair, show which key a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from aztrust.acts.keygen import (
    KeyPlan,
    add_holder,
    add_key,
    check_roles,
    make_key,
    own_name,
    plan_key,
    refuse_policy_in_use,
)
from aztrust.cli.app import Session, command, group
from aztrust.cli.signing import new_passphrase
from aztrust.cli.streams import InputFile
from aztrust.core.base.errors import (
    CouldNotCheck,
    Malformed,
    NothingToVerify,
    Refused,
    UsageError,
)
from aztrust.core.formats.keys import PublicKey
from aztrust.core.judge.next_steps import Step, vacant_steps
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.policy.text import holder_table, known_roles, vacant_roles
from aztrust.report.lines import labelled
from aztrust.report.steps import step_lines
from aztrust.storage.config import shown
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import KEY_LIMIT, read_policy

key = group(
    "key",
    short_help="Make a key, add one, show a fingerprint.",
    example="aztrust key generate rita",
)


@command(
    "generate",
    short_help="Make a key pair, and add its holder to the policy.",
    example="aztrust key generate rita --role release-manager",
    parent=key,
)
@click.argument("name", required=False)
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
@click.option(
    "--role", "roles", metavar="ROLE", multiple=True, help="A role of the holder; repeatable."
)
@click.option(
    "--add/--no-add",
    default=None,
    help="Write the holder's line into the policy; else done unless records depend on it.",
)
def generate(
    session: Session,
    name: str | None,
    algorithm: Literal["p256", "ed25519"],
    private_dir: Path | None,
    no_passphrase: bool,
    roles: tuple[str, ...],
    add: bool | None,
) -> None:
    """Make a key pair for the holder NAME; without a NAME your login name.

    The private half is encrypted and stays with you. The public half goes into the launch directory
    as keys/NAME.pem, and one line with its fingerprint and its roles into the policy. Two who add
    themselves on two branches, in two roles, merge without a conflict. $AZTRUST_PASSPHRASE answers
    for scripts.
    """
    launch = _launch_if_any(session)
    if add and launch is None:
        raise UsageError("--add needs a launch directory", mend="name one with -C")
    why = ""
    if launch is not None and add is not False:
        why = _policy_in_use(launch, insists=bool(add))
    name = own_name() if name is None else name
    plan = plan_key(name, private_dir=private_dir, launch=launch)
    roles = _roles(session, launch, roles)
    adds = launch is not None and add is not False and not why and bool(roles)
    if add and not adds:
        raise UsageError("--add needs a role", mend="say which: --role ROLE")
    public = make_key(
        plan,
        algorithm="ed25519" if algorithm == "ed25519" else "ecdsa-p256",
        passphrase=None if no_passphrase else new_passphrase(session, name),
    )
    line = add_holder(launch, name, roles, public.fingerprint) if launch and adds else None
    table = holder_table(name, roles or ("TODO",), public.fingerprint)
    lines = [
        *labelled(
            "private",
            f"{shown(plan.private)}  (0600"
            + (", NOT encrypted" if no_passphrase else "")
            + "; never in a work tree)",
        ),
        *_public_lines(plan, launch),
        *(labelled("note", why) if why else ()),
    ]
    if line is not None and launch is not None:
        lines += _added_lines(name, roles, public, line)
        lines += _sharing_lines(launch, name, roles)
    else:
        lines += [*_table_lines(table), *labelled("next", _paste_step(launch))]
    document = {
        "schema": "aztrust/key",
        "version_major": 1,
        "version_minor": 0,
        "name": name,
        **_describe(public),
        "private": str(plan.private),
        "public": str(plan.published or plan.public),
        "encrypted": not no_passphrase,
        "added": line is not None,
        "toml": "".join(f"{text}\n" for text in table),
    }
    session.emit(document, lines, brief=public.fingerprint)


@command(
    "add",
    short_help="Add a holder whose public key you were sent.",
    example="aztrust key add rita.pem --role release-manager",
    parent=key,
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--role", "roles", metavar="ROLE", multiple=True, help="A role of the holder; repeatable."
)
@click.option("--name", metavar="NAME", help="Who it is; else the file's name without .pem.")
def add(session: Session, file: Path, roles: tuple[str, ...], name: str | None) -> None:
    """Put the public key in FILE into keys/, and a line for its holder into the policy.

    Compare the fingerprint with the one that the holder reads out: another file may have
    taken its place on the way.
    """
    launch = session.launch()
    known = known_roles(read_policy(launch))
    if not roles and not session.is_interactive:
        raise UsageError(
            "no role is given",
            subject="--role",
            mend=f"--role ROLE; its roles are: {', '.join(known)}",
        )
    roles = roles or (session.choose("role", known),)
    added = add_key(launch, file, name, roles)
    lines = [
        *labelled("public", f"keys/{added.published.name}"),
        *_added_lines(added.name, roles, added.key, added.line),
        *_sharing_lines(launch, added.name, roles),
    ]
    document = {
        "schema": "aztrust/key",
        "version_major": 1,
        "version_minor": 0,
        "name": added.name,
        **_describe(added.key),
        "public": str(added.published),
        "added": True,
    }
    session.emit(document, lines, brief=added.key.fingerprint)


@command(
    "fingerprint",
    short_help="Which key a public key file holds.",
    example="aztrust key fingerprint keys/rita.pem",
    parent=key,
)
@click.argument("file", type=InputFile(path_type=Path))
def fingerprint(session: Session, file: Path) -> None:
    """Print the fingerprint of a public key, as policies and reports name it; FILE may be -.

    The .pub file of an Ed25519 key of OpenSSH is taken, too, for `aztrust enrol`.
    """
    from aztrust.core.formats.ssh_keys import parse_key_file

    public = parse_key_file(read_bounded(file, KEY_LIMIT), name=shown(file))
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


def _policy_in_use(launch: Path, *, insists: bool) -> str:
    """Why no line is added to the policy; "" where nothing depends on it yet.

    Raises:
        Refused: records depend on it, and --add asks for the line all the same.
    """
    try:
        refuse_policy_in_use(launch)
    except Refused as error:
        if insists:
            raise
        return error.message
    return ""


def _roles(session: Session, launch: Path | None, roles: tuple[str, ...]) -> tuple[str, ...]:
    """The roles that were asked for, else one that has no holder yet: a person chooses it.

    Raises:
        UsageError: the policy asks for no such role.
        Malformed: the policy is not TOML.
    """
    if launch is None:
        return roles
    policy = read_policy(launch)
    if roles:
        check_roles(launch, policy, roles)
        return roles
    vacant = vacant_roles(policy)
    if len(vacant) < 2:
        return vacant
    chosen = session.choose("role", vacant)
    return (chosen,)


def _public_lines(plan: KeyPlan, launch: Path | None) -> list[str]:
    if plan.published is not None and launch is not None:
        return labelled("public", f"keys/{plan.published.name}")
    return [
        *labelled("public", shown(plan.public)),
        *labelled("", f"no launch directory here: it goes there as keys/{plan.public.name}"),
    ]


def _table_lines(table: tuple[str, ...]) -> list[str]:
    # The line with the key keeps its own indent: with the label's it would pass 80 columns.
    head, *rest = table
    return [
        f"{'paste':<9}{head}",
        *(line if line.startswith(" ") else f"{'':9}{line}" for line in rest),
    ]


def _added_lines(name: str, roles: tuple[str, ...], public: PublicKey, line: int) -> list[str]:
    return [
        *labelled("added", f"{name}   {', '.join(roles)}   ({POLICY_PATH}, line {line})"),
        f"  {public.fingerprint}",
    ]


def _sharing_lines(launch: Path, name: str, roles: tuple[str, ...]) -> list[str]:
    """How the line reaches the others, and what they all wait for."""
    import shlex

    where = "" if launch.resolve() == Path.cwd().resolve() else f"-C {shlex.quote(str(launch))} "
    message = shlex.quote(f"add {name} as {' and '.join(roles)}")
    vacant = vacant_roles(read_policy(launch))
    return [
        f"{'next':<9}git {where}add -A && git {where}commit -m {message}",
        *step_lines(vacant_steps(vacant) or (Step("aztrust policy lint"),), label=""),
    ]


def _paste_step(launch: Path | None) -> str:
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
