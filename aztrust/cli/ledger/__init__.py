"""`aztrust ledger`: the append-only log of a launch.

`write` makes it, appends and signs heads; `keep` is the keeper's round after a pull; `read` lists,
shows, proves and verifies; `rebuild` makes a lost one again and lets a deputy take over;
`succession` ends it; `migrate` converts an earlier kit; `trusted_root` names it to Sigstore's
tools.
"""

from __future__ import annotations

from aztrust.cli.ledger import keep, migrate, read, rebuild, succession, trusted_root, write
from aztrust.cli.ledger.base import ledger

__all__ = ["keep", "ledger", "migrate", "read", "rebuild", "succession", "trusted_root", "write"]
