"""Starting a launch directory. Nothing that is there already is touched."""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.init_files import NamedFile, chain_id_of, copy_files, installed_files
from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.keys import PublicKey
from aztrust.core.policy.holder_lines import add_holder_line
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.policy.scaffold import (
    GENESIS_PATH,
    GITATTRIBUTES,
    GITIGNORE,
    RELEASE_PATH,
    Answers,
    chain_id_place,
    count_blanks,
    scaffold_policy,
)
from aztrust.storage.durable import create_exclusive
from aztrust.storage.launch import KEYS
from aztrust.storage.presence import is_present

_HABITS = ((".gitattributes", GITATTRIBUTES), (".gitignore", GITIGNORE))


@frozen
class Scaffold:
    """What was made: `kept` are files of the same name that were there before."""

    directory: Path
    blanks: int
    written: tuple[str, ...]
    kept: tuple[str, ...]


@frozen
class FirstHolder:
    """The person who starts a launch alone, in which roles, with which key."""

    name: str
    roles: tuple[str, ...]
    key: PublicKey


@frozen
class Packages:
    """The files that were named for the two packages; () for one that is filled later."""

    release: tuple[NamedFile, ...] = ()
    genesis: tuple[NamedFile, ...] = ()


def answers_with(answers: Answers, packages: Packages) -> Answers:
    """The answers, with what the files say: what hosts install, and the chain id.

    Raises:
        Refused: `chain-id-mismatch`: the genesis has another chain id than the one that was given.
        CouldNotCheck: a file cannot be read.
    """
    if packages.release:
        answers = replace(answers, installed=installed_files(packages.release))
    if not packages.genesis:
        return answers
    usual = chain_id_place(answers.chain) if answers.chain != "generic" else None
    found = chain_id_of(packages.genesis[0], usual or None)
    if found is not None and answers.chain_id not in (None, found.value):
        raise Refused(
            f"--chain-id is {escape(answers.chain_id or '')}, and the genesis has"
            f" {escape(found.value)} at {found.at}",
            subject=escape(str(packages.genesis[0].source)),
            code="chain-id-mismatch",
            mend="leave out --chain-id, or take the right genesis",
        )
    return replace(
        answers,
        genesis_files=tuple(file.path for file in packages.genesis),
        chain_id_at=found.at if found is not None else usual or "",
        chain_id=found.value if found is not None else answers.chain_id,
    )


def refuse_launch_here(directory: Path) -> None:
    """Refuse to start a launch in a place that cannot become one.

    Raises:
        UsageError: the path is a file.
        Refused: it is a launch directory already.
    """
    shown = escape(str(directory))
    if is_present(directory) and not directory.is_dir():
        raise UsageError(f"{shown} is not a directory", subject=shown, mend="name another one")
    if is_present(directory / POLICY_PATH):
        raise Refused(
            f"{shown} is a launch directory already: it has {POLICY_PATH}",
            subject=shown,
            mend="edit that policy, or name another directory",
        )


def init_launch(
    directory: Path,
    answers: Answers,
    packages: Packages = Packages(),
    holder: FirstHolder | None = None,
) -> Scaffold:
    """Make a launch directory.

    Args:
        directory: where.
        answers: what the policy says; with `answers_with` for the packages.
        packages: files to copy into it.
        holder: the person who does everything, where the profile is that of one person.

    Raises:
        Refused: it is one already, or a file is in the way.
        UsageError: the path is a file.
        CouldNotCheck: the file system refused.
    """
    refuse_launch_here(directory)
    shown = escape(str(directory))
    policy = scaffold_policy(answers)
    if holder is not None:
        policy, _ = add_holder_line(policy, holder.name, holder.roles, holder.key.fingerprint)
    try:
        for relative in (KEYS, RELEASE_PATH, GENESIS_PATH):
            (directory / relative).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot make directories in {shown}: {error.strerror or error}",
            subject=shown,
            mend="check the permissions of the directory above it",
        ) from None
    kept = tuple(name for name, _ in _HABITS if is_present(directory / name))
    for name, text in _HABITS:
        if name not in kept:
            create_exclusive(directory / name, text.encode(), within=directory)
    copy_files(packages.release, directory / RELEASE_PATH, directory)
    copy_files(packages.genesis, directory / GENESIS_PATH, directory)
    if holder is not None:
        create_exclusive(directory / KEYS / f"{holder.name}.pem", holder.key.pem, within=directory)
    # Last, because it is what makes the directory a launch directory.
    create_exclusive(directory / POLICY_PATH, policy, within=directory)
    written = tuple(name for name, _ in _HABITS if name not in kept)
    return Scaffold(directory, count_blanks(policy), written, kept)
