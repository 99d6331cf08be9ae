"""What a file is that was expected to be something else, as far as its first bytes show it.

A clone without Git LFS holds pointers, a browser saves a page, Windows adds marks of a download.
Who reads "not strict JSON" searches; who reads "a Git-LFS pointer" runs one command.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.base.value import frozen

BOM: Final = b"\xef\xbb\xbf"
MAX_POINTER_BYTES: Final = 1024
"""A pointer is always smaller than this (Git LFS specification)."""

_FIRST_LINES = (
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
)
_AGAIN: Final = "get the file itself again, from where it was published"


@frozen
class Foreign:
    """What a file is instead, as the end of "it is …", and how to get the right one."""

    what: str
    mend: str


_STARTS: Final = (
    *(
        (
            line,
            Foreign("a Git-LFS pointer, not the file itself", "fetch the file: git lfs pull"),
        )
        for line in _FIRST_LINES
    ),
    (
        b"[ZoneTransfer]",
        Foreign(
            "the mark that Windows adds to a download (NAME:Zone.Identifier), not a file of the"
            " launch",
            "remove it: it holds nothing but where a file was downloaded from",
        ),
    ),
    (
        b"<<<<<<< ",
        Foreign("a file with the marks of a git conflict", "resolve the conflict: git status"),
    ),
    (b"\xff\xfe", Foreign("UTF-16, not UTF-8", _AGAIN)),
    (b"\xfe\xff", Foreign("UTF-16, not UTF-8", _AGAIN)),
    (b"\x1f\x8b", Foreign("gzip-compressed", "unpack it: gzip -d")),
    (b"\x28\xb5\x2f\xfd", Foreign("zstd-compressed", "unpack it: zstd -d")),
    (b"PK\x03\x04", Foreign("a zip archive", "unpack it: unzip")),
    (b"<", Foreign("a page that begins like HTML or XML", _AGAIN)),
)


def foreign(first_bytes: bytes) -> Foreign | None:
    """What a file is that begins with these bytes (64 or more), None where nothing is known."""
    return next((found for start, found in _STARTS if first_bytes.startswith(start)), None)


def is_lfs_pointer(first_bytes: bytes) -> bool:
    """Whether a file that begins with `first_bytes` (40 or more) is a pointer to content elsewhere.

    Source: the Git LFS specification, "The Pointer": the first line names the version, and the
    former address of the specification is accepted by Git LFS too.
    """
    return first_bytes.startswith(_FIRST_LINES)
