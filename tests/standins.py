"""A stand-in for a function or value of a library, seen by one module and by nothing else.

Patching `os.stat` itself patches it for pytest, too: a test that fails then ends pytest, which
looks at files while it writes its report.
"""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


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
