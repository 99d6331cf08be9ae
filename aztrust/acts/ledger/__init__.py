"""The ledger's commands, and what other workflows need of it.

    path = ledger_path(context, option)
    appended = append_records(path, context, {"name": envelope, ...}, now_unix_ms)
    head = sign_head(path, context, signer)

`ledgers` says which one it is, `append` takes records, `heads` signs, `entries` reads, `proof`
proves, `copies` exports and imports, `takeover` puts a standby in the ledger's place.
"""

from __future__ import annotations

from aztrust.acts.ledger.append import Appended, Taken, append_records
from aztrust.acts.ledger.heads import SignedHead, sign_head
from aztrust.acts.ledger.keeper import keeping_of, require_keeping
from aztrust.acts.ledger.ledgers import init_ledger, ledger_path, open_ledger

__all__ = [
    "Appended",
    "SignedHead",
    "Taken",
    "append_records",
    "init_ledger",
    "keeping_of",
    "ledger_path",
    "open_ledger",
    "require_keeping",
    "sign_head",
]
