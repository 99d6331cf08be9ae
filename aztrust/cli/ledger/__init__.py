"""`aztrust ledger`: the append-only log of a launch.

`write` makes it, appends and signs heads; `read` lists, shows, proves and verifies; `carry`
exports, imports and lets a standby take over; `trusted_root` names it to Sigstore's tools.
"""

from __future__ import annotations

from aztrust.cli.ledger import carry, read, trusted_root, write
from aztrust.cli.ledger.base import ledger

__all__ = ["carry", "ledger", "read", "trusted_root", "write"]
