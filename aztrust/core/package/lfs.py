"""Git-LFS pointers: the small text that is where a large file should be."""

from __future__ import annotations

_FIRST_LINES = (
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
)

MAX_POINTER_BYTES = 1024
"""A pointer is always smaller than this (Git LFS specification)."""


def is_lfs_pointer(first_bytes: bytes) -> bool:
    """Whether a file that begins with `first_bytes` (40 or more) is a pointer to content elsewhere.

    Source: the Git LFS specification, "The Pointer": the first line names the version, and the
    former address of the specification is accepted by Git LFS too.
    """
    return first_bytes.startswith(_FIRST_LINES)
