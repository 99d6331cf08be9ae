"""The loader that a Linux program names: the kernel starts it first, from a path that it looks up.

Read from the program's own headers (System V ABI chapter 5, `PT_INTERP`), and never followed here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

_MAGIC: Final = b"\x7fELF"
_PT_INTERP: Final = 3
_LONGEST: Final = 4096
_MOST: Final = 1024


def loader_of(read: Callable[[int, int], bytes]) -> str:
    """The path of a program's loader; "" where it names none, as one that is linked statically.

    Args:
        read: gives the bytes at an offset, so many or fewer where the file ends.
    """
    head = read(0, 64)
    order = {1: "<", 2: ">"}.get(head[5] if len(head) > 5 else 0, "")
    if not head.startswith(_MAGIC) or not order:
        return ""
    wide = head[4] == 2
    try:
        start = int(
            struct.unpack_from(f"{order}{'Q' if wide else 'I'}", head, 32 if wide else 28)[0]
        )
        size, count = struct.unpack_from(f"{order}2H", head, 54 if wide else 42)
        for number in range(min(count, _MOST)):
            entry = read(start + number * size, size)
            if struct.unpack_from(f"{order}I", entry)[0] != _PT_INTERP:
                continue
            if wide:
                offset, _, _, length = struct.unpack_from(f"{order}4Q", entry, 8)
            else:
                offset, _, _, length = struct.unpack_from(f"{order}4I", entry, 4)
            path = read(offset, min(length, _LONGEST))
            return path.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    except (struct.error, OverflowError):
        # What is cut short names nothing that can be relied on; the kernel refuses it, too.
        return ""
    return ""
