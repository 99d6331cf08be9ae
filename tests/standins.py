"""A stand-in for a function or value of a library, seen by one module and by nothing else.

Patching `os.stat` itself patches it for pytest, too: a test that fails then ends pytest, which
looks at files while it writes its report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest

from aztrust.storage import fswatch


def stand_in(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, library: str, **members: Any
) -> None:
    """Give a module a library of its own: the real one, but for these members.

    Args:
        monkeypatch: undoes it after the test.
        module: which imports the library by its name.
        library: the name, such as `os`.
        members: what takes the place of the library's members of these names.
    """
    real = vars(getattr(module, library))
    assert members.keys() <= real.keys()
    monkeypatch.setattr(module, library, SimpleNamespace(**{**real, **members}))


def script_watch(
    monkeypatch: pytest.MonkeyPatch,
    *acts: Callable[[], object] | None,
    places: tuple[str, ...] = ("manifests", "keys"),
) -> None:
    """Script what a command that watches a launch is shown by the file system.

    Args:
        monkeypatch: undoes it after the test.
        acts: what happens before each report; `None` is a time in which nothing changes. After the
            last one the user interrupts.
    """
    steps = list(acts)

    class Scripted:
        def __init__(self, watched: Sequence[Path]) -> None:
            assert tuple(place.name for place in watched) == places

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def rearm(self) -> tuple[()]:
            return ()

        def next(self, _: object) -> str | None:
            if not steps:
                raise KeyboardInterrupt
            act = steps.pop(0)
            if act is None:
                return None
            act()
            return "a record"

    # The commands import the class when they run.
    monkeypatch.setattr(fswatch, "Watch", Scripted)
