"""The heads that a user keeps: for each launch's ledger the largest one that was ever verified.

They are in the user's configuration directory, out of reach of anyone who hands over a ledger, a
kit or a launch directory. A log that was cut back or forked is whole in itself; only a head from
elsewhere shows it (design 3, "against whom").
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.formats.checkpoint_note import NOTE_LIMIT, VerifiedHead
from aztrust.storage.access import note
from aztrust.storage.config import config_dir, is_private_dir, require_private_dir
from aztrust.storage.durable import overwrite
from aztrust.storage.folders import read_bounded
from aztrust.storage.presence import is_present

FOLDER = "heads"
_LAUNCHES: Final = ".launches"
"""Next to NAME.note: the digests of policies, one a line."""
_LAUNCHES_LIMIT: Final = 256 * 1024
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def head_path(origin: str, keeper: str, config: Path | None = None) -> Path:
    """Where the head of a ledger is kept.

    Args:
        origin: the log's name.
        keeper: the keeper's fingerprint.
        config: the user's configuration directory, where it is another one.

    Raises:
        CouldNotCheck: this user has no home directory.
    """
    digest = hashlib.sha256(f"{origin}\n{keeper}".encode()).hexdigest()
    return (config_dir() if config is None else config) / FOLDER / f"{digest[:16]}.note"


def read_head(path: Path) -> bytes | None:
    """The note of a head that was kept; None where there is none.

    Raises:
        CouldNotCheck: it is there and cannot be read, or others could have put it there.
    """
    if not is_private_dir(path.parent) or not is_present(path):
        return None
    return read_bounded(path, NOTE_LIMIT)


def kept_notes() -> Iterator[tuple[Path, bytes]]:
    """Every note that is kept, by path; one that cannot be read is passed over.

    Raises:
        CouldNotCheck: this user has no home directory, or the folder cannot be listed.
    """
    folder = config_dir() / FOLDER
    note(folder, "listed")
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".note"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise CouldNotCheck(
            f"cannot list {escape(str(folder))}: {error.strerror or error}",
            subject=escape(str(folder)),
            mend="check the permissions of the configuration directory",
        ) from None
    for name in names:
        try:
            yield folder / name, read_bounded(folder / name, NOTE_LIMIT)
        except CouldNotCheck:
            continue


def read_given_head(path: Path) -> bytes:
    """The note in a file that a person names; a link is followed.

    Raises:
        CouldNotCheck: it is missing, unreadable, or not a regular file.
    """
    return read_bounded(Path(os.path.realpath(path)), NOTE_LIMIT)


def keep_head(path: Path, verified: VerifiedHead) -> None:
    """Keep a head in the place of the one before.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    _write(path, verified.note)


def _write(path: Path, data: bytes) -> None:
    try:
        require_private_dir(path.parent)
        overwrite(path, data, mode=0o600)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot write {escape(str(path))}: {error.strerror or error}",
            subject=escape(str(path)),
            mend="check the permissions of the configuration directory",
        ) from None


def note_launch(path: Path, policy_digest: str) -> None:
    """Note that a kept head is of a ledger of the launch with this policy.

    Raises:
        CouldNotCheck: the file system refuses.
    """
    known = launches_of(path)
    if policy_digest in known:
        return
    lines = "".join(f"{digest}\n" for digest in sorted({*known, policy_digest}))
    _write(path.with_suffix(_LAUNCHES), lines.encode())


def launches_of(path: Path) -> frozenset[str]:
    """The digests of the policies whose launches have the ledger of a kept head.

    Raises:
        CouldNotCheck: they cannot be read.
    """
    file = path.with_suffix(_LAUNCHES)
    if not is_private_dir(file.parent) or not is_present(file):
        return frozenset()
    text = read_bounded(file, _LAUNCHES_LIMIT).decode("ascii", "replace")
    return frozenset(_DIGEST.findall(text))
