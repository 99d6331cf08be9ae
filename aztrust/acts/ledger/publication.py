"""Publishing the ledger with the launch: what every act of the keeper ends with.

require_published_continued(store, keeping, context, path)   # before anything is signed
publish_ledger(launch, path, context)                        # after the head was signed
"""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.ledger.identity import keeping_of, succession_of
from aztrust.acts.ledger.proofs import write_proofs
from aztrust.acts.sign import place_of
from aztrust.core.base.errors import AztrustError, Malformed, Refused
from aztrust.core.base.value import replace
from aztrust.core.formats.tiles import CHECKPOINT, FOLDER, conflict_line
from aztrust.core.history.published import CONFLICT
from aztrust.core.records.contents import LedgerHead
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.log_identity import Keeping, named_keeping
from aztrust.core.state.ledger.take_overs import take_overs_by
from aztrust.storage.ledger.published import (
    Publication,
    publish,
    refuse_fork,
    require_continued,
)
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore


def require_published_continued(
    store: LedgerStore, keeping: Keeping, context: Context, path: Path
) -> None:
    """Refuse to append to, or sign over, a store that is behind its published head.

    Raises:
        Refused: `signer-not-in-role`: a deputy took it over since; `ledger-inconsistent`: its head
            has git's conflict markers; `ledger-equivocation`: a keeper from before signed a head
            since; as `require_continued`.
        CouldNotCheck: as `require_continued`.
    """
    later = frozenset(key.fingerprint for key in keeping.deputies)
    for _, key, body in take_overs_by(context, later):
        if body.origin == keeping.origin:
            raise _taken_over(context, key, f"after {body.size} entries")
    for part in context.evidence.published:
        if line := conflict_line(part.checkpoint):
            raise Refused(
                f"has a merge conflict of git at line {line}: two heads meet in it",
                subject=f"{FOLDER}/{CHECKPOINT}",
                code="ledger-inconsistent",
                mend=CONFLICT,
            )
        try:
            found = keeping.open_head(part.checkpoint, context.evidence.opener, name=part.head_name)
        except Malformed:
            # Not a head of a keeper: it is replaced, and `verify` reports it until then.
            continue
        if found.keeper in keeping.deputies:
            size = found.head.size
            raise _taken_over(context, found.keeper.fingerprint, f"and signed a head over {size}")
        if found.keeper in keeping.earlier and found.head.size > _start(store, context):
            refuse_fork(store, found, path)
        require_continued(store, found, path)


def _start(store: LedgerStore, context: Context) -> int:
    """How many entries a store had when its present keeper took it over."""
    named = named_keeping(context)
    return -1 if named is None else succession_of(context, store, named).reigns[-1].start


def _taken_over(context: Context, key: str, since: str) -> Refused:
    holders = context.policy.key_holders() if context.policy is not None else {}
    holder = holders.get(key, key[7:15])
    return Refused(
        f"{holder} took this ledger over {since}: nothing is appended or signed here",
        subject=FOLDER,
        code="signer-not-in-role",
        mend=f"push what you sign, as everyone does: {holder} appends it; the store on this machine"
        " is an earlier one, keep it as evidence",
    )


def publish_ledger(launch: Path, path: Path, context: Context) -> Publication | None:
    """Write the ledger of the keeper's store into a launch directory; None without a signed head.

    The bundle of each verdict gains its proof, too.

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
        done = publish(store, launch, keeping.trust(context), path, place_of)
        if done is None:
            return None
        proofs = write_proofs(store, launch, context)
    return replace(done, written=(*done.written, *proofs))


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
