"""`aztrust ledger`: the append-only log of a launch.

`write` makes it, appends and signs heads; `read` lists, shows, proves and verifies; `carry`
exports, imports and lets a standby take over; `succession` ends it;
`trusted_root` names it to Sigstore's tools.
"""

from __future__ import annotations

from aztrust.cli.ledger import carry, read, succession, trusted_root, write
from aztrust.cli.ledger.base import ledger

__all__ = ["carry", "ledger", "read", "succession", "trusted_root", "write"]
