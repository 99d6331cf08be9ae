"""What a package directory holds: entries, and the faults met while reading it (laws 3, 5, 6).

A tree read from disk and the entry list of a manifest are the same type, so that comparing them
is an equality. Paths are relative, `/`-separated, valid UTF-8, and sorted by their UTF-8 bytes
(which is the order of Python's `sorted` on str).
"""

from __future__ import annotations

from typing import Literal

from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.value import frozen


@frozen
class FileEntry:
    """A regular file: size in bytes, the owner's execute bit, both digests with their prefix."""

    path: str
    size: int
    executable: bool
    sha256: Sha256
    blake3: Blake3
    kind: Literal["file"] = "file"


@frozen
class SymlinkEntry:
    """A symbolic link, compared by its target text and never followed."""

    path: str
    target: str
    kind: Literal["symlink"] = "symlink"


@frozen
class DirectoryEntry:
    """An empty directory. One with something in it is implied by the paths below it."""

    path: str
    kind: Literal["directory"] = "directory"


Entry = FileEntry | SymlinkEntry | DirectoryEntry


@frozen
class Fault:
    """Something in a tree that is not an entry: a device, an unsafe name, a file that moved.

    `code` is a finding code; `path` is already escaped for display (`paths.escape`); `path` may
    be the path of an entry too (a file with a set-id bit is hashed all the same).
    """

    code: str
    path: str
    detail: str


@frozen
class Tree:
    """Everything found below a package root, sorted by path; `total_bytes` over all files."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...] = ()
    total_bytes: int = 0


@frozen
class MemberDigest:
    """A file inside an archive, hashed as a stream from the archive bytes of the same reading."""

    size: int
    sha256: str
    blake3: str
