"""The ledger in an act that signs: found or made, written to, and its head signed.

Others append, only the keeper signs heads. Whoever acts with another key still gets an entry; the
proof of it comes with the keeper's next head. Where a ledger is named and is not at hand, none is
made in its place, but by its keeper: two logs of one name would be two histories.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from aztrust.acts.ledger.append import Appended, append_records
from aztrust.acts.ledger.heads import heartbeat, sign_head
from aztrust.acts.ledger.keeper import keeping_of
from aztrust.acts.ledger.ledgers import default_origin, init_ledger, ledger_path, open_ledger
from aztrust.acts.ledger.proof import prove
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.history.bundle import Inclusion, included
from aztrust.core.records.summary import LedgerHead
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import may_sign
from aztrust.core.state.ledger.log_identity import Keeping, named_keeping
from aztrust.signers import Signer
from aztrust.storage.config import shown
from aztrust.storage.localkeys import local_keys


@frozen
class Books:
    """A launch's ledger at hand.

    Args:
        path: its file.
        keeping: whose it is.
        made: whether this act made it.
    """

    path: Path
    keeping: Keeping
    made: bool = False

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.keeping.origin

    @property
    def keeper(self) -> str:
        """The fingerprint of the key that signs its heads."""
        return self.keeping.keeper.fingerprint


def find_books(context: Context, option: str | None, signer: Signer) -> Books | None:
    """The ledger that is there; None where there is none at hand.

    Args:
        context: the launch.
        option: `--ledger` as typed, None where it was not given.
        signer: who acts: the keeper of a ledger that nobody keeps yet.

    Raises:
        UsageError, CouldNotCheck: as `find_ledger`, or it cannot be opened.
        Refused: it is another launch's.
    """
    path = ledger_path(context, option)
    if not os.path.lexists(path):
        return None
    with open_ledger(path) as store:
        keeping = keeping_of(context, store)
        return Books(path, keeping or Keeping(store.origin, signer.public, "itself"))


def make_books(context: Context, option: str | None, signer: Signer) -> Books | None:
    """A new ledger, kept by whom the policy names, else by the signer.

    None where it is somewhere else: a verdict names one already, or the policy names a keeper whose
    key is not on this machine. That keeper has a ledger of this name, or will have.

    Raises:
        UsageError, Refused: as `init_ledger`.
        CouldNotCheck: the same, or somebody else made it meanwhile.
    """
    if _verdicts_name_one(context):
        return None
    path = ledger_path(context, option)
    keeping = named_keeping(context)
    if keeping is None:
        keeping = Keeping(default_origin(context), signer.public, "itself")
    books = Books(path, keeping, made=True)
    own = books.keeper == signer.public.fingerprint
    if not own and all(key.fingerprint != books.keeper for key in local_keys()):
        return None
    try:
        init_ledger(path, context, books.origin, signer if own else None)
    except Refused as error:
        if error.code or not os.path.lexists(path):
            raise
        # Not there a moment ago. Its mend would take the launch's only ledger out of the way.
        raise CouldNotCheck(
            "another command made the ledger meanwhile",
            subject=shown(path),
            mend="run the command again: it uses the ledger that is there now",
        ) from None
    return books


def is_elsewhere(context: Context) -> bool:
    """Whether there is a ledger, if not here: a verdict by somebody who may names one, or the
    policy does and there are verdicts for its keeper to take.
    """
    policy = require_policy(context)
    named = policy.ledger is not None and any(
        may_sign(policy, verdict) for verdict in context.verdicts.verdicts
    )
    return named or _verdicts_name_one(context)


def _verdicts_name_one(context: Context) -> bool:
    policy = require_policy(context)
    return any(
        v.statement.ledger is not None and may_sign(policy, v) for v in context.verdicts.verdicts
    )


def enter(books: Books, context: Context, files: Mapping[str, bytes], now_unix_ms: int) -> Appended:
    """Append files; one that is refused stops no other. Raises as `append_records`."""
    return append_records(books.path, context, files, now_unix_ms)


def in_tray(context: Context) -> dict[str, bytes]:
    """Every record and verdict of the folder, by path."""
    evidence = context.evidence
    records = {f"manifests/records/{name}": data for name, data in evidence.records.items()}
    return records | {f"manifests/verdicts/{n}": data for n, data in evidence.verdicts.items()}


def in_folder(context: Context, record_id: str) -> bool:
    """Whether the folder has a file of these words, under whatever name."""
    return any(_payload_id(data) == record_id for data in in_tray(context).values())


def considered(books: Books) -> LedgerHead:
    """The ledger as it stands now."""
    with open_ledger(books.path) as store, store.snapshot():
        size = store.size()
        root = merkle.root(size, store.nodes)
    return LedgerHead(
        keeper=books.keeper, origin=books.origin, root=f"sha256:{root.hex()}", size=size
    )


def enter_one(books: Books, context: Context, path: str, data: bytes, now_unix_ms: int) -> int:
    """Append one record that was just signed; its entry's number.

    Raises:
        Refused: the ledger does not take it; nothing was appended.
        CouldNotCheck: the ledger cannot be written.
    """
    appended = append_records(books.path, context, {path: data}, now_unix_ms)
    for finding in appended.refused:
        raise Refused(
            f"the ledger does not take it: {finding.message}",
            subject=finding.subject,
            code=finding.code,
            mend=finding.mend or "aztrust ledger append says more",
        )
    return appended.taken[0].index


def refuse_grown(books: Books, context: Context) -> None:
    """Let nobody sign for entries that the verification did not see.

    Raises:
        CouldNotCheck: others have appended since; nothing was written.
    """
    reading = context.evidence.ledger
    more = considered(books).size - (reading.size if reading is not None else 0)
    if more:
        raise CouldNotCheck(
            f"the ledger took {more} more entries while this was being asked",
            subject=books.origin,
            mend="run the command again: what they say has to be looked at first",
        )


def refuse_what_it_lacks(
    context: Context, not_taken: Iterable[Finding], needed: Iterable[str]
) -> None:
    """Refuse to sign over records of the folder that the ledger does not take.

    Args:
        context: the launch.
        not_taken: why, for each file.
        needed: ids of the records that are signed over.

    Raises:
        Refused: the first reason's code; `details` has each.
    """
    files, needed = in_tray(context), frozenset(needed)
    broken = [f for f in not_taken if _payload_id(files.get(f.subject, b"")) in needed]
    if not broken:
        return
    raise Refused(
        "the ledger does not take what this would be signed over",
        subject=broken[0].subject,
        code=broken[0].code,
        mend=broken[0].mend or "aztrust ledger append says more",
        details=tuple(f"{finding.subject}: {finding.message}" for finding in broken),
    )


def _payload_id(data: bytes) -> str:
    try:
        return sha256_id(parse_envelope(data, name="").payload)
    except Malformed:
        return ""


def sign_books(books: Books, context: Context, signer: Signer) -> bool:
    """Sign the head, where the signer keeps the ledger; whether it does. Raises as `sign_head`."""
    if signer.public.fingerprint != books.keeper:
        return False
    sign_head(books.path, context, signer)
    return True


def fresh_books(books: Books, context: Context, signer: Signer, now_unix_ms: int) -> None:
    """Sign the head, where the signer keeps the ledger; a young one, where the policy asks for it.

    A head is as old as the newest entry under it, so the keeper says first that it is there.

    Raises:
        CouldNotCheck, Refused: as `sign_head`.
    """
    if signer.public.fingerprint != books.keeper:
        return
    ledger = require_policy(context).ledger
    if ledger is not None and ledger.max_head_age is not None:
        heartbeat(books.path, context, signer, now_unix_ms)
    sign_head(books.path, context, signer)


def inclusion_of(books: Books, context: Context, record_id: str) -> Inclusion | None:
    """The proof that a record is in the ledger, verified; None where it is not, or no head covers
    it yet.

    Raises:
        Malformed: the ledger does not prove it.
    """
    with open_ledger(books.path) as store, store.snapshot():
        places = store.find(record_id)
        if not places:
            return None
        try:
            proof = prove(store, context, str(places[0]))
        except CouldNotCheck:
            return None
    return included(proof.head, proof.index, proof.hashes)
