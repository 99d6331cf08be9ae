"""The keeper's ledger in an act that signs: found or created, appended to, signed and published.

Only the keeper appends and signs heads, on the machine that has the store. What anyone else signs
is a file of the folder, pending until the keeper's next act; a verdict is signed over the published
head (`publication.head_seen`). Where a ledger is named and is not on this machine, only its keeper
creates one: two logs of one name would be two histories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from aztrust.acts.ledger.append import Appended, append_records
from aztrust.acts.ledger.heads import date_what_is_late, heartbeat, sign_head
from aztrust.acts.ledger.identity import (
    default_origin,
    keepers_for,
    keeping_of,
    ledger_path,
    open_ledger,
)
from aztrust.acts.ledger.proofs import first_proof
from aztrust.acts.ledger.publication import try_to_publish
from aztrust.acts.ledger.trusted_heads import refuse_second_history
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused, UsageError
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.dsse import canonical_form, parse_envelope
from aztrust.core.history.bundle import Inclusion, included
from aztrust.core.records.contents import LedgerHead
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import may_sign
from aztrust.core.state.ledger.log_identity import Keeping, named_keeping
from aztrust.signers import Signer
from aztrust.storage.config import shown
from aztrust.storage.launch import RECORDS, read_launch
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.presence import is_present

REBUILD: Final = (
    "its keeper makes the store again from what was published: aztrust ledger rebuild; a deputy"
    " takes it over: aztrust ledger take-over --reason T; anyone else needs no store"
)
"""What helps where the store of a published ledger is not on this machine."""


@frozen
class LedgerHandle:
    """A launch's ledger on its keeper's machine, in an act of the keeper.

    Args:
        path: its file.
        keeping: its origin, and the keeper who signs its heads.
        made: whether this act created it.
        is_kept: whether the policy, a freeze or its first head names the keeper; where none does,
            `keeping` names the signer of this act.
    """

    path: Path
    keeping: Keeping
    made: bool = False
    is_kept: bool = True

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.keeping.origin

    @property
    def keeper(self) -> str:
        """The fingerprint of the key that signs its heads."""
        return self.keeping.keeper.fingerprint

    @classmethod
    def find(cls, context: Context, option: str | None, signer: Signer) -> LedgerHandle | None:
        """The ledger that is there, if the signer keeps it; None for everyone else.

        Args:
            context: the launch.
            option: `--ledger` as typed, None where it was not given.
            signer: of this act: the keeper of a ledger that has none yet.

        Raises:
            UsageError, CouldNotCheck: as `find_ledger`, or it cannot be opened.
            Refused: it is another launch's.
        """
        path = ledger_path(context, option)
        if not is_present(path):
            return None
        with open_ledger(path) as store:
            keeping = keeping_of(context, store)
            if keeping is not None:
                own = keeping.keeper.fingerprint == signer.public.fingerprint
                return LedgerHandle(path, keeping) if own else None
            return LedgerHandle(path, Keeping(store.origin, signer.public, "itself"), is_kept=False)

    @classmethod
    def plan(cls, context: Context, option: str | None, signer: Signer) -> LedgerHandle | None:
        """What `create` would make; nothing is written.

        Raises:
            UsageError: as `ledger_path`.
            CouldNotCheck: the same.
        """
        if _verdicts_name_one(context):
            return None
        path = ledger_path(context, option)
        keeping = named_keeping(context)
        if keeping is None:
            keeping = Keeping(default_origin(context), signer.public, "itself")
        handle = LedgerHandle(path, keeping, made=True)
        if handle.keeper != signer.public.fingerprint:
            return None
        return handle

    @classmethod
    def create(cls, context: Context, option: str | None, signer: Signer) -> LedgerHandle | None:
        """A new ledger, kept by the key that the policy names, else by the signer.

        None where it is somewhere else: a verdict names one already, or the policy names another
        keeper. That keeper has a ledger of this name, or will have.

        Raises:
            UsageError, Refused: as `init_ledger`.
            CouldNotCheck: the same, or another command created it meanwhile.
        """
        handle = cls.plan(context, option, signer)
        if handle is None:
            return None
        path = handle.path
        try:
            init_ledger(path, context, handle.origin, signer)
        except Refused as error:
            if error.code or not is_present(path):
                raise
            # It was not there a moment ago; that error's mend would move the launch's only ledger.
            raise CouldNotCheck(
                "another command made the ledger meanwhile",
                subject=shown(path),
                mend="run the command again: it uses the ledger that is there now",
            ) from None
        return handle

    def append(
        self,
        context: Context,
        files: Mapping[str, bytes],
        now_unix_ms: int,
        signer: Signer | None = None,
    ) -> Appended:
        """Append files; one that is refused stops no other.

        Args:
            signer: the keeper's; before a step that is dated long ago it notes the time. None
                where nothing else may be appended.

        Raises:
            Refused, CouldNotCheck: as `append_records` and `heartbeat`.
        """
        if signer is not None and self.is_kept:
            date_what_is_late(self.path, context, files, signer, now_unix_ms)
        return append_records(self.path, context, files, now_unix_ms)

    def head(self) -> LedgerHead:
        """The head over every entry that is there now, signed or not."""
        with open_ledger(self.path) as store, store.snapshot():
            size = store.size()
            root = merkle.root(size, store.nodes)
        return LedgerHead(
            keeper=self.keeper, origin=self.origin, root=f"sha256:{root.hex()}", size=size
        )

    def sign_head(self, context: Context, signer: Signer, now_unix_ms: int) -> None:
        """Sign the head over every entry; raises as `heads.sign_head`."""
        sign_head(self.path, context, signer, now_unix_ms)

    def publish(self, launch: Path, context: Context) -> str:
        """Write the ledger's files into the launch; why that failed, "" where it did not."""
        return try_to_publish(launch, self.path, context)

    def refresh_head(self, context: Context, signer: Signer, now_unix_ms: int) -> None:
        """Sign the head; a young one, where the policy asks for one.

        A head is as old as the newest entry under it, so the keeper first appends a heartbeat.

        Raises:
            CouldNotCheck, Refused: as `heads.heartbeat` and `heads.sign_head`.
        """
        ledger = require_policy(context).ledger
        if ledger is not None and ledger.max_head_age is not None:
            heartbeat(self.path, context, signer, now_unix_ms)
        sign_head(self.path, context, signer, now_unix_ms)

    def inclusion_of(self, context: Context, record_id: str) -> tuple[Inclusion, bytes] | None:
        """The verified proof that a record is in the ledger, and the envelope of that entry; None
        where it is not, or no head covers it yet.

        Raises:
            Malformed: the ledger does not prove it.
            CouldNotCheck: it cannot be read.
        """
        with open_ledger(self.path) as store, store.snapshot():
            places = store.find(record_id)
            if not places:
                return None
            proof = first_proof(store, context, places[0])
            if proof is None:
                return None
            envelope = store.entry(proof.index).envelope
        return included(proof.head, proof.index, proof.hashes), envelope

    def refuse_grown(self, context: Context) -> None:
        """Refuse a signature over entries that the verification did not see.

        Raises:
            CouldNotCheck: others have appended since; nothing was written.
        """
        reading = context.evidence.ledger
        more = self.head().size - (reading.size if reading is not None else 0)
        if more:
            raise CouldNotCheck(
                f"{more} more entries were appended to the ledger during this command",
                subject=self.origin,
                mend="run the command again, so that the new entries are verified first",
            )


def refuse_more_files(launch: Path, context: Context) -> None:
    """Refuse a signature over a folder into which others wrote while the command ran.

    Raises:
        CouldNotCheck: a record or verdict is there that was not verified; nothing was written.
    """
    ledger = context.evidence.ledger
    known = {canonical_form(data) for data in folder_files(context).values()}
    known |= {entry.record.envelope for entry in ledger.entries} if ledger is not None else set()
    now = read_launch(launch)
    files = (*now.records.values(), *now.verdicts.values())
    more = sum(canonical_form(data) not in known for data in files)
    if more:
        raise CouldNotCheck(
            f"{more} more records were written into the launch during this command",
            subject=RECORDS,
            mend="run the command again, so that the new records are verified first",
        )


def init_ledger(path: Path, context: Context, origin: str, signer: Signer | None) -> None:
    """Create an empty ledger, and sign the head over zero entries, which names its keeper.

    Args:
        path: where; no file may exist there.
        context: the launch.
        origin: from `identity.origin_for`.
        signer: the keeper's; None leaves the ledger without a head.

    Raises:
        Refused: something is there already, the signer is not the keeper, or the log of this name
            was not empty: it is published, or the keeper signed a head (`ledger-inconsistent`).
        CouldNotCheck: the file system refused, or the head that is kept cannot be used.
    """
    if signer is not None and signer.public.fingerprint not in keepers_for(context):
        raise Refused(
            f"the key {signer.public.keyid[:8]} is not the keeper's",
            code="signer-not-in-role",
            mend="the keeper makes the ledger, or leave --key out",
        )
    named = named_keeping(context)
    keeper = signer.public if signer is not None else named.keeper if named is not None else None
    if keeper is not None and not is_present(path):
        by_policy = named is not None and named.source == "policy"
        refuse_second_history(
            origin,
            keeper,
            context.evidence.opener,
            by_policy=by_policy,
            policy=context.policy_digest,
        )
    if not is_present(path):
        refuse_published(context)
    try:
        create_database(path, origin)
    except Malformed as error:
        raise UsageError(error.message, subject="--origin", mend=error.mend) from None
    if signer is not None:
        # There is no entry yet that could be dated ahead.
        sign_head(path, context, signer, context.request.now_unix_ms)


def refuse_published(context: Context) -> None:
    """Refuse to begin a log that was published: an empty store of its name is a second history.

    Raises:
        Refused: `ledger-inconsistent`.
    """
    part = max(context.evidence.published, key=lambda part: part.size, default=None)
    if part is not None and part.size:
        raise Refused(
            f"this launch has a ledger of {part.size} entries already; it is not begun again",
            subject=part.name,
            code="ledger-inconsistent",
            mend=REBUILD,
        )


def is_elsewhere(context: Context) -> bool:
    """Whether there is a ledger that someone else keeps: it was published, a verdict of a verdict
    role names one, or the policy does and there are verdicts for its keeper to append.
    """
    policy = require_policy(context)
    named = policy.ledger is not None and any(
        may_sign(policy, verdict) for verdict in context.verdicts.verdicts
    )
    return named or bool(context.evidence.published) or _verdicts_name_one(context)


def folder_files(context: Context) -> dict[str, bytes]:
    """Every record and verdict of the folder, by path."""
    return context.evidence.signed_files


def in_folder(context: Context, record_id: str) -> bool:
    """Whether the folder has a file with this payload, under any name."""
    return any(payload_id(data) == record_id for data in folder_files(context).values())


def payload_id(data: bytes) -> str:
    """The record id of an envelope, "" for anything else. Nothing is verified here."""
    try:
        return sha256_id(parse_envelope(data, name="").payload)
    except Malformed:
        return ""


def refuse_missing_entries(
    context: Context, not_taken: Iterable[Finding], needed: Iterable[str]
) -> None:
    """Refuse to sign over records of the folder that the ledger lacks.

    Args:
        context: the launch.
        not_taken: why, for each file.
        needed: ids of the records that are signed over.

    Raises:
        Refused: the first reason's code; `details` has each.
    """
    files, needed = folder_files(context), frozenset(needed)
    broken = [f for f in not_taken if payload_id(files.get(f.subject, b"")) in needed]
    if not broken:
        return
    raise Refused(
        "the ledger refuses records that this signature would cover",
        subject=broken[0].subject,
        code=broken[0].code,
        mend=broken[0].mend or "aztrust ledger append gives the details",
        details=tuple(f"{finding.subject}: {finding.message}" for finding in broken),
    )


def _verdicts_name_one(context: Context) -> bool:
    policy = require_policy(context)
    return any(
        v.statement.ledger is not None and may_sign(policy, v) for v in context.verdicts.verdicts
    )
