"""Making a verdict: signed, read back through the verifying path, then entered and stored.

    concluded = conclude_checkpoint(verdict, "freeze_confirmed", confirmations(verdict))
    signing = Signing(signer.public, role, launch_window_id, now_unix_ms)
    recorded = record_checkpoint(launch, concluded, signing, signer, books)

enters the verdict into the ledger where there is one, signs the ledger's head where the signer
keeps it, and writes `manifests/verdicts/CLASS.ID.KEY.dsse.json` with `….sigstore.json` beside it.
The ledger comes first: what it does not take is not written anywhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from aztrust.acts.ledger.handle import (
    Books,
    considered,
    enter_one,
    in_folder,
    inclusion_of,
    sign_books,
)
from aztrust.acts.ledger.ledgers import open_ledger
from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Malformed, Refused
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.dsse import (
    PAYLOAD_TYPE,
    encode_envelope,
    open_envelope,
    pae,
    parse_envelope,
)
from aztrust.core.history.bundle import ENDING, Bundle, encode_bundle, parse_bundle
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.checkpoint_draft import Concluded, Signing, checkpoint_statement
from aztrust.core.records.verdict import VerdictStatement, build_verdict, parse_verdict
from aztrust.core.state.context import Context
from aztrust.signers import Signer
from aztrust.storage.durable import create_idempotent, overwrite
from aztrust.storage.launch import VERDICTS, read_bounded

DSSE: Final = ".dsse.json"


@frozen
class SignedVerdict:
    """A verdict that was read back as any verifier would read it.

    Args:
        record_id: `sha256:` of the payload.
        statement: what it says.
        data: the envelope's bytes.
    """

    record_id: str
    statement: VerdictStatement
    data: bytes

    @property
    def path(self) -> str:
        """Where the envelope belongs, relative to the launch directory."""
        kind, keyid = self.statement.checkpoint.checkpoint_class, self.statement.key.keyid
        return f"{VERDICTS}/{kind}.{self.record_id[7:23]}.{keyid[:8]}{DSSE}"

    @property
    def bundle_path(self) -> str:
        """Where the Sigstore bundle belongs."""
        return self.path.removesuffix(DSSE) + ENDING


@frozen
class Recorded:
    """A verdict that was written down.

    Args:
        verdict: what was signed.
        entry: its number in the ledger, None where there is no ledger at hand.
        proved: whether the bundle has the ledger's proof; else the keeper's next head brings it.
    """

    verdict: SignedVerdict
    entry: int | None = None
    proved: bool = False


def record_checkpoint(
    launch: Path, concluded: Concluded, signing: Signing, signer: Signer, books: Books | None
) -> Recorded:
    """Sign a checkpoint and write it down.

    Args:
        launch: the launch directory.
        concluded: what was found.
        signing: who signs, for which window, when.
        signer: the key.
        books: the ledger at hand; it names itself, as it stands now, in the verdict.

    Raises:
        NothingToVerify: there is no scope.
        Refused, Malformed: as `sign_verdict`; or the ledger does not take it.
        CouldNotCheck: it could not be written.
    """
    if books is not None:
        signing = replace(signing, ledger=considered(books))
    verdict = sign_verdict(checkpoint_statement(concluded, signing), signer)
    return write_down(launch, concluded.context, verdict, signer, books, signing.now_unix_ms)


def write_down(
    launch: Path,
    context: Context,
    verdict: SignedVerdict,
    signer: Signer,
    books: Books | None,
    now_unix_ms: int,
) -> Recorded:
    """Enter and store a verdict; what was done before is not done again.

    So it also brings what was interrupted to its end, and a bundle its proof.

    Raises:
        Refused: the ledger does not take it; nothing was written.
        CouldNotCheck: it could not be written.
    """
    entry = None
    if books is not None:
        entry = enter_one(books, context, verdict.path, verdict.data, now_unix_ms)
        sign_books(books, context, signer)
    create_idempotent(launch / verdict.path, verdict.data, within=launch)
    proved = write_bundle(launch, context, verdict, books)
    for held in context.verdicts.verdicts if books is not None else ():
        other = held_verdict(context, held)
        # One whose making was stopped after its entry has no file yet.
        if not os.path.lexists(launch / other.path) and not in_folder(context, other.record_id):
            create_idempotent(launch / other.path, other.data, within=launch)
        write_bundle(launch, context, other, books)
    return Recorded(verdict, entry, proved)


def write_bundle(
    launch: Path, context: Context, verdict: SignedVerdict, books: Books | None
) -> bool:
    """Write a verdict's Sigstore bundle, if there is none or it gains a proof; whether it has one.

    Raises:
        CouldNotCheck: it could not be written.
    """
    path = launch / verdict.bundle_path
    there = _read_bundle(path)
    if there is not None and there.inclusion is not None:
        return True
    inclusion = None if books is None else inclusion_of(books, context, verdict.record_id)
    if inclusion is not None or there is None:
        envelope = verdict.data
        if books is not None and inclusion is not None:
            # The proof is of the entry: an ECDSA signature has two forms (s and n - s), and
            # whoever got the other one in first must not keep the verdict from its proof.
            with open_ledger(books.path) as store:
                envelope = store.entry(inclusion.index).envelope
        overwrite(path, encode_bundle(envelope, verdict.statement.key, inclusion), within=launch)
    return inclusion is not None


def _read_bundle(path: Path) -> Bundle | None:
    """The bundle that is there; None where there is none, or what is there is not one."""
    try:
        return parse_bundle(read_bounded(path, RECORD_LIMIT), name=path.name)
    except AztrustError:
        return None


def held_verdict(context: Context, held: HeldVerdict) -> SignedVerdict:
    """A verdict that is recorded already, from its file or from the ledger."""
    ledger = context.evidence.ledger
    entries = ledger.entries if ledger is not None else ()
    for data in (*context.evidence.verdicts.values(), *(e.record.envelope for e in entries)):
        try:
            envelope = parse_envelope(data, name="verdict")
        except Malformed:
            continue
        if sha256_id(envelope.payload) == held.record_id:
            encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
            return SignedVerdict(held.record_id, held.statement, encoded)
    raise CouldNotCheck(f"the verdict {held.record_id[7:23]} is not at hand any more")


def sign_verdict(statement: VerdictStatement, signer: Signer) -> SignedVerdict:
    """Sign a verdict and read it back; a signer that signs something else is found here.

    Raises:
        Malformed: the statement contradicts itself, or the result is not what a verifier takes.
        Refused: the signer's key is not the one that the statement names.
    """
    if signer.public != statement.key:
        raise Refused("the verdict names another key as its verifier than the one that signs")
    payload = build_verdict(statement)
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    data = encode_envelope(payload, signer.public.keyid, signature)
    verified = open_envelope(parse_envelope(data, name="the new verdict"), signer.public)
    read = parse_verdict(verified)
    if verified.payload != payload:
        raise Refused("the new verdict does not read back as what was to be signed")
    return SignedVerdict(verified.record_id, read, data)
