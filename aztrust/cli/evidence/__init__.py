"""`aztrust evidence`: what is shown for the items of the checklist; one module a command."""

from __future__ import annotations

from aztrust.cli.evidence import add, list_, verify  # noqa: F401 - each adds its command
from aztrust.cli.evidence.base import evidence

__all__ = ["evidence"]
