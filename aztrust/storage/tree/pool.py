"""Where hashing runs when the caller hands in no executor: two or more processes, or threads.

On small files the interpreter lock makes threads slower than one thread, so on Linux the default
is forked processes: they start in milliseconds and inherit everything. Elsewhere, or once other
threads run in this process (forking would be unsafe), it is threads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aztrust.storage.progress import Counters
from aztrust.storage.tree.batches import count_in

if TYPE_CHECKING:
    from concurrent.futures import Executor


@contextmanager
def own_executor(jobs: int, counters: Counters | None) -> Iterator[tuple[Executor, bool]]:
    """An executor with `jobs` workers, and whether its workers may be lost (are processes).

    `counters` is where processes count the bytes they have hashed; threads do not count.
    """
    if may_fork():
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        pool: Executor = ProcessPoolExecutor(
            jobs, get_context("fork"), initializer=_start_worker, initargs=(counters,)
        )
        expendable = True
    else:
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(jobs, "aztrust-hash")
        expendable = False
    try:
        yield pool, expendable
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def may_fork() -> bool:
    """Whether a process may be forked here: on Linux, and while this is the only thread."""
    import threading

    return sys.platform == "linux" and threading.active_count() == 1


def _start_worker(counters: Counters | None) -> None:
    import resource
    import signal

    # A worker that a mapping kills (see `passes`) should not leave a core file behind.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    # Ctrl-C reaches the whole process group; the parent reports it, workers end without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    count_in(counters)
