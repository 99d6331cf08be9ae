"""The facts that the observer on this machine saw last, for other commands of the same user.

They are in the user's data directory, by the digest of the policy. They are what this machine saw
and not a record: a command that reads them shows their age.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aztrust.storage.config import data_dir, is_private_dir, make_private_dir
from aztrust.storage.durable import overwrite
from aztrust.storage.folders import read_bounded
from aztrust.storage.presence import is_present

FOLDER: Final = "observed"
LIMIT: Final = 64 * 1024 * 1024


def facts_path(policy_digest: str) -> Path:
    """Where they are.

    Args:
        policy_digest: of the launch's policy, `sha256:…`.

    Raises:
        CouldNotCheck: this user has no home directory.
    """
    return data_dir() / FOLDER / f"{policy_digest.rpartition(':')[2]}.json"


def keep_facts(policy_digest: str, data: bytes) -> None:
    """Put a facts document in the place of the one before, in one step.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    path = facts_path(policy_digest)
    make_private_dir(path.parent)
    overwrite(path, data, mode=0o600)


def read_kept_facts(policy_digest: str) -> bytes | None:
    """The document; None where no observer of this user on this machine wrote one.

    Raises:
        CouldNotCheck: it is there and cannot be read.
    """
    path = facts_path(policy_digest)
    if not is_private_dir(path.parent) or not is_present(path):
        return None
    return read_bounded(path, LIMIT)
