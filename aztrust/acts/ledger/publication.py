"""Publishing the ledger with the launch: what every act of the keeper ends with.

require_published_continued(store, keeping, context, path)   # before anything is signed
publish_ledger(launch, path, context)                        # after the head was signed
"""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.ledger.identity import keeping_of
from aztrust.acts.sign import place_of
from aztrust.core.base.errors import AztrustError, Malformed, Refused
from aztrust.core.formats.checkpoint_note import VerifiedHead
from aztrust.core.records.summary import LedgerHead
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.log_identity import Keeping
from aztrust.storage.ledger.published import Publication, publish, require_continued
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore


def require_published_continued(
    store: LedgerStore, keeping: Keeping, context: Context, path: Path
) -> None:
    """Refuse to append to, or sign over, a store that is behind its published head.

    Raises:
        Refused: `signer-not-in-role`: a deputy took it over since; as `require_continued`.
        CouldNotCheck: as `require_continued`.
    """
    for part in context.evidence.published:
        try:
            found = keeping.open_head(part.checkpoint, context.evidence.opener, name=part.head_name)
        except Malformed:
            # Not a head of a keeper: it is replaced, and `verify` reports it until then.
            continue
        if found.keeper in keeping.deputies:
            raise _taken_over(context, found)
        require_continued(store, found, path)


def _taken_over(context: Context, found: VerifiedHead) -> Refused:
    key = found.keeper.fingerprint
    holders = context.policy.key_holders() if context.policy is not None else {}
    holder = holders.get(key, key[7:15])
    return Refused(
        f"{holder} took this ledger over: manifests/ledger has a head by {holder} over"
        f" {found.head.size} entries",
        subject="manifests/ledger/checkpoint",
        code="signer-not-in-role",
        mend=f"push what you sign, as everyone does: {holder} appends it; the store on this machine"
        " is an earlier one, keep it as evidence",
    )


def publish_ledger(launch: Path, path: Path, context: Context) -> Publication | None:
    """Write the ledger of the keeper's store into a launch directory; None without a signed head.

    Args:
        launch: the launch directory.
        path: the store's file.
        context: the launch, whose keys verify every entry.

    Raises:
        Refused, Malformed, CouldNotCheck: as `publish`; the same command again completes it.
    """
    with open_store(path) as store, store.snapshot():
        keeping = keeping_of(context, store)
        if keeping is None:
            return None
        return publish(store, launch, keeping.trust(context), path, place_of)


def try_to_publish(launch: Path, path: Path, context: Context) -> str:
    """The same for an act whose entry is durable already: why it failed, "" where it did not."""
    try:
        publish_ledger(launch, path, context)
    except AztrustError as error:
        return f"the ledger is not published: {error.message}"
    return ""


def head_seen(context: Context) -> LedgerHead | None:
    """The keeper's largest head in the ledger that was verified; None where there is none.

    A verdict by another holder than the keeper is signed over this head.
    """
    reading = context.evidence.ledger
    head = reading.head if reading is not None else None
    if reading is None or head is None:
        return None
    found = head.verified.head
    return LedgerHead(
        keeper=reading.keeper,
        origin=reading.origin,
        root=f"sha256:{found.root.hex()}",
        size=found.size,
    )
