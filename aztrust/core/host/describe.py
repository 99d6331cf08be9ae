"""What the first bytes of a file say it is, for a person who has the wrong one in front of them.

The usual wrong files of a launch night: the archive instead of the program in it, the program for
another platform, a saved error page, a Git-LFS pointer, an empty file.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aztrust.core.base.foreign import is_lfs_pointer
from aztrust.core.host.executable import read_executable
from aztrust.core.host.reading import FileDescription

HEAD_BYTES = 64 * 1024
"""First bytes worth handing in: program headers, and the load commands of any real program."""

EMPTY = "empty file"
HTML = "HTML page"
JSON = "JSON text"
LFS_POINTER = "Git-LFS pointer"
SCRIPT = "script"
TEXT = "plain text"
UNKNOWN = "unknown bytes"

_ARCHIVES: Final = (
    (0, b"\x1f\x8b", "gzip archive"),
    (0, b"PK\x03\x04", "zip archive"),
    (0, b"PK\x05\x06", "zip archive"),
    (0, b"\xfd7zXZ\x00", "xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "zstd archive"),
    (0, b"BZh", "bzip2 archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (0, b"!<arch>\n", "Debian package or ar archive"),
    (0, b"\xed\xab\xee\xdb", "RPM package"),
    (257, b"ustar", "tar archive"),
)
ARCHIVES: Final = frozenset(kind for _, _, kind in _ARCHIVES)
"""Kinds with other files in them."""

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<!--")


def describe_head(
    head: bytes, size: int, slices: Mapping[int, bytes] = MappingProxyType({})
) -> FileDescription:
    """What a file looks like; its platforms where it is a program. Never raises.

    Args:
        head: its first bytes, at best `HEAD_BYTES` of them.
        size: its whole size in bytes.
        slices: as for `read_executable`.
    """
    if size == 0:
        return FileDescription(EMPTY)
    program = read_executable(head, slices)
    if program is not None:
        return FileDescription(program.kind, program.platforms)
    for at, magic, kind in _ARCHIVES:
        if head.startswith(magic, at):
            return FileDescription(kind)
    return FileDescription(_describe_text(head))


def _describe_text(head: bytes) -> str:
    if head.startswith(b"#!"):
        return SCRIPT
    if is_lfs_pointer(head):
        return LFS_POINTER
    if not _is_text(head):
        return UNKNOWN
    start = head.removeprefix(_BOM).lstrip(_SPACE)
    if start[:16].lower().startswith(_PAGES):
        return HTML
    # A document of one bare number or word is JSON too, but an operator would not call it that.
    return JSON if start.startswith((b"{", b"[")) else TEXT


def _is_text(head: bytes) -> bool:
    try:
        # Not final: the last character may extend past the end of what was handed in.
        text = getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(c >= " " or c in "\t\r\n\f" for c in text)
