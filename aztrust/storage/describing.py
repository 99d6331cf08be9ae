"""What a program's bytes say about it, while they pass by: header, and Go's build information."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from aztrust.core.base.value import replace
from aztrust.core.host.reading import FileDescription

CHUNK = 1 << 20


def describe_stream(chunks: Iterable[bytes], size: int) -> FileDescription:
    """What a file looks like. Takes no more chunks than it needs; the rest stays in the iterator.

    Args:
        chunks: the file's bytes from its start.
        size: its whole size in bytes.
    """
    from aztrust.core.host.describe import HEAD_BYTES, describe_head
    from aztrust.core.host.gobuild import find_build_info

    head = bytearray()

    def watched() -> Iterator[bytes]:
        for chunk in chunks:
            if len(head) < HEAD_BYTES:
                head.extend(chunk[: HEAD_BYTES - len(head)])
            yield chunk

    build = find_build_info(watched())
    return replace(describe_head(bytes(head), size), go=build)


def describe_head_of(descriptor: int, size: int) -> FileDescription:
    """The same by a file's first bytes alone, without build information."""
    from aztrust.core.host.describe import HEAD_BYTES, describe_head

    return describe_head(os.pread(descriptor, HEAD_BYTES, 0), size)


def describe_file(descriptor: int, size: int) -> FileDescription:
    """The same of an open file; its read position is not used."""

    def chunks() -> Iterator[bytes]:
        at = 0
        while at < size and (chunk := os.pread(descriptor, min(CHUNK, size - at), at)):
            at += len(chunk)
            yield chunk

    return describe_stream(chunks(), size)
