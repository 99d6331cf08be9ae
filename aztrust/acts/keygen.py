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
from aztrust.core.checklist.definitions import parse_checklist
from aztrust.core.checklist.lint import roles_of
from aztrust.core.checklist.path import CHECKLIST_LIMIT, CHECKLIST_PATH
from aztrust.core.formats.keys import Algorithm, PublicKey, parse_public_key
from aztrust.core.policy.holder_lines import add_holder_line
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.policy.text import known_roles
from aztrust.signers.local import encrypt_private, generate, public_key
from aztrust.storage.config import make_private_dir, shown
from aztrust.storage.durable import create_exclusive, overwrite
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import KEY_LIMIT, RECORDS, read_policy
from aztrust.storage.localkeys import find_local_key, keys_dir, local_keys
from aztrust.storage.presence import is_present

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_NAMELESS = "me"


@frozen
class KeyPlan:
    """Where the halves of a new key go; `published` is None outside a launch directory."""

    name: str
    private: Path
    public: Path
    published: Path | None


@frozen
class AddedKey:
    """A public key in a launch, and the number of its holder's line in the policy."""

    name: str
    key: PublicKey
    published: Path
    line: int


def own_name() -> str:
    """This user's login name, as a holder can be called; `me` where there is none."""
    import getpass  # only a new key without a name needs it

    try:
        login = getpass.getuser().lower()
    except (KeyError, OSError, ImportError):
        return _NAMELESS
    name = re.sub(r"[^a-z0-9._-]+", "-", login).strip("._-")[:64]
    return name or _NAMELESS


def own_key(name: str | None) -> tuple[str, PublicKey | None]:
    """The key of a person who starts alone: who it is, and the key that is here already, if any.

    Args:
        name: the holder, None for the only key in the configuration directory, else the login name.

    Raises:
        UsageError: several keys are here and no name says which, or its public half is not here.
        CouldNotCheck: the configuration directory cannot be relied on.
    """
    here = local_keys()
    if name is None and len(here) > 1:
        raise UsageError(
            f"{len(here)} keys are here: {', '.join(escape(key.name) for key in here)}",
            subject="--holder",
            mend="say which one signs: --holder NAME",
        )
    if name is None:
        name = here[0].name if here else own_name()
    if find_local_key(name) is None:
        return name, None
    public = keys_dir() / f"{name}.pem"
    if not is_present(public):
        raise UsageError(
            f"the public half of the key {escape(name)} is not next to it",
            subject=shown(public),
            mend=f"put it there as {shown(public)}, or take another name: --holder NAME",
        )
    return name, parse_public_key(read_bounded(public, KEY_LIMIT), name=shown(public))


def check_roles(launch: Path, policy: bytes, roles: tuple[str, ...]) -> None:
    """Refuse a role that has no effect in a launch: it is misspelt more often than meant.

    A checklist asks for roles, too, before the policy names its digest.

    Raises:
        UsageError: its message lists the roles that there are.
        Malformed: the policy is not TOML, or the checklist is none.
        CouldNotCheck: the checklist cannot be read.
    """
    known = known_roles(policy)
    if not set(roles) <= set(known) and is_present(launch / CHECKLIST_PATH):
        checklist = parse_checklist(read_bounded(launch / CHECKLIST_PATH, CHECKLIST_LIMIT))
        known = tuple(dict.fromkeys((*known, *roles_of(checklist))))
    for role in roles:
        if role not in known:
            raise UsageError(
                f"{POLICY_PATH} asks for no role {escape(role)}",
                subject="--role",
                mend=f"its roles are: {', '.join(known)}",
            )


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
    require_holder_name(name)
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


def require_holder_name(name: str) -> None:
    """Refuse a name that no holder can have.

    Raises:
        UsageError: it is not one.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{escape(name)!r} is not a valid name of a holder",
            subject="NAME",
            mend="use a-z, 0-9 and . _ - , at most 64 characters, the first a letter or digit",
        )


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


def add_holder(launch: Path, name: str, roles: tuple[str, ...], fingerprint: str) -> int:
    """Add the holder's line to the launch's policy; its number.

    Raises:
        Malformed: the policy is not TOML.
        Refused: the policy has that holder or that key, or is in use.
        CouldNotCheck: the policy cannot be read or written.
    """
    refuse_policy_in_use(launch)
    data, line = add_holder_line(read_policy(launch), name, roles, fingerprint)
    overwrite(launch / POLICY_PATH, data, within=launch)
    return line


def add_key(launch: Path, file: Path, name: str | None, roles: tuple[str, ...]) -> AddedKey:
    """Put a public key that was sent into a launch: `keys/NAME.pem`, and a holder's line.

    Args:
        launch: the launch directory.
        file: the public key.
        name: the holder; None for the file's name.
        roles: at least one.

    Raises:
        UsageError: not a name that a holder can have, or a role that the policy does not ask for.
        Malformed: the file is not a public key, or the policy is not TOML.
        Refused: a file of that name, the holder or the key is there already; or records depend on
            the policy.
        CouldNotCheck: the file system refused.
    """
    public = parse_public_key(read_bounded(file, KEY_LIMIT), name=shown(file))
    name = file.name.removesuffix(".pem") if name is None else name
    require_holder_name(name)
    refuse_policy_in_use(launch)
    policy = read_policy(launch)
    check_roles(launch, policy, roles)
    data, line = add_holder_line(policy, name, roles, public.fingerprint)
    published = launch / "keys" / f"{name}.pem"
    if published.resolve() != file.resolve():
        create_exclusive(published, public.pem, within=launch)
    overwrite(launch / POLICY_PATH, data, within=launch)
    return AddedKey(name, public, published, line)


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
            mend="change the policy by hand if all holders agree; its new anchor is announced",
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
