"""The ledger's files in a launch directory (`manifests/ledger`), read within bounds."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.formats.checkpoint_note import NOTE_LIMIT
from aztrust.core.formats.tiles import CHECKPOINT, FOLDER, claimed_size, parse_path
from aztrust.core.history.published import PublishedLedger
from aztrust.storage.access import note
from aztrust.storage.folders import FOLDER_COUNT, FOLDER_LIMIT, LINK, read_bounded
from aztrust.storage.presence import is_present

if TYPE_CHECKING:
    from aztrust.storage.keptfiles import KeptFiles

_DEPTH: Final = 10
"""Folders of a tile's path: `tile`, the level, five groups of digits, `000.p`, the width."""


def read_published_files(launch: Path, kept: KeptFiles | None = None) -> PublishedLedger | None:
    """The ledger's files in a launch directory; None where there is no such folder.

    Only the files of the log that the head claims are read; the rest are named. No link is
    followed, and everything together is bounded as a folder of records is.

    Args:
        launch: the launch directory.
        kept: what an earlier reading left of its files.
    """
    if not is_present(launch / FOLDER):
        return None
    unread: dict[str, str] = {}
    files: dict[str, bytes] = {}
    paths = listed_files(launch / FOLDER, unread)
    left = FOLDER_LIMIT
    if CHECKPOINT in paths:
        _read(launch, CHECKPOINT, NOTE_LIMIT, files, unread, kept)
    size = claimed_size(files.get(CHECKPOINT, b""))
    others = []
    for path in paths:
        tile = parse_path(path)
        if path == CHECKPOINT:
            continue
        if tile is None or not tile.is_of(size):
            others.append(path)
            continue
        _read(launch, path, min(tile.limit, left), files, unread, kept)
        left -= len(files.get(path, b""))
        if left < 0:
            del files[path]
            unread[path] = f"the files of the ledger have more than {FOLDER_LIMIT:,} bytes together"
            left = 0
    return PublishedLedger(FOLDER, files, tuple(others), unread)


def _read(
    launch: Path,
    path: str,
    limit: int,
    files: dict[str, bytes],
    unread: dict[str, str],
    kept: KeptFiles | None,
) -> None:
    found = launch / FOLDER / path
    try:
        files[path] = read_bounded(found, limit) if kept is None else kept.read(str(found), limit)
    except CouldNotCheck as error:
        unread[path] = error.message


def listed_files(folder: Path, unread: dict[str, str]) -> list[str]:
    """Every path below the folder that is not a directory, sorted; links are listed as files."""
    paths: list[str] = []
    try:
        for path in _walk(folder, "", _DEPTH):
            if len(paths) == FOLDER_COUNT:
                raise OSError(None, f"it has more than {FOLDER_COUNT:,} files")
            paths.append(path)
    except OSError as error:
        unread["."] = f"cannot list it: {error.strerror or error}"
    return sorted(paths)


def _walk(folder: Path, prefix: str, depth: int) -> Iterator[str]:
    if folder.is_symlink():
        raise OSError(None, LINK)
    note(folder, "listed")
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            # Dot files are an editor's or a file system's, as in the folders of records.
            if entry.name.startswith("."):
                continue
            if stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode) and depth:
                yield from _walk(folder / entry.name, f"{path}/", depth - 1)
            else:
                yield path
