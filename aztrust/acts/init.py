"""Starting a launch directory. Nothing that is there already is touched."""

from __future__ import annotations

from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.policy.scaffold import (
    GENESIS_PATH,
    GITATTRIBUTES,
    GITIGNORE,
    RELEASE_PATH,
    Answers,
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


def init_launch(directory: Path, answers: Answers) -> Scaffold:
    """Make a launch directory.

    Raises:
        Refused: it is one already.
        UsageError: the path is a file.
        CouldNotCheck: the file system refused.
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
    policy = scaffold_policy(answers)
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
    # Last, because it is what makes the directory a launch directory.
    create_exclusive(directory / POLICY_PATH, policy, within=directory)
    written = tuple(name for name, _ in _HABITS if name not in kept)
    return Scaffold(directory, count_blanks(policy), written, kept)
