"""Git-LFS pointers in a package: a pointer in the place of the file that is meant.

A package is read without keeping its contents. Only files of a pointer's size are looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aztrust.core.base.foreign import MAX_POINTER_BYTES, is_lfs_pointer
from aztrust.core.package.entries import FileEntry
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.state.evidence import PackageReading
from aztrust.storage.peek import peek

_MIN_POINTER_BYTES: Final = 100
"""The shortest pointer: version line, SHA-256, a one-digit size."""


def lfs_pointers(
    launch: Path, policy: Policy, package_class: PackageClass, reading: PackageReading
) -> Iterator[str]:
    """The files of a package that are Git-LFS pointers, by path.

    Args:
        launch: the launch directory.
        policy: says where the package is.
        package_class: which package.
        reading: what was read of it.
    """
    entries = reading.tree.entries if reading.tree else ()
    small = [
        e
        for e in entries
        if isinstance(e, FileEntry) and _MIN_POINTER_BYTES <= e.size < MAX_POINTER_BYTES
    ]
    captured = [(e.path, reading.captured[e.path]) for e in small if e.path in reading.captured]
    others = [e for e in small if e.path not in reading.captured]
    path = policy.package(package_class).path
    for name, data in (*captured, *(peek(launch, path, others) if others else ())):
        if is_lfs_pointer(data):
            yield name
