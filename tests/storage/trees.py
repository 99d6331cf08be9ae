"""Small trees for tests, and what reading them should give."""

from __future__ import annotations

import hashlib
from pathlib import Path

from blake3 import blake3

from aztrust.core.package.entries import FileEntry
from aztrust.storage.tree.tree import TreeReading, TreeRequest, read_tree


def make(root: Path, files: dict[str, bytes]) -> Path:
    """Writes the files (a path ending in / is a directory) and returns the root."""
    root.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        target = root / path
        if path.endswith("/"):
            target.mkdir(parents=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return root


def entry(path: str, data: bytes, *, executable: bool = False) -> FileEntry:
    return FileEntry(
        path,
        len(data),
        executable,
        f"sha256:{hashlib.sha256(data).hexdigest()}",
        f"blake3:{blake3(data).hexdigest()}",
    )


def read(root: Path, *, jobs: int = 1, **request) -> TreeReading:
    return read_tree(root.parent, root.name, TreeRequest(**request), jobs=jobs)


def faults(reading: TreeReading) -> list[tuple[str, str]]:
    return [(fault.code, fault.path) for fault in reading.tree.faults]


def paths(reading: TreeReading) -> list[str]:
    return [found.path for found in reading.tree.entries]
