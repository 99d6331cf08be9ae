"""Saying something in a launch window: signed, entered into the ledger where one is, then stored.

The ledger comes first: what it does not take is not written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.ledger.handle import (
    enter,
    enter_one,
    find_books,
    in_tray,
    is_elsewhere,
    sign_books,
)
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.acts.preconditions import (
    read_anchored,
    refuse_expired_policy,
    require_readable_records,
)
from aztrust.acts.publish import SignedRecord, sign_record, store_record
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.model import Model
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.records.readiness import EvidenceFile
from aztrust.core.state.context import Context, read_context, require_policy
from aztrust.core.state.current import current_attempt
from aztrust.core.state.launch_state import Attempt
from aztrust.signers import Signer
from aztrust.storage.tree.hashing import hash_file


@frozen
class Said:
    """What was signed and stored.

    Args:
        record: the record.
        entry: its number in the ledger, None where there is no ledger at hand.
        elsewhere: there is a ledger, and not here: it counts once it is appended there.
    """

    record: SignedRecord
    entry: int | None = None
    elsewhere: bool = False


def read_window_context(
    launch: Path, anchor: str | None, scope: str, ledger: str | None, now_unix_ms: int
) -> Context:
    """What a launch and its ledger say, without its packages, for an act in the window.

    Args:
        launch: the launch directory.
        anchor: as typed, None where there is none.
        scope: the scope that was given, canonical, "" where there is none.
        ledger: `--ledger` as typed.
        now_unix_ms: the time of the act.

    Raises:
        Malformed, Refused, UsageError, CouldNotCheck: as `read_anchored` and `with_ledger`.
    """
    context = read_anchored(launch, anchor, now_unix_ms)
    request = replace(context.request, scope=scope)
    evidence = with_ledger(context.evidence, request, LedgerOptions(ledger))
    return read_context(request, evidence)


def require_attempt(context: Context) -> Attempt:
    """The frozen scope and window that an answer is about.

    Raises:
        Refused: `scope-invalidated`, or `freeze-missing`: there is nothing that could be answered.
        CouldNotCheck: what may say so cannot be read.
    """
    attempt = current_attempt(context)
    if attempt is not None:
        return attempt
    if unread := context.evidence.unread("manifests/verdicts", "manifests/records", "keys"):
        raise CouldNotCheck(f"whether anything is frozen cannot be told: {unread}")
    wanted = context.request.scope or (context.scope.hash if context.scope else "")
    ended = context.state.invalidated.get(wanted)
    if ended is not None:
        raise Refused(
            f"this scope has ended: {ended.holder} said so in {ended.record_id[7:23]}; restored"
            " bytes revive nothing",
            subject=wanted,
            code="scope-invalidated",
            mend="a changed package is sealed and approved anew: that makes a new scope",
        )
    raise Refused(
        "no freeze of this scope is in force, so there is nothing to check or to answer yet",
        subject=wanted or "scope",
        code="freeze-missing",
        mend="first: aztrust freeze",
    )


def require_speaker(context: Context, key: VerificationMaterial) -> str:
    """The holder of a key, if what it says now can count.

    Raises:
        Refused: `policy-expired` or `key-revoked`.
        CouldNotCheck: a record that may be a revocation cannot be understood.
    """
    holder = require_policy(context).key_holders()[key.fingerprint]
    require_readable_records(context)
    refuse_expired_policy(context)
    refuse_revoked_key(context, key, holder)
    return holder


def evidence_files(paths: Iterable[Path]) -> tuple[EvidenceFile, ...]:
    """Files that are shown as evidence, by name and digests; they stay where they are.

    Raises:
        CouldNotCheck: one of them cannot be read.
    """
    found = []
    for path in paths:
        digest = hash_file(path)
        name = escape(path.name)[:255] or "."
        found.append(
            EvidenceFile(blake3=digest.blake3, name=name, sha256=digest.sha256, size=digest.size)
        )
    return tuple(found)


def say(
    launch: Path,
    context: Context,
    kind: str,
    body: Model,
    signer: Signer,
    *,
    ledger: str | None = None,
    preimages: Mapping[str, object] | None = None,
) -> Said:
    """Sign a record, enter it into the ledger where one is at hand, and store it.

    Args:
        launch: the launch directory.
        context: what it says, from `read_window_context`.
        kind: of the record.
        body: the record.
        signer: the key.
        ledger: `--ledger` as typed.
        preimages: what its hashes are over.

    Raises:
        Refused: the ledger does not take it; nothing was written.
        UsageError, CouldNotCheck: the ledger or the folder cannot be written.
    """
    record = sign_record(kind, body, preimages or {}, signer)
    books = find_books(context, ledger, signer)
    entry = None
    if books is not None:
        now = context.request.now_unix_ms
        # What this cites may lie in the folder still; what of it is refused stops nothing here.
        enter(books, context, in_tray(context), now)
        entry = enter_one(books, context, record.path, record.data, now)
        sign_books(books, context, signer)
    store_record(launch, record)
    return Said(record, entry, elsewhere=books is None and is_elsewhere(context))
