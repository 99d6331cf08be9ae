"""What a ledger takes: a signed record whose signature held, and its leaf in the tree.

A verdict's leaf is the body of a Rekor v2 entry, a `hashedrekord` of version 0.0.2
(sigstore/rekor-tiles, CLIENTS.md; `HashedRekordLogEntryV002` in its `api/proto/rekor/v2`), so that
an unmodified Sigstore verifier finds in our log what it would look for in Rekor:

    {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
      "data": {"algorithm": "SHA2_256", "digest": base64 of SHA-256(PAE)},
      "signature": {"content": base64, "verifier": {
        "keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": {"rawBytes": base64 of the SPKI}}}}}}

Every other leaf is `{"envelope_sha256", "record_id", "schema": "aztrust/leaf"}`. Both are canonical
JSON (RFC 8785).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from aztrust.core.base import canonical
from aztrust.core.base.base64_text import encode_base64
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Model, validate
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import (
    Envelope,
    VerifiedPayload,
    encode_envelope,
    pae,
)
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.formats.statement import Statement
from aztrust.core.history.opener import Opener
from aztrust.core.history.operators import EnrolledKey, not_a_confirmation
from aztrust.core.records.kind import RecordKind
from aztrust.core.records.node_facts import OF_OPERATORS
from aztrust.core.records.records import KINDS
from aztrust.core.records.summary import PREDICATE_TYPE, VERDICT

if TYPE_CHECKING:
    from aztrust.core.records.verdict import VerdictStatement

LEAF_SCHEMA: Final = "aztrust/leaf"

_VERDICT_MARK: Final = b'"predicateType":"%b"' % PREDICATE_TYPE.encode("ascii")
_OPERATOR_MARKS: Final = tuple(
    f'"predicateType":"urn:aztrust:{name}:v1"'.encode() for name in sorted(OF_OPERATORS)
)


@frozen
class LedgerRecord:
    """A record whose signature held and whose payload was read: the only thing that is appended.

    Args:
        kind: `verdict`, or the kind of its statement.
        verified: payload, record id and key.
        fingerprint: the key's. It and the record id together identify one signed record (law 8).
        envelope: its one canonical form, whatever the layout of the file was.
        leaf: what the tree holds.
        statement: what was read out of the payload; None of a verdict.
        verdict: what was read out of the payload of a verdict; None of any other record.
    """

    kind: str
    verified: VerifiedPayload
    fingerprint: str
    envelope: bytes
    leaf: bytes
    statement: Statement | None = None
    verdict: VerdictStatement | None = None

    @property
    def record_id(self) -> str:
        """`sha256:` of the payload."""
        return self.verified.record_id


def read_record(
    data: bytes,
    keys: Mapping[str, VerificationMaterial],
    opener: Opener,
    *,
    name: str,
    operators: Mapping[str, EnrolledKey] = MappingProxyType({}),
) -> LedgerRecord:
    """The record in these envelope bytes, in any layout.

    Args:
        data: the file.
        keys: fingerprint to key: whose records are taken.
        opener: opens each content once in a run.
        name: the file, for messages.
        operators: the enrolled keys: their confirmations are taken, and nothing else.

    Raises:
        Malformed: as `parse_envelope`, `open_envelope`, `parse_statement` and `parse_verdict`;
            `signer-unknown` for a key that is not among `keys`, and for anything but a confirmation
            by one that is among `operators` only.
    """
    envelope = opener.envelope(data, name=name)
    fingerprint = f"sha256:{envelope.keyid}"
    key = keys.get(fingerprint)
    if key is None and (enrolled := operators.get(fingerprint)) is not None:
        record = open_record(envelope, enrolled.key, opener)
        if record.kind in OF_OPERATORS:
            return record
        raise not_a_confirmation(record.kind, enrolled.operator, name)
    if key is None:
        raise Malformed(
            f"is signed by the key {envelope.keyid[:8]}, which is not available here",
            subject=name,
            code="signer-unknown",
            mend="put the signer's public key into keys/, if the policy names it",
        )
    return open_record(envelope, key, opener)


def open_record(envelope: Envelope, key: VerificationMaterial, opener: Opener) -> LedgerRecord:
    """The record in an envelope that names this key; raises as `read_record`."""
    parts = (envelope.payload_type, envelope.keyid, envelope.signature, envelope.payload)
    return opener.result(
        lambda: _open_record(envelope, key, opener), open_record, key, *parts, subject=envelope.name
    )


def _open_record(envelope: Envelope, key: VerificationMaterial, opener: Opener) -> LedgerRecord:
    verified = opener.payload(envelope, key)
    encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
    statement = _statement_of(verified, opener)
    if not isinstance(statement, Statement):
        leaf = _hashedrekord(envelope, key)
        return LedgerRecord(
            VERDICT.name, verified, key.fingerprint, encoded, leaf, verdict=statement
        )
    leaf = _plain(verified.record_id, encoded)
    return LedgerRecord(statement.kind, verified, key.fingerprint, encoded, leaf, statement)


def is_negative(record: LedgerRecord) -> bool:
    """Whether a record stops or takes back something, as its kind says.

    A negative record may come before what it cites: it does not wait for another one (law 9).
    """
    kind, body = kind_and_body(record)
    return kind is not None and body is not None and kind.is_negative(body)


def dependencies(record: LedgerRecord) -> frozenset[str]:
    """Ids of the records that must be in the ledger before a record, as its kind says.

    A verdict depends on what it considered, the closing of a blocker on what it closes. Other
    digests in a payload may be anything: writing one down forbids no record its place.
    """
    kind = _kind(record)
    # An audit reads thousands of records, and few kinds depend on anything.
    if kind is None or not kind.has_dependencies():
        return frozenset()
    body = kind_and_body(record)[1]
    return frozenset() if body is None else kind.dependencies(body)


def _kind(record: LedgerRecord) -> RecordKind | None:
    """Its descriptor; None of a kind that this version does not know."""
    return KINDS.get(record.kind) if record.verdict is None else VERDICT


def kind_and_body(
    record: LedgerRecord,
) -> tuple[RecordKind | None, Model | VerdictStatement | None]:
    """A record's descriptor and its body; no body where it is not what its kind says."""
    kind, statement = _kind(record), record.statement
    if kind is None or statement is None:
        return kind, record.verdict
    try:
        return kind, validate(
            kind.model, dict(statement.record), what=record.record_id, code="record-malformed"
        )
    except Malformed:
        return kind, None


def leaf_of(envelope: Envelope, kind: str, key: VerificationMaterial) -> bytes:
    """The leaf of a record of this kind, signed by this key; nothing is verified here."""
    return _hashedrekord(envelope, key) if kind == VERDICT.name else plain_leaf(envelope)


def plain_leaf(envelope: Envelope) -> bytes:
    """The leaf of a record of any kind but a verdict; nothing is verified here."""
    encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
    return _plain(sha256_id(envelope.payload), encoded)


def claimed_kind(payload: bytes) -> str:
    """`verdict` for a payload that means to be one, else ""; what it is, `read_record` says."""
    return VERDICT.name if _VERDICT_MARK in payload else ""


def claims_confirmation(payload: bytes) -> bool:
    """Whether a payload means to be what an operator signs; what it is, `read_record` says."""
    return any(mark in payload for mark in _OPERATOR_MARKS)


def _statement_of(verified: VerifiedPayload, opener: Opener) -> Statement | VerdictStatement:
    """The statement of a record, or of a verdict."""
    try:
        return opener.statement(verified)
    except Malformed as error:
        if error.code != "record-unknown" or not claimed_kind(verified.payload):
            raise
    return opener.verdict(verified)


def _plain(record_id: str, encoded: bytes) -> bytes:
    # Canonical as written: an audit writes one for every record, and there is nothing to escape.
    leaf = f'{{"envelope_sha256":"{sha256_id(encoded)}","record_id":"{record_id}"'
    return f'{leaf},"schema":"{LEAF_SCHEMA}"}}'.encode("ascii")


def _hashedrekord(envelope: Envelope, key: VerificationMaterial) -> bytes:
    digest = hashlib.sha256(pae(envelope.payload_type, envelope.payload)).digest()
    entry = {
        "data": {"algorithm": "SHA2_256", "digest": encode_base64(digest)},
        "signature": {
            "content": encode_base64(envelope.signature),
            "verifier": key.log_verifier,
        },
    }
    return canonical.dumps(
        {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": entry}}
    )
