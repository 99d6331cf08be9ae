"""Running the user's own command after a conclusion; it can neither hide nor delay that.

What it prints goes to stderr, never to a result, and is limited. It is stopped, with all that it
started, when it takes too long or when the program that runs it is stopped.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread, Timer
from types import FrameType
from typing import IO, Final

from aztrust.storage.capture import kill_group

SECONDS: Final = 30.0
"""How long a hook may take."""

PRINTED: Final = 1 << 16
"""Bytes of what it prints that are passed on; the rest is dropped."""

STOPS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The signals with which a service manager, a person or a closed terminal stops a program."""

SUCCESS: Final = "ended with 0"
"""How the phrase ends that `run_hook` gives for a command that succeeded."""

_STDERR: Final = 2
_LAST: Final = 1.0
"""Seconds for the last output of an ended hook: its children may hold the stream open."""


def run_hook(command: Sequence[str], given: bytes, seconds: float | None = None) -> str:
    """Run a command without a shell; return a phrase with how it ended.

    Args:
        command: the program and its arguments, as the user typed them.
        given: its standard input; it does not have to read it.
        seconds: after which it is killed, else `SECONDS`.
    """
    seconds = SECONDS if seconds is None else seconds
    process = _started(command)
    if isinstance(process, str):
        return process
    # A signal ends the hook, and the wait for it with that; nothing is raised in between.
    ended_by: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ended_by.append(number)
        kill_group(process)

    before = {n: signal.signal(n, end) for n in STOPS if signal.getsignal(n) is not signal.SIG_IGN}
    teller = Thread(target=_pass_on, args=(process.stdout,), daemon=True)
    try:
        teller.start()
        Thread(target=_feed, args=(process.stdin, given), daemon=True).start()
        ending = f"ended with {process.wait(seconds)}"
    except subprocess.TimeoutExpired:
        kill_group(process)
        process.wait()
        ending = _overdue(seconds)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    teller.join(_LAST)
    return f"{command[0]} {'was killed with the guard' if ended_by else ending}"


class BackgroundHook:
    """A command that runs while its caller goes on: one at a time, the newest input waits.

    Args:
        command: the program and its arguments, as the user typed them.
        seconds: after which it is killed.
    """

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self._command = tuple(command)
        self._seconds = seconds
        self._waiting: bytes | None = None
        self._running: _Running | None = None

    def offer(self, given: bytes) -> None:
        """Run it with this input: now, or when the one that runs has ended."""
        self._waiting = given

    def poll(self) -> tuple[str, ...]:
        """How one ended since the last call, or that none could be run; the next one is begun."""
        phrases: list[str] = []
        if self._running is not None and self._running.process.poll() is not None:
            phrases.append(self._phrase(self._running))
            self._running = None
        if self._running is None and self._waiting is not None:
            given, self._waiting = self._waiting, None
            process = _started(self._command)
            if isinstance(process, str):
                return (*phrases, process)
            self._running = _Running(process, given, self._seconds)
        return tuple(phrases)

    def stop(self) -> tuple[str, ...]:
        """End what runs, after a last second for it; nothing is begun any more."""
        self._waiting = None
        running, self._running = self._running, None
        if running is None:
            return ()
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(_LAST)
            return (self._phrase(running),)
        kill_group(running.process)
        running.process.wait()
        running.ending()
        return (f"{self._command[0]} was killed with the observer",)

    def _phrase(self, running: _Running) -> str:
        return f"{self._command[0]} {running.ending()}"


class _Running:
    """One run of a `BackgroundHook`: what feeds it, passes on what it prints, and ends it."""

    def __init__(self, process: subprocess.Popen[bytes], given: bytes, seconds: float) -> None:
        self.process = process
        self._seconds = seconds
        self._is_late = False
        self._teller = Thread(target=_pass_on, args=(process.stdout,), daemon=True)
        self._teller.start()
        Thread(target=_feed, args=(process.stdin, given), daemon=True).start()
        self._killer = Timer(seconds, self._end)
        self._killer.daemon = True
        self._killer.start()

    def ending(self) -> str:
        """How it ended, once it has."""
        self._killer.cancel()
        # A child process may hold the stream open: no look waits for that.
        self._teller.join(_LAST / 10)
        if self._is_late:
            return _overdue(self._seconds)
        return f"ended with {self.process.returncode}"

    def _end(self) -> None:
        self._is_late = True
        kill_group(self.process)


def _started(command: Sequence[str]) -> subprocess.Popen[bytes] | str:
    """The process; a phrase where it could not be run."""
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own command, as typed
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"{command[0]}: {getattr(error, 'strerror', None) or error}; it was not run"


def _overdue(seconds: float) -> str:
    return f"did not end in {seconds:g} seconds and was killed"


def _feed(stream: IO[bytes], given: bytes) -> None:
    # It may end, or close its input, without having read everything.
    with suppress(OSError):
        stream.write(given)
    with suppress(OSError):
        stream.close()


def _pass_on(stream: IO[bytes]) -> None:
    left = PRINTED
    with stream:
        while chunk := os.read(stream.fileno(), PRINTED):
            shown, left = chunk[:left], max(left - len(chunk), 0)
            # Read on also where stderr is gone. Not by sys.stderr: a thread that holds its lock
            # when the program ends is a crash.
            with suppress(OSError):
                while shown:
                    shown = shown[os.write(_STDERR, shown) :]
