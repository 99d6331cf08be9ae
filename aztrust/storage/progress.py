"""How far a reading has come: counts that a terminal can draw, without a clock of their own."""

from __future__ import annotations

import struct

from aztrust.core.base.value import frozen

_COUNT = struct.Struct("=q")


@frozen
class Progress:
    """Files and bytes done, against what is known so far.

    Until `walked` the totals still grow. The size of a small file is not known before it is
    hashed (asking costs as much as hashing), so `bytes_total` is the bytes done plus those of
    the large files still ahead.
    """

    files_done: int
    bytes_done: int
    files_total: int
    bytes_total: int
    walked: bool


class Counters:
    """Bytes hashed so far of units still at work, in memory shared with forked workers.

    One writer per slot at a time, so no lock. The constructor maps one page of memory.
    """

    SLOTS = 512

    def __init__(self) -> None:
        import mmap

        self._memory = mmap.mmap(-1, self.SLOTS * _COUNT.size)

    def set(self, slot: int, count: int) -> None:
        """Writes one slot (any integer; slots repeat)."""
        _COUNT.pack_into(self._memory, slot % self.SLOTS * _COUNT.size, count)

    def total(self) -> int:
        """The sum over all slots."""
        return sum(count for (count,) in _COUNT.iter_unpack(self._memory[:]))
