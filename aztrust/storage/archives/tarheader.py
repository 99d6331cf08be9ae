"""One header of a tar archive: 512 bytes, ustar with the extensions of GNU tar (POSIX pax).

The standard library reads it too, and brings ten modules with it that hashing one member has no
use for. A test holds this reading equal to `tarfile.TarInfo.frombuf`, except that numbers are
octal digits here, where Python also takes `0o17`, `1_7` and `-17`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

RECORD: Final = 512
"""Bytes of a header, and the multiple to which contents are padded."""

REGULAR: Final = frozenset({b"0", b"\0"})
"""Files with contents: ustar, and the oldest form."""

HARD_LINK: Final = b"1"
SYMBOLIC_LINK: Final = b"2"
DIRECTORY: Final = b"5"
SPARSE: Final = b"S"
LONG_NAME: Final = b"L"
LONG_LINK: Final = b"K"
GLOBAL: Final = b"g"
PAX: Final = b"x"
"""A pax header of the next entry."""

EXTENSIONS: Final = frozenset({PAX, GLOBAL, LONG_NAME, LONG_LINK})
"""Headers about other entries."""

WITHOUT_CONTENTS: Final = frozenset({HARD_LINK, SYMBOLIC_LINK, b"3", b"4", DIRECTORY, b"6"})
"""Links, devices, directories and fifos."""

_UNUSED_FROM: Final = {b"ustar\x0000": 500, b"ustar  \0": 345, bytes(8): 345}
"""Magic and version of POSIX, GNU and the oldest format, and where each one's fields end.

What follows is a prefix of the name to some readers, and times or nothing to others.
"""

_NUMBERS: Final = ((100, 108), (108, 116), (116, 124), (136, 148), (329, 337), (337, 345))
_OCTAL: Final = b"01234567"
_ASCII: Final = bytes(range(128))
_PLAIN_NUMBER: Final = re.compile(rb" *[0-7]+[ \0]*|\0*|\x80[\0-\xff]*", re.DOTALL)


class TarHeader(NamedTuple):
    """Name and link target (not UTF-8: surrogateescape), kind (one byte), bytes that follow."""

    name: str
    kind: bytes
    size: int
    link: str = ""


def parse_header(data: bytes) -> TarHeader:
    """The header in these bytes.

    Raises:
        ValueError: it is damaged; the text says how.
    """
    if len(data) != RECORD:
        raise ValueError("truncated header")
    checksum = data[148:156]
    if not _PLAIN_NUMBER.fullmatch(checksum) or _number(checksum) not in _checksums(data):
        raise ValueError("bad checksum")
    for start, end in _NUMBERS:
        _number(data[start:end])
    name, prefix, kind = _text(data[0:100]), _text(data[345:500]), data[156:157]
    if kind == b"\0" and name.endswith("/"):
        # How directories were written before there was a kind for them.
        kind = DIRECTORY
    if kind == DIRECTORY:
        name = name.rstrip("/")
    if prefix and kind not in (SPARSE, LONG_NAME, LONG_LINK):
        name = f"{prefix}/{name}"
    return TarHeader(name, kind, _number(data[124:136]), _text(data[157:257]))


def disputed(data: bytes) -> str:
    """What readers take differently in a header that is whole, as the end of "it has …"; or ""."""
    if not _PLAIN_NUMBER.fullmatch(data[124:136]):
        return "a size that is not a plain number"
    unused_from = _UNUSED_FROM.get(data[257:265])
    if unused_from is None:
        return "a format that is neither POSIX's nor GNU's"
    if data[156:157] != SPARSE and any(data[unused_from:]):
        return "a prefix or other bytes that its format does not know"
    return ""


def resembles_header(data: bytes) -> bool:
    """Whether some lenient tar takes these bytes for a header: by its checksum, however written."""
    digits = re.search(rb"[0-7]+", data[148:156])
    return len(data) == RECORD and digits is not None and int(digits[0], 8) in _checksums(data)


def _checksums(data: bytes) -> tuple[int, int]:
    """The sum of all bytes, the checksum itself taken as spaces: unsigned, and as old tars did."""
    counted = data[:148] + b" " * 8 + data[156:]
    total = sum(counted)
    # Bytes above 127 are what remains when the others are deleted.
    return total, total - 256 * len(counted.translate(None, _ASCII))


def _number(field: bytes) -> int:
    if field[0] in (0o200, 0o377):
        # GNU tar: big-endian two's complement, the first byte only its sign.
        return int.from_bytes(field[1:]) - (256 ** (len(field) - 1) if field[0] == 0o377 else 0)
    digits = field.split(b"\0")[0].strip()
    if digits.strip(_OCTAL):
        raise ValueError("invalid header")
    return int(digits or b"0", 8)


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "surrogateescape")
