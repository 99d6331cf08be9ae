"""Run a command that a user typed, and take what it writes: no shell, with an end and a limit."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from contextlib import suppress
from threading import Timer
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
    late: list[bool] = []

    def end() -> None:
        late.append(True)
        kill_group(process)

    timer = Timer(seconds, end)
    timer.start()
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        with process.stdout as stream:
            parts, have = [], 0
            while have <= limit and (part := os.read(stream.fileno(), 65536)):
                parts.append(part)
                have += len(part)
            if have > limit:
                kill_group(process)
                raise _failed(f"{words[0]} wrote more than {limit} bytes and was ended")
        code = process.wait()
    finally:
        timer.cancel()
        kill_group(process)
        process.wait()
    if late:
        raise _failed(f"{words[0]} did not end in {seconds:g} seconds and was ended")
    return Captured(code, b"".join(parts))


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started, unless it was waited for: its number may be reused.

    It may have ended while something that it started still writes, so it is not asked here.
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
