"""The package's own names: each can be imported, and none is imported before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import aztrust


@pytest.mark.parametrize("name", aztrust.__all__)
def test_every_public_name_is_there(name):
    assert getattr(aztrust, name).__name__ == name


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="surprise"):
        _ = aztrust.surprise


def test_importing_the_package_imports_nothing_else():
    program = "import sys, aztrust; print([m for m in sys.modules if m.startswith('aztrust.')])"
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
