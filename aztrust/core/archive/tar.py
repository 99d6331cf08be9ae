"""The archive as one file: a tar (POSIX.1-2001) in one spelling, payload first, tag files after it.

All members are below one folder, as RFC 8493 section 5 has it. A header follows from path, size and
execute bit: plain ustar, and a pax header before it for what ustar cannot say (a path that is long
or not ASCII, 8 GiB and more). A reader parses a header, writes it anew, and demands the same bytes.
"""

from __future__ import annotations

import re
from typing import Final

from aztrust.core.archive.layout import PAYLOAD
from aztrust.core.kit.ustar import CHECKSUM, MAX_PATH, header, padding

MAX_SIZE: Final = 8 << 30
"""Bytes of the first size that ustar's eleven octal digits cannot say."""
EXTENSION_LIMIT: Final = 16 << 10
"""Bytes of the largest pax header that a path of 4096 bytes needs."""
_EXTENSION: Final = "pax"
_KIND: Final = 156
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._+-]+")


def folder_name(chain_id: str) -> str:
    """The folder that all members are in: of the chain, whatever the file is called."""
    safe = _UNSAFE.sub("-", chain_id).strip("-.")[:60]
    return f"{safe or 'launch'}-archive"


def member_header(path: str, size: int, *, executable: bool) -> bytes:
    """Everything before the contents of a member.

    Args:
        path: with the folder.
        size: of the contents in bytes.
        executable: mode 0755 instead of 0644.
    """
    plain_path = path.isascii() and len(path) <= MAX_PATH
    if plain_path and size < MAX_SIZE:
        return header(path, size, executable=executable)
    records = b""
    if not plain_path:
        records += _record(b"path", path.encode("utf-8", "surrogateescape"))
    if size >= MAX_SIZE:
        records += _record(b"size", b"%d" % size)
    # What a reader without pax takes; it is not the name.
    short = path if plain_path else path.encode("ascii", "replace").decode()[-MAX_PATH:].strip("/")
    extension = _of_kind(header(_EXTENSION, len(records)), b"x")
    own = header(short, size if size < MAX_SIZE else 0, executable=executable)
    return extension + records + padding(len(records)) + own


def _record(key: bytes, value: bytes) -> bytes:
    """`LENGTH KEY=VALUE` and a line feed; the length counts itself (POSIX pax)."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if len(str(length)) > len(str(rest)):
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def _of_kind(block: bytes, kind: bytes) -> bytes:
    block = block[: CHECKSUM.start] + b" " * 8 + block[CHECKSUM.stop :]
    block = block[:_KIND] + kind + block[_KIND + 1 :]
    return block[: CHECKSUM.start] + b"%06o\0 " % sum(block) + block[CHECKSUM.stop :]


def order(path: str) -> tuple[bool, str]:
    """The place of a file of the bag among the members: payload first, sorted within each part."""
    return not path.startswith(PAYLOAD), path
