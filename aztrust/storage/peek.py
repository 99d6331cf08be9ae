"""The bytes of small files that were hashed a moment ago; the digest proves that they are those."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.package.entries import FileEntry
from aztrust.storage.directory import Directories
from aztrust.storage.hash_stream import read_whole
from aztrust.storage.reading import failure, read_regular


def peek(base: Path, relative: str, entries: Iterable[FileEntry]) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of files of a package that was read in this run.

    Args:
        base: the launch directory.
        relative: the package path inside it.
        entries: what the reading found; only small ones, because each is held in memory.

    Raises:
        CouldNotCheck: a file is no longer the one that was hashed.
    """
    with Directories(base, relative) as directories:
        for entry in entries:
            yield entry.path, _bytes(directories, entry)


def _bytes(directories: Directories, entry: FileEntry) -> bytes:
    parent, _, name = entry.path.rpartition("/")

    def use(descriptor: int, status: os.stat_result) -> bytes:
        return read_whole(descriptor, status.st_size)

    try:
        directory = directories.open(parent)
        _, data = read_regular(directory, name, directories.device, use)
        if sha256_id(data) != entry.sha256:
            raise CouldNotCheck("its bytes changed since it was hashed")
    except (CouldNotCheck, OSError) as caught:
        error = failure(caught) if isinstance(caught, OSError) else caught
        raise CouldNotCheck(
            f"{escape(entry.path)}: {error.message}",
            subject=escape(entry.path),
            mend="find out who is writing there, then run it again",
            code="changed-while-reading",
        ) from None
    return data
