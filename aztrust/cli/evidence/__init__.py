"""`aztrust evidence`: what shows that something was done. `log` keeps logs of nodes."""

from __future__ import annotations

from aztrust.cli.evidence import log
from aztrust.cli.evidence.base import evidence

__all__ = ["evidence", "log"]
