"""Making a record: signed, read back through the verifying path, then stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.core.base.errors import Refused
from aztrust.core.base.model import Model
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import (
    PAYLOAD_TYPE,
    encode_envelope,
    open_envelope,
    pae,
    parse_envelope,
)
from aztrust.core.formats.statement import Subject, build_statement, parse_statement
from aztrust.core.records.records import read_typed_record, subject_of
from aztrust.signers import Signer
from aztrust.storage.durable import create_idempotent
from aztrust.storage.launch import RECORDS


@frozen
class SignedRecord:
    """A record that was read back as any verifier would read it.

    Args:
        record_id: `sha256:` of the payload.
        data: the envelope's bytes.
        path: where it belongs, relative to the launch directory.
    """

    record_id: str
    data: bytes
    path: str


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
    name, digest = subject_of(body, preimages)
    record = body.model_dump(mode="json", exclude_none=True)
    payload = build_statement(kind, [Subject(name, digest)], record, preimages)
    key = signer.public
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    data = encode_envelope(payload, key.keyid, signature)
    # The same steps as core.recordset: envelope, signature, statement, record.
    what = f"the new {kind}"
    verified = open_envelope(parse_envelope(data, name=what), key)
    identity = read_typed_record(parse_statement(verified), "", what=what)
    if verified.payload != payload or identity.body != body:
        raise Refused(f"{what} does not read back as what was to be signed")
    path = record_path(verified.record_id, kind, key.fingerprint)
    return SignedRecord(verified.record_id, data, path)


def record_path(record_id: str, kind: str, fingerprint: str) -> str:
    """Where a record belongs, relative to the launch directory."""
    return f"{RECORDS}/{record_id[7:23]}.{kind}.{fingerprint[7:15]}.dsse.json"


def store_record(launch: Path, record: SignedRecord) -> Path:
    """Write a record among the launch's records; the same one again changes nothing.

    Raises:
        Refused: another file has its name.
        CouldNotCheck: the file system said no, or the folder is a link.
    """
    path = launch / record.path
    create_idempotent(path, record.data, within=launch)
    return path
