"""A real ssh-agent for a test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE


@contextmanager
def ssh_agent(folder: Path) -> Iterator[str]:
    """The socket of an agent of this test's own, in a folder; it holds no key yet."""
    path = str(folder / "agent")
    process = subprocess.Popen([_program("ssh-agent"), "-D", "-a", path], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        # It prints its socket once it listens there.
        assert process.stdout.readline()
        yield path
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def ssh_add(path: Path, *words: str) -> None:
    """Load a key file into the agent of `$SSH_AUTH_SOCK`."""
    command = [_program("ssh-add"), "-q", *words, str(path)]
    subprocess.run(command, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)


def _program(name: str) -> str:
    """The program of the system, whatever `$PATH` a test sets."""
    found = shutil.which(name, path=os.defpath) or shutil.which(name)
    if found is None:
        pytest.skip("needs OpenSSH")
    return found
