"""Where the data that tests share with other projects is: specs, real launches, public vectors.

It is not part of this repository. Tests that need it are skipped, with the reason, where it is
absent; everything else runs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


def shared_root() -> Path:
    """`$AZTRUST_SHARED`, else the folder `shared` next to the repository; it need not exist."""
    named = os.environ.get("AZTRUST_SHARED")
    return Path(named) if named else REPOSITORY.parent / "shared"


def shared_path(relative: str) -> Path:
    """A file or folder below the shared root; skips the test (or its module) where it is absent."""
    path = shared_root() / relative
    if not path.exists():
        pytest.skip(f"shared data absent: {path}", allow_module_level=True)
    return path
