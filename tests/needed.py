"""Programs that a test needs. Where one is absent the test is skipped; in CI it fails."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

VARIABLE = "TESTS_NEED"
"""The programs, by name, whose absence is a failure: `.ci/run` sets it."""


def absent(program: str, mend: str) -> NoReturn:
    """Ends a test whose program is not on this machine.

    Args:
        program: its name.
        mend: how to get it.
    """
    reason = f"{program} is not on this machine: {mend}"
    if program in os.environ.get(VARIABLE, "").split():
        pytest.fail(f"{reason} ({VARIABLE} names it)", pytrace=False)
    pytest.skip(reason)
