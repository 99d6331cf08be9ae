"""Where the definitions of the checklist are in a launch, and how large they may be."""

from __future__ import annotations

from typing import Final

CHECKLIST_PATH: Final = "manifests/checklist.toml"
CHECKLIST_LIMIT: Final = 1024 * 1024
"""How many bytes a file of definitions may have."""
