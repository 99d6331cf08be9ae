"""One file that a forked process hashes while this process goes on with something else.

Importing what a pool of processes needs takes as long as hashing 50 MiB; a fork takes a hundredth
of that. A process that ends without an answer costs speed and nothing else: the caller then hashes
the file itself.
"""

from __future__ import annotations

import os
import signal
import struct
from array import array
from collections.abc import Callable
from pathlib import Path
from select import select
from typing import NoReturn

from aztrust.storage.directory import Directories
from aztrust.storage.progress import Counters
from aztrust.storage.tree.batches import Batch, BatchResult, hash_parts

_LENGTH = 8
"""Bytes before an answer that hold its length: an answer that was cut off is not an answer."""

_HEAD = struct.Struct("=Bq64s")
"""Flags, size and digests of a `BatchResult`; the code and the detail of a problem follow."""


class Forked:
    """A process at work on one file. It ends with its answer, with `close`, or with this one."""

    def __init__(self, batch: Batch, counters: Counters | None) -> None:
        """Forks. The caller has made sure that this is safe (`pool.may_fork`).

        Args:
            batch: of one file.
            counters: where the process counts its bytes.

        Raises:
            OSError: there are no processes or descriptors left.
        """
        self.batch = batch
        self._answer, writing = os.pipe()
        parent = os.getpid()
        # An interrupt that comes before the new process has its own handler is for this one alone.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process = os.fork()
            if not self._process:
                _work(batch, counters, parent, writing, before)
        except OSError:
            os.close(self._answer)
            raise
        finally:
            os.close(writing)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def result(self, tick: Callable[[], None], every: float) -> BatchResult | None:
        """Waits for the answer; None where the process ended without one.

        Args:
            tick: called again and again while there is none.
            every: seconds between two calls.
        """
        data = bytearray()
        while True:
            while not select([self._answer], [], [], every)[0]:
                tick()
            part = os.read(self._answer, 1 << 20)
            if not part:
                break
            data += part
        self.close()
        if len(data) - _LENGTH != int.from_bytes(data[:_LENGTH], "big"):
            return None
        return _decode(bytes(data[_LENGTH:]))

    def close(self) -> None:
        """Ends the process if it is still at work, and forgets it."""
        if self._answer < 0:
            return
        os.close(self._answer)
        self._answer = -1
        try:
            # Not reaped yet, so the number is still this process's.
            if os.waitpid(self._process, os.WNOHANG) == (0, 0):
                os.kill(self._process, signal.SIGKILL)
                os.waitpid(self._process, 0)
        except (ChildProcessError, ProcessLookupError):
            # The parent of this program made it ignore SIGCHLD: the kernel reaps.
            pass


def _work(
    batch: Batch, counters: Counters | None, parent: int, writing: int, mask: set[int]
) -> NoReturn:
    """The forked process: hashes, writes its answer, and ends whatever happens."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        if os.getppid() != parent:
            os._exit(1)
        done += count
        if counters is not None:
            counters.set(batch.slot, done)

    try:
        # Ctrl-C reaches the whole process group: the parent reports it.
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        with Directories(Path(batch.base), batch.relative) as directories:
            data = _encode(hash_parts(directories, batch, advance))
        whole = memoryview(len(data).to_bytes(_LENGTH, "big") + data)
        while whole:
            whole = whole[os.write(writing, whole) :]
    finally:
        # Never back into the parent's code; what the parent has not flushed is not flushed twice.
        os._exit(0)


def _encode(result: BatchResult) -> bytes:
    (flags,), (size,), problems = result.flags, result.sizes, result.problems
    reason = "\0".join((problems[0][1], problems[0][2])) if problems else ""
    return _HEAD.pack(flags, size, result.digests) + reason.encode("utf-8", "surrogatepass")


def _decode(data: bytes) -> BatchResult:
    flags, size, digests = _HEAD.unpack_from(data)
    code, _, detail = data[_HEAD.size :].decode("utf-8", "surrogatepass").partition("\0")
    problems = ((0, code, detail),) if code else ()
    return BatchResult(bytes((flags,)), array("q", (size,)), digests, problems)
