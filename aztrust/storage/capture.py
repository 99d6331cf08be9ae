"""Run a command that a user typed, and take what it writes: no shell, with an end and a limit."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
from contextlib import suppress
from time import monotonic
from typing import Final

from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.base.value import frozen

LIMIT: Final = 1024 * 1024
"""Bytes of output that are taken; a command that writes more is ended."""
SECONDS: Final = 600.0
_SHELL: Final = frozenset("|&;<>()")


@frozen
class Captured:
    """How a command ended.

    Args:
        exit_code: below zero where a signal ended it.
        output: stdout and stderr together, in the order in which they were written.
    """

    exit_code: int
    output: bytes


def split_command(text: str) -> list[str]:
    """The program and its arguments. Quotes are honoured; nothing is expanded.

    Raises:
        UsageError: there is no program, a quote is not closed, or it has an operator of a shell.
    """
    words = shlex.shlex(text, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    words.commenters = ""
    try:
        found = list(words)
        plain = shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"--command cannot be read: {error}", subject="--command", mend="close the quote"
        ) from None
    if not plain:
        raise UsageError(
            "--command is empty", subject="--command", mend='--command "PROGRAM ARGUMENTS"'
        )
    # Inside quotes an operator is part of a word; outside it is a word of its own.
    if found != plain or any(word and set(word) <= _SHELL for word in found):
        raise UsageError(
            "--command has an operator of a shell, and no shell runs it",
            subject="--command",
            mend="start the shell itself: --command \"sh -c '…'\"",
        )
    return plain


def capture(text: str, *, seconds: float = SECONDS, limit: int = LIMIT) -> Captured:
    """Run a command with nothing on its standard input, in this directory and environment.

    Raises:
        UsageError: as `split_command`.
        CouldNotCheck: it did not start, did not end in time, or wrote more than `limit` bytes.
    """
    words = split_command(text)
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command, as typed
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise _failed(f"{words[0]} did not start: {cause}") from None
    until = monotonic() + seconds
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        parts, have = [], 0
        with process.stdout as stream:
            # Not asked of the program alone: one that it started can hold the pipe for longer.
            while part := _next(stream.fileno(), until):
                parts.append(part)
                have += len(part)
                if have > limit:
                    raise _failed(f"{words[0]} wrote more than {limit} bytes and was ended")
        code = process.wait(max(until - monotonic(), 0))
    except (TimeoutError, subprocess.TimeoutExpired):
        raise _failed(f"{words[0]} did not end in {seconds:g} seconds and was ended") from None
    finally:
        kill_group(process)
        process.wait()
    return Captured(code, b"".join(parts))


def _next(descriptor: int, until: float) -> bytes:
    """What comes next, b"" at the end. Raises TimeoutError where nothing comes in time."""
    if not select.select([descriptor], [], [], max(until - monotonic(), 0))[0]:
        raise TimeoutError
    return os.read(descriptor, 65536)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started, as long as its number is certainly its own.

    It is not polled: one that ended keeps its number until it is waited for, and what it started
    has that number as its group.
    """
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _failed(cause: str) -> CouldNotCheck:
    return CouldNotCheck(
        cause,
        subject="--command",
        mend="run it by hand, keep its output in a file below the root, and give --captured FILE",
    )
