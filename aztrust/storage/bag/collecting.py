"""What else of a launch directory goes into its archive: whole folders, file by file."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from aztrust.core.archive.layout import FILE_COUNT
from aztrust.core.base.canonical import MIB
from aztrust.core.base.errors import Refused
from aztrust.core.base.paths import escape, path_flaw
from aztrust.core.formats.private_keys import private_key_form
from aztrust.storage.folders import LINK, list_folder, open_regular, unreadable
from aztrust.storage.presence import is_present

_SEARCHED: Final = MIB
"""Bytes of each file that are searched for a private key."""


def files_below(launch: Path, folder: str) -> list[str]:
    """The regular files of a folder of the launch directory, relative to it, sorted; [] without it.

    Dot files are an editor's or a file system's, and are left out.

    Raises:
        CouldNotCheck: something in it is a link, a device, or cannot be read.
        Refused: `private-key-exposed`: a file holds a private key.
    """
    found: list[str] = []
    waiting = [folder] if is_present(launch / folder) else []
    while waiting:
        here = waiting.pop()
        for name in _names(launch / here):
            path = f"{here}/{name}"
            mode = os.lstat(launch / path).st_mode
            if path_flaw(path):
                raise unreadable(launch / path, f"its name {path_flaw(path)}")
            if stat.S_ISLNK(mode):
                raise unreadable(launch / path, LINK)
            if stat.S_ISDIR(mode):
                waiting.append(path)
                continue
            refuse_private_key(launch, path)
            found.append(path)
            if len(found) > FILE_COUNT:
                raise unreadable(launch / folder, f"it has more than {FILE_COUNT:,} files")
    return sorted(found)


def _names(folder: Path) -> list[str]:
    try:
        if folder.is_symlink():
            raise unreadable(folder, LINK)
        return [name for name in list_folder(folder) if not name.startswith(".")]
    except OSError as error:
        raise unreadable(folder, error.strerror or str(error)) from None


def refuse_private_key(launch: Path, path: str) -> None:
    """Refuse a file that holds a private key in its first MiB.

    Raises:
        Refused: `private-key-exposed`.
        CouldNotCheck: it cannot be read, or is not a regular file.
    """
    with open_regular(launch / path) as file:
        try:
            form = private_key_form(file.read(_SEARCHED))
        except OSError as error:
            raise unreadable(launch / path, error.strerror or str(error)) from None
    if form:
        raise Refused(
            f"no archive is written: {escape(path)} holds a private key ({form})",
            subject=escape(path),
            code="private-key-exposed",
            mend="move it out of the launch directory; a private key that was here for others to"
            " read is revoked with: aztrust revoke FINGERPRINT --reason compromised",
        )
