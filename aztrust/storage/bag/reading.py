"""Reading an archive, a directory or a tar: every file hashed once, with every digest (law 1).

    with opened_bag(path) as bag:
        bag.findings                  # () where every byte is the archived one: core.archive.check
        open_launch(bag.launch)       # only then: what is in it is read from the same files

A tar is unpacked into a directory of this run while it is hashed, so what is judged are the bytes
that were hashed (law 5); no link is made and none followed, and no member leaves the directory
(law 6). It must be in the one spelling of `core.archive.tar`. Memory holds the digests of each file
and the lists; contents pass in blocks.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aztrust.core.archive.check import BagContents, check_bag
from aztrust.core.archive.layout import (
    DECLARATION,
    FILE_COUNT,
    LAUNCH,
    TAG_FILE_LIMIT,
    TAG_FILES,
    BagFile,
)
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape, path_flaw
from aztrust.core.base.value import frozen
from aztrust.storage.bag.hashing import BLOCK, Hasher
from aztrust.storage.directory import Directories
from aztrust.storage.folders import open_regular
from aztrust.storage.presence import is_directory, is_present, is_regular
from aztrust.storage.reading import read_regular


@frozen
class BagReading:
    """An archive as it was read.

    Attributes:
        path: as it was named.
        root: the directory that the bag is in: the named one, or the one a tar was unpacked to;
            None where a tar was only hashed.
        contents: every file with its digests, and the tag files' bytes.
        findings: what is not as it was written; only () permits reading `launch`.
    """

    path: Path
    root: Path | None
    contents: BagContents
    findings: tuple[Finding, ...]

    @property
    def launch(self) -> Path:
        """The launch directory in the bag.

        Raises:
            CouldNotCheck: the tar was only hashed.
        """
        if self.root is None:
            raise CouldNotCheck("the archive was not unpacked", subject=escape(str(self.path)))
        return self.root / LAUNCH


def holds_bag(path: Path) -> bool:
    """Whether a path names an archive, by what is there and not by its name: a directory with
    `bagit.txt`, or a tar file whose first member is in the payload of a bag. A directory without
    it is a launch directory, or nothing; a kit is a tar whose first member is `index.json`.

    Raises:
        CouldNotCheck: it cannot be looked at.
    """
    if is_directory(path):
        return is_present(path / DECLARATION)
    if not is_regular(path):
        return False
    from aztrust.storage.bag.tar import looks_like_bag

    with open_regular(Path(os.path.realpath(path))) as file:
        return looks_like_bag(file.read(BLOCK))


@contextmanager
def opened_bag(path: Path) -> Iterator[BagReading]:
    """An archive, hashed and checked; a tar is unpacked for as long as the block runs.

    Raises:
        CouldNotCheck: it is missing, cannot be read, or changed while it was read.
    """
    if is_directory(path):
        yield read_bag(path)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="aztrust-archive-") as scratch:
        yield read_bag(path, Path(scratch))


def read_bag(path: Path, into: Path | None = None) -> BagReading:
    """An archive, hashed and checked.

    Args:
        path: a directory or a tar; a link that a person names is followed, and none after it.
        into: an empty directory to which a tar is unpacked; None to hash it only.

    Raises:
        CouldNotCheck: it is missing, cannot be read, or changed while it was read.
    """
    resolved = Path(os.path.realpath(path))
    if is_directory(resolved):
        contents, root = _read_directory(resolved), resolved
        return BagReading(path, root, contents, check_bag(contents))
    from aztrust.storage.bag.tar import read_tar

    contents, folder = read_tar(resolved, into)
    unpacked = into / folder if into is not None and folder else None
    return BagReading(path, unpacked, contents, check_bag(contents))


def _read_directory(root: Path) -> BagContents:
    files: dict[str, BagFile] = {}
    texts: dict[str, bytes] = {}
    faults: dict[str, str] = {}
    count = 0
    with Directories(root, ".") as directories:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            descriptor = _entered(directories, folder)
            names = _names(descriptor, folder)
            if not names:
                faults[escape(folder or ".")] = "is an empty directory, which no archive has"
            count += len(names)
            if count > FILE_COUNT:
                raise _unread(".", f"it has more than {FILE_COUNT:,} files")
            below = []
            for name in names:
                path = f"{folder}/{name}" if folder else name
                descriptor = _entered(directories, folder)
                kind = _kind(descriptor, name, path)
                if flaw := path_flaw(path):
                    faults[escape(path)] = f"has a name that {flaw}"
                elif stat.S_ISDIR(kind):
                    below.append(path)
                elif stat.S_ISLNK(kind):
                    faults[escape(path)] = "is a symbolic link, which no archive has"
                elif not stat.S_ISREG(kind):
                    faults[escape(path)] = "is not a regular file"
                else:
                    _hash(descriptor, name, path, files, texts)
            waiting += reversed(below)
    return BagContents(files, texts, faults)


def _entered(directories: Directories, folder: str) -> int:
    try:
        return directories.open(folder)
    except OSError as error:
        raise _unread(folder or ".", f"it cannot be read: {error.strerror}") from None


def _names(descriptor: int, folder: str) -> list[str]:
    try:
        with os.scandir(descriptor) as entries:
            names = [
                os.fsencode(entry.name).decode("utf-8", "surrogateescape") for entry in entries
            ]
    except OSError as error:
        raise _unread(folder or ".", f"it cannot be listed: {error.strerror}") from None
    return sorted(names)


def _kind(descriptor: int, name: str, path: str) -> int:
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return os.stat(raw, dir_fd=descriptor, follow_symlinks=False).st_mode
    except OSError as error:
        raise _unread(path, f"it cannot be looked at: {error.strerror}") from None


def _hash(
    directory: int, name: str, path: str, files: dict[str, BagFile], texts: dict[str, bytes]
) -> None:
    hasher = Hasher(keep=path in TAG_FILES)

    def use(descriptor: int, status: os.stat_result) -> None:
        if path in TAG_FILES and status.st_size > TAG_FILE_LIMIT:
            raise _unread(path, f"it has more than {TAG_FILE_LIMIT:,} bytes")
        # One byte more than announced: a file that grows without end is not followed.
        while hasher.size <= status.st_size and (block := os.read(descriptor, BLOCK)):
            hasher.update(block)

    try:
        status, _ = read_regular(directory, name, None, use)
    except CouldNotCheck as error:
        raise _unread(path, error.message) from None
    if hasher.size != status.st_size:
        raise _unread(path, "its size changed while it was read")
    files[path] = hasher.file()
    if path in TAG_FILES:
        texts[path] = hasher.kept


def _unread(path: str, cause: str) -> CouldNotCheck:
    return CouldNotCheck(
        f"the archive cannot be read: {cause}",
        subject=escape(path),
        mend="make it readable, let nothing write to it, and run again",
        code="unreadable",
    )
