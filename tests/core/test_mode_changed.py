"""A file whose execute bit is not the sealed one."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from tests.memory_launch import Launch


@pytest.mark.parametrize("sealed", [True, False])
def test_both_modes_are_named(sealed):
    launch = Launch()
    launch.release = [replace(entry, executable=sealed) for entry in launch.release]
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    launch.release = [replace(entry, executable=not sealed) for entry in launch.release]
    found = [f for r in launch.verify().results for f in r.findings if f.code == "mode-changed"]
    named = {True: "executable", False: "not executable"}
    assert {(f.expected, f.actual) for f in found} == {(named[sealed], named[not sealed])}
    assert len(found) == len(launch.release)
