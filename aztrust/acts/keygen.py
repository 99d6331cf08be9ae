"""A new key pair: the private half where only its owner can read it, the public half in the launch.

Everything that can be refused is refused before a passphrase is asked for.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import Algorithm, PublicKey
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.policy.text import append_holder
from aztrust.signers.local import encrypt_private, generate, public_key
from aztrust.storage.config import make_private_dir, shown
from aztrust.storage.durable import create_exclusive, overwrite
from aztrust.storage.launch import RECORDS, read_policy
from aztrust.storage.localkeys import keys_dir
from aztrust.storage.presence import is_present

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@frozen
class KeyPlan:
    """Where the halves of a new key go; `published` is None outside a launch directory."""

    name: str
    private: Path
    public: Path
    published: Path | None


def plan_key(name: str, *, private_dir: Path | None, launch: Path | None) -> KeyPlan:
    """Where a new key would go, after making sure that it may go there.

    Args:
        name: the holder's name, as the policy will have it.
        private_dir: for the private half; None for the user's configuration directory.
        launch: the launch directory that gets `keys/NAME.pem`, if there is one.

    Raises:
        UsageError: not a name that a holder can have.
        Refused: a file is in the way, or the private half would be where others can read it.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{escape(name)!r} is not a valid name of a holder",
            subject="NAME",
            mend="use a-z, 0-9 and . _ - , at most 64 characters, the first a letter or digit",
        )
    directory = (keys_dir() if private_dir is None else private_dir).absolute()
    _refuse_shared(directory)
    plan = KeyPlan(
        name,
        directory / f"{name}.key",
        directory / f"{name}.pem",
        launch / "keys" / f"{name}.pem" if launch else None,
    )
    for path in (plan.private, plan.public, plan.published):
        if path is not None and is_present(path):
            raise Refused(
                f"{shown(path)} already exists; no key is ever overwritten",
                subject=shown(path),
                mend="choose another name"
                if path == plan.published
                else f"choose another name; or use that key: cp {shown(plan.public)} keys/",
            )
    return plan


def make_key(plan: KeyPlan, *, algorithm: Algorithm, passphrase: bytes | None) -> PublicKey:
    """Make the pair and write both halves; the private one encrypted unless `passphrase` is None.

    Raises:
        UsageError: the passphrase is empty.
        Refused: a file appeared in the way.
        CouldNotCheck: the file system refused.
    """
    if passphrase == b"":
        raise UsageError("the passphrase is empty", mend="type one, or ask for --no-passphrase")
    private = generate(algorithm)
    public = public_key(private)
    make_private_dir(plan.private.parent)
    create_exclusive(plan.private, encrypt_private(private, passphrase), mode=0o600)
    create_exclusive(plan.public, public.pem)
    if plan.published is not None:
        create_exclusive(plan.published, public.pem, within=plan.published.parents[1])
    return public


def add_holder(launch: Path, name: str, roles: tuple[str, ...], fingerprint: str) -> None:
    """Append `[holders.NAME]` to the launch's policy.

    Raises:
        Malformed: the policy is not TOML.
        Refused: the policy has that holder, or is in use.
        CouldNotCheck: the policy cannot be read or written.
    """
    refuse_policy_in_use(launch)
    data = append_holder(read_policy(launch), name, roles, fingerprint)
    overwrite(launch / POLICY_PATH, data, within=launch)


def refuse_policy_in_use(launch: Path) -> None:
    """Refuse to change a policy that records already depend on: they name its digest.

    Raises:
        Refused: there is a record.
        CouldNotCheck: the records cannot be listed.
    """
    try:
        used = any(not name.startswith(".") for name in os.listdir(launch / RECORDS))
    except FileNotFoundError:
        return
    except OSError as error:
        raise CouldNotCheck(
            f"cannot list {RECORDS}: {error.strerror or error}",
            subject=RECORDS,
            mend="check the directory's permissions",
        ) from None
    if used:
        raise Refused(
            f"{POLICY_PATH} is in use: records name its digest, and a change invalidates them all",
            subject=POLICY_PATH,
            mend="leave out --add, and change the policy by hand if all holders agree",
        )


def _refuse_shared(directory: Path) -> None:
    """A private key in a work tree or launch directory is published by the next commit."""
    for place in dict.fromkeys((directory, directory.resolve())):
        for parent in (place, *place.parents):
            kind = (
                "the git work tree"
                if is_present(parent / ".git")
                else "the launch directory"
                if is_present(parent / POLICY_PATH)
                else ""
            )
            if kind:
                raise Refused(
                    f"{shown(directory)} is in {kind} {shown(parent)}; a private key there is"
                    " published sooner or later",
                    subject=shown(directory),
                    mend="--private-dir DIR, outside every work tree and launch directory",
                )
