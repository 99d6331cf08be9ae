"""The head that a user keeps, before and after the keeper signs another one.

A log that was cut back is whole in itself, and a head over it is the second one over that size. The
keeper's own tool looks where everybody's does: into `heads/` of the configuration.
"""

from __future__ import annotations

from pathlib import Path

from aztrust.core.base.errors import AztrustError, CouldNotCheck, Malformed, Refused
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import VerifiedHead
from aztrust.core.formats.keys import PublicKey
from aztrust.core.history.opener import Opener
from aztrust.storage.config import config_dir, shown
from aztrust.storage.heads import head_path, keep_head, read_head
from aztrust.storage.ledger.store import LedgerStore


def require_borne_out(store: LedgerStore, origin: str, keeper: PublicKey, opener: Opener) -> None:
    """Let nothing be signed over a log that the head kept here contradicts.

    Raises:
        Refused: `ledger-inconsistent`: the log is shorter than the head, or another one.
        CouldNotCheck: the head that is kept cannot be used.
    """
    kept = _kept(origin, keeper, opener)
    if kept is None:
        return
    head, size = kept.head, store.size()
    if head.size > size:
        raise _contradicted(kept, "no head is signed", f"and the ledger has {size}")
    if merkle.root(head.size, store.nodes) != head.root:
        raise _contradicted(kept, "no head is signed", "which the ledger does not bear out")


def refuse_second_history(origin: str, keeper: PublicKey, opener: Opener) -> None:
    """Let no empty log begin where the same keeper signed a head of one that was not empty.

    Raises:
        Refused: `ledger-inconsistent`: such a head is kept here.
        CouldNotCheck: the head that is kept cannot be used.
    """
    kept = _kept(origin, keeper, opener)
    if kept is not None and kept.head.size:
        raise _contradicted(kept, "no ledger is made", "and an empty log would be a second history")


def keep_signed(verified: VerifiedHead, opener: Opener) -> str:
    """Keep a head that was just signed, if it is larger than the one kept; else why it is not.

    It stands in the ledger and holds, kept or not: what is in the way is only told.
    """
    origin, keeper = verified.head.origin, verified.keeper
    try:
        path = head_path(origin, keeper.fingerprint)
        kept = _kept(origin, keeper, opener)
        if kept is None or kept.head.size < verified.head.size:
            keep_head(path, verified)
    except AztrustError as error:
        return error.message
    return ""


def _kept(origin: str, keeper: PublicKey, opener: Opener) -> VerifiedHead | None:
    path = _path(origin, keeper)
    if path is None:
        return None
    try:
        note = read_head(path)
        return None if note is None else opener.head(note, keeper, origin, name=shown(path))
    except (Malformed, CouldNotCheck) as error:
        raise CouldNotCheck(
            f"the head that was kept in {shown(path)} is unknown: {error.message}",
            subject=shown(path),
            mend="restore a copy of it; or move it away, once the ledger was held against a head"
            " from elsewhere (aztrust ledger verify --since HEADFILE)",
        ) from None


def _path(origin: str, keeper: PublicKey) -> Path | None:
    """Where it is kept; None for a user without a home, who keeps nothing."""
    try:
        config = config_dir()
    except CouldNotCheck:
        return None
    return head_path(origin, keeper.fingerprint, config)


def _contradicted(kept: VerifiedHead, not_done: str, but: str) -> Refused:
    path = shown(head_path(kept.head.origin, kept.keeper.fingerprint))
    return Refused(
        f"{not_done}: you keep a head in {path} over {kept.head.size} entries, {but}",
        subject=path,
        code="ledger-inconsistent",
        mend="restore the ledger from a standby or an export that holds this head: aztrust ledger"
        " take-over DIR; only where that log is given up for good, move the file away",
    )
