"""A command that runs while its caller goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from aztrust.acts.hook import BackgroundHook
from tests.patience import PATIENCE

COPY = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read())"


def polled(hook: BackgroundHook, enough: Callable[[list[str]], object]) -> list[str]:
    said: list[str] = []
    ends = time.monotonic() + PATIENCE
    while not enough(said):
        assert time.monotonic() < ends, said
        said += hook.poll()
    return said


def waiting(folder: Path) -> list[str]:
    """It copies its input when a file is there."""
    code = f"import os, sys\nwhile not os.path.exists({str(folder / 'go')!r}): pass\n" + COPY
    return [sys.executable, "-c", code, str(folder / "got")]


def test_one_runs_at_a_time_and_the_newest_input_waits(tmp_path):
    hook = BackgroundHook(waiting(tmp_path), 60)
    for given in (b"1", b"2", b"3"):
        hook.offer(given)
        assert hook.poll() == ()
    (tmp_path / "go").touch()
    said = polled(hook, lambda said: len(said) == 2)
    assert said == [f"{sys.executable} ended with 0"] * 2
    assert (tmp_path / "got").read_bytes() == b"13"
    assert hook.stop() == ()


def test_it_is_killed_when_its_time_is_over(tmp_path):
    hook = BackgroundHook(waiting(tmp_path), 0.2)
    hook.offer(b"1")
    (said,) = polled(hook, lambda said: said)
    assert said == f"{sys.executable} did not end in 0.2 seconds and was killed"
    assert not (tmp_path / "got").exists()


def test_it_ends_with_its_caller(tmp_path):
    hook = BackgroundHook(waiting(tmp_path), 60)
    hook.offer(b"1")
    assert hook.poll() == ()
    hook.offer(b"2")
    assert hook.stop() == (f"{sys.executable} was killed with the observer",)
    assert hook.poll() == ()


def test_one_that_cannot_be_run_is_named_each_time(tmp_path):
    hook = BackgroundHook([str(tmp_path / "none")], 60)
    for _ in range(2):
        hook.offer(b"1")
        (said,) = hook.poll()
        assert said.endswith("No such file or directory; it was not run")
