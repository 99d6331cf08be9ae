"""The private keys in a user's configuration directory, known by their public halves.

`keys/NAME.key` is usually encrypted and shows nothing; `keys/NAME.pem` next to it says which key
it is without a passphrase. The `.pem` is a hint: the code that opens the key compares again.
"""

from __future__ import annotations

import os
from pathlib import Path

from aztrust.core.base.errors import AztrustError, CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import PublicKey, parse_public_key
from aztrust.storage.config import config_dir, is_private_dir
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import KEY_LIMIT
from aztrust.storage.presence import is_present


@frozen
class LocalKey:
    """A private key file; `fingerprint` is "" where no public half is next to it.

    `public` is that half, None where there is none.
    """

    name: str
    path: Path
    fingerprint: str
    public: PublicKey | None = None


def keys_dir(config: Path | None = None) -> Path:
    """The directory of the user's private keys. It need not exist."""
    return (config_dir() if config is None else config) / "keys"


def local_keys(config: Path | None = None) -> tuple[LocalKey, ...]:
    """Every key in the user's configuration directory, sorted by name.

    Raises:
        CouldNotCheck: the directory exists and cannot be listed, or others could write there.
    """
    directory = keys_dir(config)
    if not is_private_dir(directory):
        return ()
    try:
        names = sorted(os.listdir(directory))
    except OSError as error:
        raise CouldNotCheck(
            f"cannot list {escape(str(directory))}: {error.strerror or error}",
            subject=escape(str(directory)),
            mend="name a key file with --key FILE",
        ) from None
    return tuple(
        _local_key(directory, name.removesuffix(".key"))
        for name in names
        if name.endswith(".key") and not name.startswith(".")
    )


def find_local_key(name: str, config: Path | None = None) -> LocalKey | None:
    """The key of that name, or None.

    Raises:
        CouldNotCheck: the directory exists and others could write there.
    """
    if not name or "/" in name or name.startswith("."):
        return None
    directory = keys_dir(config)
    if not is_private_dir(directory) or not is_present(directory / f"{name}.key"):
        return None
    return _local_key(directory, name)


def _local_key(directory: Path, name: str) -> LocalKey:
    public = directory / f"{name}.pem"
    try:
        key = parse_public_key(read_bounded(public, KEY_LIMIT), name=str(public))
    except AztrustError:
        return LocalKey(name, directory / f"{name}.key", "")
    return LocalKey(name, directory / f"{name}.key", key.fingerprint, key)
