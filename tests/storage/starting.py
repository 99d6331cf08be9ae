"""A program to start, and a process that starts it as `aztrust exec` does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import environment

_START = """
import os, sys
from pathlib import Path
from aztrust.core.base.errors import AztrustError
from aztrust.storage.execute import child_environment, execute, sealed_copy
from aztrust.storage.execute import unset_loader_variables
from aztrust.storage.held import HeldFiles
from aztrust.storage.hostfiles import read_host_file

path, how, *words = sys.argv[1:]
with HeldFiles() as held:
    hold = held.holder(Path(path))
    file = read_host_file(Path(path), "--binary", known=lambda _: True, hold=hold)
    program = held.take(file.path)
    copy = sealed_copy(program, file) if how == "sealed" else None
    unset_loader_variables(os.environb)
    variables = child_environment(os.environb)
    last = (lambda: exec(words.pop(0))) if how.startswith("after") else (lambda: None)
    try:
        execute(program, [path, *words[how.startswith("after"):]], variables, copy=copy, last=last)
    except AztrustError as error:
        print(error.message, error.code, error.mend, sep="|")
        sys.exit(error.exit_code)
"""


def shell(folder: Path, name: str = "atlasd") -> Path:
    """A real program of this machine under another name: its shell, by Debian's or another."""
    if not sys.platform.startswith("linux"):
        pytest.skip("a program is started by its descriptor on Linux alone")
    found = os.path.realpath(shutil.which("sh") or "")
    if os.path.basename(found) == "busybox":
        pytest.skip("this shell looks at the name that it is started by")
    path = folder / name
    shutil.copy(found, path)
    path.chmod(0o755)
    return path


def start(
    path: Path, *words: object, how: str = "", bare: bool = False, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Start a program through its descriptor.

    Args:
        path: the program.
        words: its arguments, as typed after its name.
        how: `sealed` for a sealed copy; `after` runs the first word, as Python, after the check.
        bare: start it as any parent does, for comparison.
        options: of `subprocess.run`.
    """
    options.setdefault("env", environment())
    driver = (sys.executable, "-P", "-c", _START, str(path), how)
    return subprocess.run(
        ((str(path),) if bare else driver) + tuple(map(str, words)),
        **{"capture_output": True, "text": True, "check": False, **options},
    )
