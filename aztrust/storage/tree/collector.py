"""Turns columns of results into entries and faults, and counts as they come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aztrust.core.base.paths import escape
from aztrust.core.package.entries import Fault, FileEntry
from aztrust.storage.progress import Counters, Progress
from aztrust.storage.tree.batches import DEFERRED, EXECUTABLE, HASHED, SPECIAL, Batch, BatchResult
from aztrust.storage.tree.walk import Part

EXPECTED = frozenset({HASHED, HASHED | EXECUTABLE})


Large = tuple[int, Part]
"""A file that was put off because of its size: bytes, and a part of that one name."""


class Collector:
    """What has been hashed so far."""

    def __init__(
        self, progress: Callable[[Progress], None] | None, counters: Counters | None
    ) -> None:
        self.progress = progress
        self.counters = counters
        self.entries: list[FileEntry] = []
        self.faults: list[Fault] = []
        self.deferred: list[Large] = []
        self.files_done = 0
        self.files_seen = 0
        self.bytes_done = 0
        self.bytes_ahead = 0
        self.at_work = 0
        self.walked = False

    def take(self, batch: Batch, result: BatchResult) -> None:
        """Adds a batch's results."""
        if EXPECTED.issuperset(result.flags):
            self._add_files(batch, result)
        else:
            self._sort_out(batch, result)
        self.files_done += len(result.flags)
        self.at_work = 0
        if batch.defer_above is None:
            self.bytes_ahead = max(0, self.bytes_ahead - sum(result.sizes))
        if self.counters is not None and batch.slot >= 0:
            self.counters.set(batch.slot, 0)
        self.tick()

    def _add_files(self, batch: Batch, result: BatchResult) -> None:
        """Every file has a digest and no problem: the common case, also for a million files."""
        digits = result.digests.hex()
        add = self.entries.append
        start = 0
        columns = zip(_paths(batch), result.flags, result.sizes, strict=True)
        for path, flags, size in columns:
            middle, end = start + 64, start + 128
            add(
                FileEntry(
                    path,
                    size,
                    flags != HASHED,
                    "sha256:" + digits[start:middle],
                    "blake3:" + digits[middle:end],
                )
            )
            start = end
        self.bytes_done += sum(result.sizes)

    def _sort_out(self, batch: Batch, result: BatchResult) -> None:
        """Some file was put off, could not be read, or has a bit that it must not have."""
        problems = {index: (code, detail) for index, code, detail in result.problems}
        inodes = {part.directory: part.inode for part in batch.parts}
        for index, (path, flags, size) in enumerate(
            zip(_paths(batch), result.flags, result.sizes, strict=True)
        ):
            if flags & HASHED:
                sha256, blake3 = result.digest(index)
                self.entries.append(FileEntry(path, size, bool(flags & EXECUTABLE), sha256, blake3))
                self.bytes_done += size
                if flags & SPECIAL:
                    self.faults.append(
                        Fault("mode-changed", escape(path), "a set-id or sticky bit is set on it")
                    )
            elif flags & DEFERRED:
                directory, _, name = path.rpartition("/")
                self.deferred.append((size, Part(directory, inodes[directory], (name,))))
                self.bytes_ahead += size
                self.files_done -= 1
            else:
                code, detail = problems[index]
                self.faults.append(Fault(code, escape(path), detail))

    def advance(self, count: int) -> None:
        """More bytes of the file that this process itself is hashing."""
        self.at_work += count
        self.tick()

    def tick(self) -> None:
        """Reports the progress."""
        if self.progress is None:
            return
        done = self.bytes_done + self.at_work
        if self.counters is not None:
            done += self.counters.total()
        self.progress(
            Progress(
                files_done=self.files_done,
                bytes_done=done,
                files_total=self.files_seen,
                bytes_total=max(done, self.bytes_done + self.bytes_ahead),
                walked=self.walked,
            )
        )


def _paths(batch: Batch) -> Iterator[str]:
    for part in batch.parts:
        prefix = f"{part.directory}/" if part.directory else ""
        for name in part.names:
            yield prefix + name
