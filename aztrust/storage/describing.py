"""What a program's bytes say about it, while they pass by: header, and Go's build information."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from aztrust.core.base.value import replace
from aztrust.core.host.executable import SLICE_BYTES, TABLE_BYTES, slice_offsets
from aztrust.core.host.reading import FileDescription

CHUNK = 1 << 20


def describe_stream(chunks: Iterable[bytes], size: int) -> FileDescription:
    """What a file looks like. Takes no more chunks than it needs; the rest stays in the iterator.

    Args:
        chunks: the file's bytes from its start.
        size: its whole size in bytes.
    """
    from aztrust.core.host.describe import describe_head
    from aztrust.core.host.gobuild import find_build_info

    starts = _Starts()
    watched = starts.watch(chunks)
    build = find_build_info(watched)
    while not starts.is_complete and next(watched, None) is not None:
        pass
    return replace(describe_head(bytes(starts.head), size, starts.slices), go=build)


class _Starts:
    """The first bytes of a file, and of each slice of a universal program, while they pass by."""

    def __init__(self) -> None:
        self.head = bytearray()
        self.slices: dict[int, bytes] = {}
        self._at = 0
        self._offsets: tuple[int, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether no slice begins behind the chunks that were taken."""
        return self._at >= max(self._offsets, default=-SLICE_BYTES) + SLICE_BYTES

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks."""
        from aztrust.core.host.describe import HEAD_BYTES

        for chunk in chunks:
            if len(self.head) < HEAD_BYTES:
                self.head.extend(chunk[: HEAD_BYTES - len(self.head)])
                self._offsets = slice_offsets(bytes(self.head[:TABLE_BYTES]))
            for offset in self._offsets:
                self._keep(offset, chunk)
            self._at += len(chunk)
            yield chunk

    def _keep(self, offset: int, chunk: bytes) -> None:
        """Add what a chunk has of the start of a slice, which may be in two of them."""
        have = self.slices.get(offset, b"")
        start = offset + len(have) - self._at
        if len(have) < SLICE_BYTES and 0 <= start < len(chunk):
            self.slices[offset] = have + chunk[start : start + SLICE_BYTES - len(have)]


def describe_head_of(descriptor: int, size: int) -> FileDescription:
    """The same by a file's first bytes and its slices alone, without build information."""
    from aztrust.core.host.describe import HEAD_BYTES, describe_head

    head = os.pread(descriptor, HEAD_BYTES, 0)
    inside = (at for at in slice_offsets(head) if at < size)
    return describe_head(head, size, {at: os.pread(descriptor, SLICE_BYTES, at) for at in inside})


def describe_file(descriptor: int, size: int) -> FileDescription:
    """The same of an open file; its read position is not used."""

    def chunks() -> Iterator[bytes]:
        at = 0
        while at < size and (chunk := os.pread(descriptor, min(CHUNK, size - at), at)):
            at += len(chunk)
            yield chunk

    return describe_stream(chunks(), size)
