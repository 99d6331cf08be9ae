"""Publishing: what was signed goes into the ledger and into the folder, in one order (ADR 12).

A positive record (an approval, a `pass`) counts once the ledger has it: it is appended first, and
stored after that. A negative one (a revocation, a `fail`, a defer) counts at once and wherever it
is: it is stored first, and appended as far as possible (law 9).

Nothing about a ledger stops a record. Where the ledger is locked, damaged, another launch's,
elsewhere, or refuses the record, the file is written all the same and is *pending*: `Published`
says why, and `aztrust ledger append` takes the file later. The one exception is a statement over
the ledger itself: a positive verdict names the head it was signed over, and one that this ledger
does not take is not written (`publish_over`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from aztrust.acts.act import Act, Plan
from aztrust.acts.ledger.handle import LedgerHandle, folder_files, is_elsewhere, payload_id
from aztrust.acts.sign import SignedRecord, SignedVerdict, record_path, sign_record
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.dsse import encode_envelope, parse_envelope
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context
from aztrust.signers import Signer
from aztrust.storage.durable import create_idempotent
from aztrust.storage.presence import is_present


class Signed(Protocol):
    """A record or a verdict that was signed."""

    @property
    def record_id(self) -> str:
        """`sha256:` of the payload."""

    @property
    def data(self) -> bytes:
        """The envelope's bytes."""

    @property
    def path(self) -> str:
        """Where it belongs, relative to the launch directory."""

    @property
    def is_negative(self) -> bool:
        """Whether it is a negative record: it counts at once (law 9)."""


@frozen
class Published:
    """What was signed, and where it is.

    Args:
        record: what was signed; it is in the folder.
        entry: its number in the ledger, None where no ledger here has it: then it is pending, or
            there is no ledger at all.
        elsewhere: there is a ledger, but not on this machine.
        hindrance: why the ledger did not take it, or, with an entry, why its head is not signed or
            the ledger not published.
    """

    record: Signed
    entry: int | None = None
    elsewhere: bool = False
    hindrance: str = ""


def publish(act: Act, plan: Plan[Any, Any], signer: Signer, now_unix_ms: int) -> Published:
    """Sign what is planned, append it to the ledger where one is on this machine, and store it.

    Args:
        act: the launch, as it was before the record.
        plan: what to sign.
        signer: the key; where it keeps the ledger, the head is signed and the ledger published.
        now_unix_ms: the time of the append.

    Raises:
        Malformed, Refused: as `sign_record`; or the folder has another file of this name.
        CouldNotCheck: the folder cannot be written.
    """
    record = sign_record(plan.kind, plan.body, plan.preimages, signer)
    published = _in_order(act.launch, record, lambda: _append(act, record, signer, now_unix_ms))
    return _with_ledger(act, published, signer)


def publish_again(
    act: Act, earlier: VerifiedRecord | HeldVerdict, signer: Signer, now_unix_ms: int
) -> Published:
    """The same for a statement that was signed before: the missing steps are done now.

    It may have found no ledger then; or the act was stopped after its entry, before its file.

    Raises:
        CouldNotCheck: the folder cannot be written.
    """
    found, is_file = _earlier(act, earlier)
    if not is_file:
        store_record(act.launch, found)
    return _with_ledger(act, _append(act, found, signer, now_unix_ms), signer)


def publish_over(
    launch: Path,
    context: Context,
    signed: Signed,
    signer: Signer,
    ledger: LedgerHandle | None,
    now_unix_ms: int,
) -> Published:
    """Append and store what was signed over the state of one ledger.

    Args:
        launch: the launch directory.
        context: the launch.
        signed: what to publish.
        signer: the key; where it keeps the ledger, the head is signed.
        ledger: the one it was signed over; None where there is none on this machine.
        now_unix_ms: the time of the append.

    Raises:
        Refused: it is positive, and the ledger does not take it; nothing was written.
        CouldNotCheck: the same where the ledger cannot be written; or the folder cannot be.
    """

    def append() -> Published:
        if ledger is None:
            return Published(signed, elsewhere=is_elsewhere(context))
        try:
            # Nothing else of the folder: the head that it names has to stay the ledger's.
            appended = ledger.append(context, {signed.path: signed.data}, now_unix_ms)
        except AztrustError as error:
            if not signed.is_negative:
                raise
            return Published(signed, hindrance=error.message)
        for finding in appended.refused:
            if not signed.is_negative:
                raise _not_taken(finding)
            return Published(signed, hindrance=finding.message)
        entry = appended.taken[0].index
        return Published(signed, entry, hindrance=_sign_head(ledger, context, signer, now_unix_ms))

    published = _in_order(launch, signed, append)
    if ledger is None or published.entry is None or published.hindrance:
        return published
    return replace(published, hindrance=ledger.publish(launch, context))


def store_record(launch: Path, record: Signed) -> Path:
    """Write a record where it belongs; the same one again changes nothing.

    Raises:
        Refused: another file has its name.
        CouldNotCheck: the file system refused, or the folder is a link.
    """
    path = launch / record.path
    create_idempotent(path, record.data, within=launch)
    return path


def _in_order(launch: Path, signed: Signed, append: Callable[[], Published]) -> Published:
    """Law 9: a negative record is durable before anything can go wrong with a ledger."""
    if signed.is_negative:
        store_record(launch, signed)
        return append()
    published = append()
    store_record(launch, signed)
    return published


def _append(act: Act, signed: Signed, signer: Signer, now_unix_ms: int) -> Published:
    """Append a record with every other file of the folder: what it cites may be there."""
    context = act.context
    try:
        ledger = LedgerHandle.find(context, act.ledger, signer)
        if ledger is None:
            return Published(signed, elsewhere=is_elsewhere(context))
        files = {**folder_files(context), signed.path: signed.data}
        appended = ledger.append(context, files, now_unix_ms, signer)
    except AztrustError as error:
        return Published(signed, hindrance=error.message)
    name = escape(signed.path)
    for finding in appended.refused:
        if finding.subject == name:
            return Published(signed, hindrance=finding.message)
    entry = next(taken.index for taken in appended.taken if taken.name == name)
    # Publishing makes no signer a keeper: a ledger that has none stays without a head.
    hindrance = _sign_head(ledger, context, signer, now_unix_ms) if ledger.is_kept else ""
    return Published(signed, entry, hindrance=hindrance)


def _with_ledger(act: Act, published: Published, signer: Signer) -> Published:
    """Publish the ledger with the launch, once a head of the signer covers the record."""
    if published.entry is None or published.hindrance:
        return published
    ledger = LedgerHandle.find(act.context, act.ledger, signer)
    if ledger is None or not ledger.is_kept:
        return published
    return replace(published, hindrance=ledger.publish(act.launch, act.context))


def _not_taken(finding: Finding) -> Refused:
    return Refused(
        f"the ledger does not take it: {finding.message}",
        subject=finding.subject,
        code=finding.code,
        mend=finding.mend or "aztrust ledger append gives the details",
    )


def _sign_head(ledger: LedgerHandle, context: Context, signer: Signer, now_unix_ms: int) -> str:
    """Sign the head; why it is not signed, "" where it is.

    The entry is durable, and the keeper can sign a head over it at any time.
    """
    try:
        ledger.sign_head(context, signer, now_unix_ms)
    except AztrustError as error:
        return error.message
    return ""


def held_verdict(context: Context, held: HeldVerdict) -> SignedVerdict:
    """A verdict that is recorded already, from its file or from the ledger.

    Raises:
        CouldNotCheck: neither has it now.
    """
    for _, data in _envelopes(context, held.record_id):
        envelope = parse_envelope(data, name="verdict")
        encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
        return SignedVerdict(held.record_id, held.statement, encoded)
    raise CouldNotCheck(
        f"the verdict {held.record_id[7:23]} is no longer in any file or ledger here"
    )


def _earlier(act: Act, earlier: VerifiedRecord | HeldVerdict) -> tuple[Signed, bool]:
    """What was signed before, and whether the folder has its file.

    Raises:
        CouldNotCheck: neither the folder nor the ledger has it now.
    """
    here = dict(_envelopes(act.context, earlier.record_id))
    # What only the ledger has may be in the context under the name of its entry.
    files = [path for path in here if path and is_present(act.launch / path)]
    if isinstance(earlier, HeldVerdict):
        return held_verdict(act.context, earlier), bool(files)
    negative = earlier.is_negative
    for path in files:
        return SignedRecord(earlier.record_id, here[path], path, negative), True
    for data in here.values():
        path = record_path(earlier.record_id, earlier.kind, earlier.key.fingerprint)
        return SignedRecord(earlier.record_id, data, path, negative), False
    raise CouldNotCheck(
        f"the record {earlier.record_id[7:23]} is no longer in any file or ledger here"
    )


def _envelopes(context: Context, record_id: str) -> Iterator[tuple[str, bytes]]:
    """The envelopes of a record, by path; "" for an entry of the ledger."""
    ledger = context.evidence.ledger
    entries = [("", e.record.envelope) for e in ledger.entries] if ledger is not None else []
    for path, data in (*folder_files(context).items(), *entries):
        if payload_id(data) == record_id:
            yield path, data
