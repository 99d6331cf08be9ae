"""Paths of a package are looked at all at once, and one by one where that is not enough."""

from __future__ import annotations

import pytest

from aztrust.core.package.entries import entry_problems
from tests.memory_launch import file_entry


@pytest.mark.parametrize(("path", "good"), [("größe", True), ("a\ud800", False)])
def test_a_lone_surrogate_is_not_a_path(path, good):
    entries = (file_entry("a", b""), file_entry(path, b""))
    assert (list(entry_problems(entries)) == []) == good
