"""Units of hashing work: picklable in, picklable out, for any `concurrent.futures.Executor`.

A worker opens the package root and each directory itself, part by part, so a unit can run in a
thread, in another process, or on another machine that sees the same file system. Results are
columns, not objects: 64 bytes of digests and a few more per file cross a process boundary.
"""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Callable
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import frozen
from aztrust.storage import hash_stream
from aztrust.storage.directory import Directories
from aztrust.storage.progress import Counters
from aztrust.storage.reading import SPECIAL_MODE, check_size, failure, read_regular
from aztrust.storage.tree.walk import Part

HASHED, EXECUTABLE, SPECIAL, DEFERRED = 1, 2, 4, 8
"""Bits of `BatchResult.flags`; 0 is a file with a problem instead of a digest."""

NO_DIGEST = bytes(64)


@frozen
class Batch:
    """Files to hash below `base`/`relative`.

    Attributes:
        defer_above: a file of more bytes is answered with `DEFERRED` and its size, unread; the
            caller then gives it a unit of its own. None hashes everything.
        paired: compute SHA-256 and BLAKE3 of a large file on two threads.
        mapped: read large files through mappings; only for a process that may be lost.
        slot: where a forked worker counts its bytes; -1 for nowhere.
    """

    base: str
    relative: str
    parts: tuple[Part, ...]
    defer_above: int | None = None
    paired: bool = False
    mapped: bool = False
    slot: int = -1


@frozen
class BatchResult:
    """One item per file in the order of the batch: flags, size, 32 + 32 bytes of digests.

    `problems` are (index, finding code, detail).
    """

    flags: bytes
    sizes: array[int]
    digests: bytes
    problems: tuple[tuple[int, str, str], ...]

    def digest(self, index: int) -> tuple[str, str]:
        """SHA-256 and BLAKE3 of one file, with their prefixes."""
        start = index * 64
        sha256 = self.digests[start : start + 32].hex()
        blake3 = self.digests[start + 32 : start + 64].hex()
        return f"sha256:{sha256}", f"blake3:{blake3}"


class Columns:
    """A `BatchResult` while it is being filled."""

    __slots__ = ("digests", "flags", "problems", "sizes")

    def __init__(self) -> None:
        self.flags = bytearray()
        self.sizes = array("q")
        self.digests: list[bytes] = []
        self.problems: list[tuple[int, str, str]] = []

    def hashed(self, status: os.stat_result, raw: hash_stream.RawDigest) -> None:
        """A file that was read to its end and held still."""
        size, sha256, blake3 = raw
        mode = status.st_mode
        flags = HASHED
        if mode & stat.S_IXUSR:
            flags |= EXECUTABLE
        if mode & SPECIAL_MODE:
            flags |= SPECIAL
        self.flags.append(flags)
        self.sizes.append(size)
        self.digests += (sha256, blake3)

    def deferred(self, size: int) -> None:
        """A file that is too large for this batch."""
        self._no_digest(DEFERRED, size)

    def problem(self, error: CouldNotCheck) -> None:
        """A file that could not be read, or moved meanwhile."""
        self.problems.append((len(self.flags), error.code, error.message))
        self._no_digest(0, 0)

    def _no_digest(self, flag: int, size: int) -> None:
        self.flags.append(flag)
        self.sizes.append(size)
        self.digests.append(NO_DIGEST)

    def result(self) -> BatchResult:
        """The finished columns."""
        return BatchResult(
            bytes(self.flags), self.sizes, b"".join(self.digests), tuple(self.problems)
        )


def hash_batch(batch: Batch) -> BatchResult:
    """Hashes a batch from scratch: the top-level function that is handed to an executor.

    Raises:
        CouldNotCheck: the package root itself cannot be opened any more.
    """
    with Directories(Path(batch.base), batch.relative) as directories:
        return hash_parts(directories, batch, _counting(batch.slot))


_counters: Counters | None = None


def count_in(counters: Counters | None) -> None:
    """Makes this process, a forked worker, count its bytes in shared memory."""
    global _counters
    _counters = counters


def _counting(slot: int) -> hash_stream.Advance | None:
    counters = _counters
    if counters is None or slot < 0:
        return None
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        counters.set(slot, done)

    return advance


def hash_parts(
    directories: Directories, batch: Batch, advance: hash_stream.Advance | None = None
) -> BatchResult:
    """Hashes a batch through directories that are open already."""
    columns = Columns()
    digest = _digester(batch, advance)
    for part in batch.parts:
        try:
            directory = open_part(directories, part)
        except CouldNotCheck as error:
            for _ in part.names:
                columns.problem(error)
            continue
        device = directories.device
        for name in part.names:
            try:
                status, raw = read_regular(directory, name, device, digest)
                if raw is None:
                    columns.deferred(status.st_size)
                    continue
                if raw.size != status.st_size:
                    check_size(raw, status)
                columns.hashed(status, raw)
            except CouldNotCheck as error:
                columns.problem(error)
    return columns.result()


def open_part(directories: Directories, part: Part) -> int:
    """The descriptor of the directory that the walk has listed, and of no other.

    Raises:
        CouldNotCheck: code `changed-while-reading` or `unreadable`.
    """
    try:
        directory = directories.open(part.directory)
        inode = os.fstat(directory).st_ino
    except OSError as error:
        raise failure(error) from None
    if inode != part.inode:
        raise CouldNotCheck(
            "its directory was replaced while the package was read", code="changed-while-reading"
        )
    return directory


def _digester(
    batch: Batch, advance: hash_stream.Advance | None
) -> Callable[[int, os.stat_result], hash_stream.RawDigest | None]:
    defer_above = batch.defer_above
    whole_limit, digest_whole = hash_stream.WHOLE_LIMIT, hash_stream.digest_whole

    def digest(descriptor: int, status: os.stat_result) -> hash_stream.RawDigest | None:
        size = status.st_size
        if size <= whole_limit:
            return digest_whole(descriptor, size)
        if defer_above is not None and size > defer_above:
            return None
        return digest_large(
            descriptor, size, paired=batch.paired, mapped=batch.mapped, advance=advance
        )

    return digest


def digest_large(
    descriptor: int,
    size: int,
    *,
    paired: bool,
    mapped: bool,
    advance: hash_stream.Advance | None = None,
) -> hash_stream.RawDigest:
    """Chooses the way to read a file of more than one block."""
    hash_stream.advise_next(descriptor, 0)
    if paired:
        return hash_stream.digest_paired(descriptor, size, advance)
    if mapped:
        try:
            return hash_stream.digest_mapped(descriptor, size, advance)
        except (OSError, ValueError):
            # Not every file system can map; what has been hashed is hashed again by reading.
            pass
    return hash_stream.digest_streamed(descriptor, size, advance)
