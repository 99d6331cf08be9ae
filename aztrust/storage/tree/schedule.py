"""What is hashed where: here, in a few batches, or by an executor.

1. The first files are hashed here; most packages are over before a pool would have started.
2. A larger tree goes to the executor in batches, while this process walks on and collects.
3. Large files were put off in 1 and 2 (their size is known once they are open). They follow one
   by one, the largest first; those that would leave processors idle at the end use two threads.

A caller that has something else to do begins with step 1 (`begin`) and does the rest later. Where a
small tree has one large file, a process that is forked meanwhile hashes that one.

An executor that breaks (a worker was killed) costs speed, not the answer: what it owed is hashed
again here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

from aztrust.core.base.errors import AztrustError, CouldNotCheck
from aztrust.core.base.value import replace
from aztrust.storage.directory import Directories
from aztrust.storage.tree.batches import Batch, BatchResult, hash_batch, hash_parts
from aztrust.storage.tree.collector import Collector, Large
from aztrust.storage.tree.walk import Part

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from aztrust.storage.tree.forked import Forked

FEW_FILES = 256
FEW_BYTES = 16 << 20
"""Up to so many files and bytes are hashed without an executor."""

CHUNK = 32
"""Files hashed here before looking again whether it is still a small tree."""

BATCH = 256
"""Files that go to a worker at a time: enough that handing over costs nothing."""

LARGE = 1 << 20
"""Bytes above which a file is put off until the small ones are done."""

GROUP = 16 << 20
"""Bytes of large files that make one unit; a file of more is a unit of its own."""

WORTH_A_POOL = 128 << 20
"""Bytes of large files from which starting processes pays; two threads here serve fewer."""

WORTH_A_FORK = 16 << 20
"""Bytes of one large file from which hashing it during the caller's other work pays."""

TICK = 0.2
"""Seconds between reports while nothing is finished."""

U = TypeVar("U")
R = TypeVar("R")


class Schedule:
    """Hashes files of one tree; `jobs` is how many processors to use, 1 for this thread alone."""

    def __init__(
        self,
        directories: Directories,
        collector: Collector,
        jobs: int,
        stack: ExitStack,
        executor: Executor | None = None,
    ) -> None:
        self.directories = directories
        self.collector = collector
        self.jobs = jobs
        self.executor = executor
        self.mapped = False
        self._stack = stack
        self._rest: Iterator[Batch] = iter(())
        self._forked: Forked | None = None

    def pool(self) -> Executor:
        """The executor that was handed in, or one of our own until the reading is over."""
        if self.executor is None:
            from aztrust.storage.tree.pool import own_executor

            own = own_executor(self.jobs, self.collector.counters)
            self.executor, self.mapped = self._stack.enter_context(own)
        return self.executor

    def begin(self, parts: Iterator[Part]) -> None:
        """Step 1: the first files up to `LARGE` bytes, and all of them where they are few."""
        batches = self._counted(map(self.batch, _group(parts, self._chunk)))
        for batch in batches:
            if self.executor is not None or not self._is_small():
                self._rest = chain((batch,), batches)
                return
            self._here(batch)
        self._has_walked()

    def hash_aside(self) -> None:
        """Starts on the one large file of a small tree while the caller does other work."""
        large = self.collector.deferred
        if not self.collector.walked or len(large) != 1 or large[0][0] < WORTH_A_FORK:
            return
        from aztrust.storage.tree.pool import may_fork

        if self.executor is not None or not may_fork():
            return
        from aztrust.storage.tree.forked import Forked

        unit = replace(self.batch((large[0][1],), defer=False), slot=0)
        try:
            self._forked = Forked(unit, self.collector.counters)
        except OSError:
            return
        self._stack.callback(self._forked.close)

    def finish(self) -> None:
        """Steps 2 and 3: every file that is left."""
        if not self.collector.walked:
            self._there(self._rest, ahead=4 * self.jobs)
            self._has_walked()
        self._hash_large()

    def _hash_large(self) -> None:
        files = sorted(self.collector.deferred, key=itemgetter(0), reverse=True)
        if self._forked is not None:
            result = self._forked.result(self.collector.tick, TICK)
            if result is not None:
                self.collector.take(
                    replace(self.batch((files[0][1],), defer=False), slot=0), result
                )
                return
        total = sum(size for size, _ in files)
        if self.jobs == 1 or (self.executor is None and (len(files) == 1 or total < WORTH_A_POOL)):
            for _, part in files:
                self._here(self.batch((part,), defer=False))
            return
        if not files:
            return
        self.pool()
        units = [self.batch(u, defer=False) for u in _units(files)]
        idle_from = len(units) - len(units) % self.jobs
        self._there(
            (
                replace(unit, slot=i, paired=i >= idle_from, mapped=self.mapped)
                for i, unit in enumerate(units)
            ),
            ahead=len(units) + 1,
        )

    def batch(self, parts: tuple[Part, ...], *, defer: bool = True) -> Batch:
        """A unit of work over `parts`; `defer` puts off its large files."""
        where = self.directories
        return Batch(
            str(where.base),
            where.relative,
            parts,
            defer_above=LARGE if defer and self.jobs > 1 else None,
            paired=self.jobs > 1,
        )

    def run(
        self, units: Iterable[U], there: Callable[[U], R], here: Callable[[U], R], *, ahead: int
    ) -> Iterator[tuple[U, R]]:
        """(unit, result) in order; at most `ahead` units are drawn before one is collected.

        Raises:
            CouldNotCheck: the executor fails in a way that is not its own breaking down.
        """
        from concurrent.futures import BrokenExecutor

        executor = self.pool()
        waiting: deque[tuple[U, Future[R] | None]] = deque()
        for unit in units:
            try:
                waiting.append((unit, executor.submit(there, unit)))
            except BrokenExecutor:
                waiting.append((unit, None))
            if len(waiting) >= ahead:
                yield self._collect(waiting, here)
        while waiting:
            yield self._collect(waiting, here)

    def _collect(
        self, waiting: deque[tuple[U, Future[R] | None]], here: Callable[[U], R]
    ) -> tuple[U, R]:
        from concurrent.futures import BrokenExecutor, wait

        unit, future = waiting.popleft()
        if future is None:
            return unit, here(unit)
        if self.collector.progress is not None:
            while not wait((future,), TICK).done:
                self.collector.tick()
        try:
            return unit, future.result()
        except BrokenExecutor:
            return unit, here(unit)
        except AztrustError:
            raise
        except Exception as error:
            raise CouldNotCheck(
                f"the executor that was to hash the package failed: {error!r}",
                subject=self.directories.relative,
                mend="run again with --jobs 1, which hashes without it",
            ) from error

    def _has_walked(self) -> None:
        self.collector.walked = True
        self.collector.tick()

    def _chunk(self) -> int:
        return CHUNK if self.executor is None else BATCH

    def _is_small(self) -> bool:
        if self.jobs == 1:
            return True
        done = self.collector
        return done.files_seen <= FEW_FILES and done.bytes_done <= FEW_BYTES

    def _here(self, batch: Batch) -> None:
        advance = None if self.collector.progress is None else self.collector.advance
        self.collector.take(batch, hash_parts(self.directories, batch, advance))

    def _there(self, batches: Iterable[Batch], *, ahead: int) -> None:
        for batch, result in self.run(batches, hash_batch, self._again, ahead=ahead):
            self.collector.take(batch, result)

    def _again(self, batch: Batch) -> BatchResult:
        # A mapping may be what killed the worker: this process must not be lost.
        return hash_parts(self.directories, replace(batch, mapped=False))

    def _counted(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self.collector.files_seen += sum(len(part.names) for part in batch.parts)
            yield batch


def _group(parts: Iterable[Part], size: Callable[[], int]) -> Iterator[tuple[Part, ...]]:
    """Tuples of parts with `size()` files each, asked anew for each; large directories are cut."""
    group: list[Part] = []
    room = size()
    for part in parts:
        start = 0
        while start < len(part.names):
            names = part.names[start : start + room]
            group.append(Part(part.directory, part.inode, names))
            start += len(names)
            room -= len(names)
            if room <= 0:
                yield tuple(group)
                group, room = [], size()
    if group:
        yield tuple(group)


def _units(files: list[Large]) -> Iterator[tuple[Part, ...]]:
    """Files, the largest first: alone, or together up to `GROUP` bytes."""
    group: list[Part] = []
    size = 0
    for file_size, part in files:
        if group and size + file_size > GROUP:
            yield tuple(group)
            group, size = [], 0
        group.append(part)
        size += file_size
    if group:
        yield tuple(group)
