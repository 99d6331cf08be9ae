"""`aztrust evidence`: what shows that something was done; one module a command."""

from __future__ import annotations

from aztrust.cli.evidence import add, list_, log, verify  # noqa: F401 - each adds its command
from aztrust.cli.evidence.base import evidence

__all__ = ["evidence"]
