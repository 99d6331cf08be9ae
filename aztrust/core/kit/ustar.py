"""Members of a POSIX ustar archive (IEEE Std 1003.1, "ustar Interchange Format"), in one spelling.

A kit has regular files with two modes and nothing else, so a header follows from a path, a size and
the execute bit. Nothing here reads an archive: a reader compares with what is written here.
"""

from __future__ import annotations

from typing import Final

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
MAX_PATH: Final = 100  # the name field; the prefix field stays empty
# 1980-01-01 00:00 UTC. At zero, GNU tar warns of an implausibly old time stamp.
MTIME: Final = 315_532_800
CHECKSUM: Final = slice(148, 156)


def header(path: str, size: int, *, executable: bool = False) -> bytes:
    """The 512 bytes before a member.

    Args:
        path: ASCII, at most 100 characters.
        size: of the contents in bytes, less than 8 GiB.
        executable: mode 0755 instead of 0644.
    """
    head = b"".join(
        (
            path.encode("ascii").ljust(MAX_PATH, b"\0"),
            b"0000755\0" if executable else b"0000644\0",
            b"0000000\0" * 2,  # user and group
            b"%011o\0" % size,
            b"%011o\0" % MTIME,
            b" " * 8,  # the checksum is taken over blanks in its place
            b"0".ljust(1 + 100, b"\0"),  # a regular file; it links to nothing
            b"ustar\x0000",
            bytes(32 + 32),  # no names of user and group
            b"0000000\0" * 2,  # no device
        )
    ).ljust(BLOCK, b"\0")
    return head[: CHECKSUM.start] + b"%06o\0 " % sum(head) + head[CHECKSUM.stop :]


def padding(size: int) -> bytes:
    """The zeros between contents of this size and the next block."""
    return bytes(-size % BLOCK)


def stored(size: int) -> int:
    """How many bytes a member of this size takes: header, contents and padding."""
    return BLOCK + size + -size % BLOCK
