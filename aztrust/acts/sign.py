"""Signing: a statement becomes an envelope, which is read back as any verifier would read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from aztrust.core.base.errors import Refused
from aztrust.core.base.model import Model
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import (
    PAYLOAD_TYPE,
    VerifiedPayload,
    encode_envelope,
    open_envelope,
    pae,
    parse_envelope,
)
from aztrust.core.formats.statement import parse_statement
from aztrust.core.history.bundle import ENDING
from aztrust.core.records.records import Unsigned, read_typed_record
from aztrust.core.records.verdict import VerdictStatement, build_verdict, parse_verdict
from aztrust.signers import Signer
from aztrust.storage.launch import RECORDS, VERDICTS

if TYPE_CHECKING:
    from aztrust.core.history.leaf import LedgerRecord

DSSE: Final = ".dsse.json"


@frozen
class SignedRecord:
    """A record that was read back as any verifier would read it.

    Args:
        record_id: `sha256:` of the payload.
        data: the envelope's bytes.
        path: where it belongs, relative to the launch directory.
        is_negative: whether it counts before a ledger has it, as a revocation does (law 9).
    """

    record_id: str
    data: bytes
    path: str
    is_negative: bool = False


@frozen
class SignedVerdict:
    """A verdict that was read back as any verifier would read it.

    Args:
        record_id: `sha256:` of the payload.
        statement: its contents.
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

    @property
    def is_negative(self) -> bool:
        """Whether it did not pass, so that it counts before a ledger has it (law 9)."""
        return not self.statement.passed


def sign_record(
    kind: str, body: Model, preimages: Mapping[str, object], signer: Signer
) -> SignedRecord:
    """Sign a record of a kind and read it back; a signer that signs something else is found here.

    Args:
        kind: one of `core.records.KINDS`.
        body: the record, of that kind's model.
        preimages: what its `*_hash` fields are over.
        signer: the key; asked for one signature.

    Raises:
        Malformed: the result is not what a verifier takes.
        Refused: the signer's key is not the one that the record would name.
    """
    what = f"the new {kind}"
    data, verified = _sign(Unsigned(kind, body, preimages).payload, signer, what)
    # The same steps as core.history.recordset: envelope, signature, statement, record.
    found = read_typed_record(parse_statement(verified), "", what=what)
    if found.body != body:
        raise _differs(what)
    path = record_path(verified.record_id, kind, signer.public.fingerprint)
    return SignedRecord(verified.record_id, data, path, is_negative=found.is_negative)


def sign_verdict(statement: VerdictStatement, signer: Signer) -> SignedVerdict:
    """Sign a verdict and read it back; a signer that signs something else is found here.

    Raises:
        Malformed: the statement contradicts itself, or the result is not what a verifier takes.
        Refused: the signer's key is not the one that the statement names.
    """
    if signer.public != statement.key:
        raise Refused("the verdict names another key as its verifier than the one that signs")
    data, verified = _sign(build_verdict(statement), signer, "the new verdict")
    return SignedVerdict(verified.record_id, parse_verdict(verified), data)


def record_path(record_id: str, kind: str, fingerprint: str) -> str:
    """Where a record belongs, relative to the launch directory."""
    return f"{RECORDS}/{record_id[7:23]}.{kind}.{fingerprint[7:15]}{DSSE}"


def place_of(record: LedgerRecord) -> str:
    """Where the file of a record or verdict belongs, relative to the launch directory."""
    if record.verdict is not None:
        return SignedVerdict(record.record_id, record.verdict, record.envelope).path
    return record_path(record.record_id, record.kind, record.fingerprint)


def _sign(payload: bytes, signer: Signer, what: str) -> tuple[bytes, VerifiedPayload]:
    key = signer.public
    data = encode_envelope(payload, key.keyid, signer.sign(pae(PAYLOAD_TYPE, payload)))
    verified = open_envelope(parse_envelope(data, name=what), key)
    if verified.payload != payload:
        raise _differs(what)
    return data, verified


def _differs(what: str) -> Refused:
    return Refused(f"{what} does not read back as what was to be signed")
