"""One pass over a descriptor gives SHA-256 and BLAKE3; memory does not grow with the file.

Three ways, chosen by size and by who calls (figures in benchmarks/RESULTS.md):

1. *whole*: a file that fits one block is read at once. Costs the fewest calls per file.
2. *streamed*: a reused block that stays in the processor's cache, or, *paired*, a thread that
   computes SHA-256 while this one reads and computes BLAKE3. Both release the interpreter lock.
3. *mapped*: windows of the page cache without a copy. A file cut short under a mapping kills the
   process that touches it, so this is only for worker processes that the caller can lose.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from blake3 import blake3

WHOLE_LIMIT = 1 << 20
"""Bytes up to which a file is read with one call and hashed as one buffer."""

BLOCK = 256 << 10
"""Bytes hashed at a time by one thread: both passes find them in the second-level cache."""

PAIRED_BLOCK = 2 << 20
PAIRED_BLOCKS = 8
"""Buffers that travel between the two threads, as many as are needed and at most 16 MiB: so far may
reading and BLAKE3 be ahead, so that SHA-256, which takes longest, waits for nothing on a busy
machine either."""

MAPPED_BLOCK = 1 << 20
"""Bytes of a mapping hashed at a time: nothing is copied, so longer runs cost no cache."""

WINDOW = 16 << 20
"""Bytes mapped at a time; large enough that mapping costs nothing, small compared with 120 MiB."""

Advance = Callable[[int], None]
"""Called with a number of bytes each time that many more have been hashed."""


class RawDigest(NamedTuple):
    """Bytes read (one more than announced if the file grew) and the two digests, 32 bytes each."""

    size: int
    sha256: bytes
    blake3: bytes


def digest_whole(descriptor: int, size: int) -> RawDigest:
    """Digests of a file of at most `size` bytes, held in memory."""
    data = read_whole(descriptor, size)
    return RawDigest(len(data), hashlib.sha256(data).digest(), blake3(data).digest())


def read_whole(descriptor: int, size: int) -> bytes:
    """The bytes up to end of file, or to one byte past `size`: the caller compares sizes."""
    data = os.read(descriptor, size + 1)
    if len(data) >= size:
        return data
    parts = [data]
    have = len(data)
    while have <= size and (more := os.read(descriptor, size + 1 - have)):
        parts.append(more)
        have += len(more)
    return b"".join(parts)


def digest_bytes(data: bytes, *, paired: bool) -> RawDigest:
    """Digests of bytes in memory; `paired` computes SHA-256 of many bytes on a second thread."""
    if not paired or len(data) <= WHOLE_LIMIT:
        return RawDigest(len(data), hashlib.sha256(data).digest(), blake3(data).digest())
    import threading

    sha = hashlib.sha256()
    helper = threading.Thread(target=sha.update, args=(data,), name="aztrust-sha256")
    helper.start()
    blake = blake3(data).digest()
    helper.join()
    return RawDigest(len(data), sha.digest(), blake)


def digest_streamed(descriptor: int, size: int, advance: Advance | None = None) -> RawDigest:
    """Digests by one thread over one reused block; stops one block past `size` at the latest."""
    sha, blake = hashlib.sha256(), blake3()
    view = _buffer(BLOCK)
    have = 0
    while have <= size and (count := os.readv(descriptor, [view])):
        block = view[:count]
        sha.update(block)
        blake.update(block)
        have += count
        if advance is not None:
            advance(count)
    return RawDigest(have, sha.digest(), blake.digest())


def digest_input(stream: BinaryIO) -> RawDigest:
    """Digests of everything that comes from a stream without a size: standard input.

    Raises:
        OSError: it cannot be read.
    """
    sha, blake = hashlib.sha256(), blake3()
    have = 0
    while block := stream.read(PAIRED_BLOCK):
        sha.update(block)
        blake.update(block)
        have += len(block)
    return RawDigest(have, sha.digest(), blake.digest())


def digest_paired(descriptor: int, size: int, advance: Advance | None = None) -> RawDigest:
    """Like `digest_streamed`, with SHA-256 on a second thread: twice as fast on two processors."""
    import threading
    from queue import SimpleQueue

    sha, blake = hashlib.sha256(), blake3()
    free: SimpleQueue[memoryview] = SimpleQueue()
    full: SimpleQueue[tuple[memoryview, int] | None] = SimpleQueue()
    more = PAIRED_BLOCKS

    def hash_sha256() -> None:
        for view, count in iter(full.get, None):
            sha.update(view[:count])
            free.put(view)

    helper = threading.Thread(target=hash_sha256, name="aztrust-sha256")
    helper.start()
    have = 0
    try:
        while have <= size:
            if more and free.empty():
                more -= 1
                free.put(_buffer(PAIRED_BLOCK))
            view = free.get()
            count = os.readv(descriptor, [view])
            if not count:
                break
            full.put((view, count))
            blake.update(view[:count])
            have += count
            if advance is not None:
                advance(count)
    finally:
        full.put(None)
        helper.join()
    return RawDigest(have, sha.digest(), blake.digest())


def _buffer(size: int) -> memoryview:
    """Bytes to read into, at the start of a page.

    A `bytearray` of this size starts 16 bytes into one, and that is where some processors (AMD Zen
    3) copy at a quarter of their speed: source and destination then differ by a few bytes in the
    low 12 bits of their addresses.
    """
    import mmap

    return memoryview(mmap.mmap(-1, size))


def digest_mapped(descriptor: int, size: int, advance: Advance | None = None) -> RawDigest:
    """Digests of the first `size` bytes through mappings of `WINDOW` bytes.

    Only for a process that may be lost: SIGBUS ends it if the file is cut short meanwhile.

    Raises:
        OSError, ValueError: the file cannot be mapped, or is already shorter than `size`.
    """
    import mmap

    sha, blake = hashlib.sha256(), blake3()
    flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
    for offset in range(0, size, WINDOW):
        length = min(WINDOW, size - offset)
        with mmap.mmap(descriptor, length, flags, mmap.PROT_READ, offset=offset) as window:
            advise_next(descriptor, offset + length)
            with memoryview(window) as view:
                for start in range(0, length, MAPPED_BLOCK):
                    with view[start : start + MAPPED_BLOCK] as block:
                        sha.update(block)
                        blake.update(block)
        if advance is not None:
            advance(length)
    # A file that grew is found by the caller, which compares the stat.
    return RawDigest(size, sha.digest(), blake.digest())


def advise_next(descriptor: int, offset: int) -> None:
    """Asks the kernel to read the window at `offset` from the disk while this one is hashed."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, WINDOW, os.POSIX_FADV_WILLNEED)
