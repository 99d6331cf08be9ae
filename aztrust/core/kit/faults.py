"""Why bytes are not a kit, as a message. Nothing here decides: the bytes were refused already."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.foreign import is_lfs_pointer
from aztrust.core.base.paths import escape
from aztrust.core.kit.ustar import BLOCK, CHECKSUM, END

CODE: Final = "kit-malformed"
DOWNLOAD: Final = "download it again, from another place if that does not help"
PACK_AGAIN: Final = "this kit was modified; use it as it was packed"

_MAGIC: Final = (
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a zip file"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"BZh", "a bzip2 file"),
    (b"\x7fELF", "an executable"),
)
_TYPES: Final = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a directory",
    b"6": "a FIFO",
    b"7": "a member of a reserved type",
    b"x": "a pax extension",
    b"g": "a pax extension",
    b"L": "a GNU extension (long name)",
    b"K": "a GNU extension (long link)",
    b"S": "a GNU extension (sparse file)",
}


def bad_index(message: str, what: str) -> Malformed:
    """Something about the kit as a whole that no kit has."""
    return Malformed(message, subject=what, code=CODE, mend=PACK_AGAIN)


def bad_path(path: str, what: str) -> Malformed:
    """A member where no kit has one."""
    return bad_index(f"has a member {_place(path, 'where no kit has one')}: {escape(path)}", what)


def truncated(size: int, whole: int | None, what: str) -> Malformed:
    """A kit that ends too early; `whole` is None where not even its index is all there."""
    description = f"{size:,} of {whole:,} bytes" if whole else f"{size:,} bytes, within its index"
    return Malformed(
        f"is cut short: it ends after {description}",
        subject=what,
        code=CODE,
        mend="download it again",
    )


def not_a_kit(data: bytes, what: str) -> Malformed:
    """A file that does not begin as a kit does."""
    start = data[:BLOCK]
    description = next((name for magic, name in _MAGIC if start.startswith(magic)), "")
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    mend = DOWNLOAD
    if not data:
        description = "an empty file"
    elif description.endswith(("gzip file", "zip file", "zstd file", "xz file", "bzip2 file")):
        mend = "a kit is not compressed: download the file itself again, as it was published"
    elif is_lfs_pointer(start):
        description, mend = "a Git-LFS pointer", "fetch what it points to: git lfs pull"
    elif text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        description, mend = "a web page", "download the file itself, not the page that shows it"
    elif _is_tar(start):
        return _foreign_tar(data, what)
    elif b"[launch]" in start:
        description, mend = "a policy", "name the launch directory that it is in"
    elif text.startswith(b"{"):
        description = "a JSON document"
    elif not description:
        description = "something else"
    return Malformed(f"is not a kit but {description}", subject=what, code=CODE, mend=mend)


def unexpected_member(
    data: bytes,
    at: int,
    wanted: str,
    listed: Collection[str],
    seen: Collection[str],
    what: str,
) -> Malformed:
    """Something else is where the header of the member `wanted` must be."""
    block = data[at : at + BLOCK]
    trick = _trick(block, listed, seen)
    if trick:
        return bad_index(trick, what)
    name = _name(block)
    if name != wanted:
        return bad_index(f"has {escape(name)} where its index has {wanted}", what)
    return bad_index(
        f"has a header of {wanted} that packing does not write:"
        " its size, mode, owner, time or spelling is another",
        what,
    )


def unexpected_end(data: bytes, at: int, seen: Collection[str], what: str) -> Malformed:
    """The bytes after a member, or after the last one, are not the zeros that end it."""
    block = data[at : at + BLOCK]
    if at % BLOCK:
        return bad_index(f"has bytes other than zero between two members, at byte {at:,}", what)
    if _is_tar(block):
        return bad_index(_trick(block, (), seen), what)
    if data[at : at + len(END)] == END:
        more = len(data) - at - len(END)
        return bad_index(f"has {more:,} byte{'' if more == 1 else 's'} after its end", what)
    return bad_index(f"does not end as its index says: other bytes are at byte {at:,}", what)


def _foreign_tar(data: bytes, what: str) -> Malformed:
    block = data[:BLOCK]
    name = _name(block)
    if name == "index.json":
        return bad_index("was packed by another tool than aztrust", what)
    trick = _trick(block, (name,) if not _place(name, "") else (), ())
    if trick:
        return bad_index(trick, what)
    return bad_index(f"is a tar archive and no kit: it begins with {escape(name)}", what)


def _trick(block: bytes, listed: Collection[str], seen: Collection[str]) -> str:
    """What a tar header has that no kit has, "" where there is nothing such."""
    if not _is_tar(block):
        return "" if len(block) < BLOCK or not any(block) else "has a damaged header"
    name, kind = _name(block), block[156:157]
    if kind in _TYPES:
        return f"has {_TYPES[kind]}: {escape(name)}"
    if name in seen or name == "index.json":
        return f"has {escape(name)} twice"
    if name not in listed:
        return f"has a member {_place(name, 'that its index does not list')}: {escape(name)}"
    return ""


def _place(path: str, otherwise: str) -> str:
    """What is wrong with a path, as the rest of "has a member"."""
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "with an absolute path"
    if ".." in path.split("/"):
        return "whose path leads out of its folder"
    if "\\" in path:
        return "with a backslash in its path"
    if not path.isascii() or not path.isprintable():
        return "with a path that is not plain text"
    return otherwise


def _is_tar(block: bytes) -> bool:
    """Whether a block is a tar header: its checksum holds."""
    if len(block) < BLOCK:
        return False
    digits = re.fullmatch(rb" *([0-7]+)[\0 ]*", block[CHECKSUM])
    total = sum(block) - sum(block[CHECKSUM]) + 8 * ord(" ")
    return digits is not None and int(digits[1], 8) == total


def _name(block: bytes) -> str:
    name = block[:100].rstrip(b"\0")
    if block[257:263] == b"ustar\0" and block[345:500].rstrip(b"\0"):
        name = block[345:500].rstrip(b"\0") + b"/" + name
    return name.decode("utf-8", "surrogateescape")
