"""What a ledger takes: a signed record whose signature held, and the leaf that stands for it.

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

import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Final

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import (
    Envelope,
    VerifiedPayload,
    encode_envelope,
    pae,
)
from aztrust.core.formats.keys import Algorithm, PublicKey
from aztrust.core.formats.statement import Statement
from aztrust.core.history.opener import Opener
from aztrust.core.records.summary import PREDICATE_TYPE

VERDICT: Final = "verdict"
"""The kind that a ledger calls a verdict; every other kind is its statement's."""

LEAF_SCHEMA: Final = "aztrust/leaf"

# sigstore/protobuf-specs, enum PublicKeyDetails. Rekor itself takes Ed25519 only prehashed, because
# it checks signatures with nothing but the digest; this ledger has the whole payload.
KEY_DETAILS: Final[Mapping[Algorithm, str]] = {
    "ecdsa-p256": "PKIX_ECDSA_P256_SHA_256",
    "ed25519": "PKIX_ED25519",
}
"""How Sigstore names our algorithms."""

_FAILED: Final = b'"verificationResult":"FAILED"'
_PASSED: Final = b'"verificationResult":"PASSED"'
_ATTESTED: Final = re.compile(rb'"urn:aztrust:record:([0-9a-f]{64})"')
_VERDICT_MARK: Final = b'"predicateType":"%b"' % PREDICATE_TYPE.encode("ascii")


@frozen
class LedgerRecord:
    """A record whose signature held and whose payload was read: the only thing that is appended.

    Args:
        kind: `verdict`, or the kind of its statement.
        verified: payload, record id and key.
        fingerprint: the key's. It and the record id together are one utterance (law 8).
        envelope: its one canonical form, whatever the layout of the file was.
        leaf: what the tree holds.
        statement: what was read out of the payload; None of a verdict.
    """

    kind: str
    verified: VerifiedPayload
    fingerprint: str
    envelope: bytes
    leaf: bytes
    statement: Statement | None = None

    @property
    def record_id(self) -> str:
        """`sha256:` of the payload."""
        return self.verified.record_id


def read_record(
    data: bytes, keys: Mapping[str, PublicKey], opener: Opener, *, name: str
) -> LedgerRecord:
    """The record in these envelope bytes, in any layout.

    Args:
        data: the file.
        keys: fingerprint to key: whose records are taken.
        opener: opens each content once in a run.
        name: the file, for messages.

    Raises:
        Malformed: as `parse_envelope`, `open_envelope`, `parse_statement` and `parse_verdict`;
            `signer-unknown` for a key that is not among `keys`.
    """
    envelope = opener.envelope(data, name=name)
    fingerprint = f"sha256:{envelope.keyid}"
    key = keys.get(fingerprint)
    if key is None:
        raise Malformed(
            f"is signed by the key {envelope.keyid[:8]}, which nobody here has",
            subject=name,
            code="signer-unknown",
            mend="put the signer's public key into keys/, if the policy names it",
        )
    return open_record(envelope, key, opener)


def open_record(envelope: Envelope, key: PublicKey, opener: Opener) -> LedgerRecord:
    """The record in an envelope that names this key; raises as `read_record`."""
    verified = opener.payload(envelope, key)
    encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
    statement = _statement_of(verified, opener)
    if statement is None:
        leaf = _hashedrekord(envelope, key)
        return LedgerRecord(VERDICT, verified, key.fingerprint, encoded, leaf)
    leaf = _plain(verified.record_id, encoded)
    return LedgerRecord(statement.kind, verified, key.fingerprint, encoded, leaf, statement)


def takes_away(record: LedgerRecord) -> bool:
    """Whether a record only takes away: a revocation, or a verdict that did not pass.

    Such a one may stand before what it cites: it must not wait until that is there (law 9).
    """
    if record.kind == VERDICT:
        # A verdict is canonical; one that says both, where a version may be anything, is no no.
        payload = record.verified.payload
        return _FAILED in payload and _PASSED not in payload
    return record.kind == "revocation"


def causes(record: LedgerRecord) -> frozenset[str]:
    """Ids of the records that a record by its form rests on, so that they stand before it.

    A verdict names what it considered, the closing of a blocker what it closes. Other digests in a
    payload may be anything: who writes one down cannot thereby forbid a record its place.
    """
    if takes_away(record):
        return frozenset()
    if record.kind == VERDICT:
        return frozenset(f"sha256:{d.decode()}" for d in _ATTESTED.findall(record.verified.payload))
    statement = record.statement
    if record.kind != "blocker" or statement is None:
        return frozenset()
    closed = statement.record.get("blocker")
    return frozenset({closed}) if isinstance(closed, str) else frozenset()


def leaf_of(envelope: Envelope, kind: str, key: PublicKey) -> bytes:
    """The leaf of a record of this kind, signed by this key; nothing of it is verified here."""
    if kind == VERDICT:
        return _hashedrekord(envelope, key)
    encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
    return _plain(sha256_id(envelope.payload), encoded)


def claimed_kind(payload: bytes) -> str:
    """`verdict` for a payload that means to be one, else ""; what it is, `read_record` says."""
    return VERDICT if _VERDICT_MARK in payload else ""


def _statement_of(verified: VerifiedPayload, opener: Opener) -> Statement | None:
    """The statement of a record; None of a verdict, which was read as one."""
    try:
        return opener.statement(verified)
    except Malformed as error:
        if error.code != "record-unknown" or not claimed_kind(verified.payload):
            raise
    opener.verdict(verified)
    return None


def _plain(record_id: str, encoded: bytes) -> bytes:
    # Canonical as it stands: an audit writes one for every record, and there is nothing to escape.
    leaf = f'{{"envelope_sha256":"{sha256_id(encoded)}","record_id":"{record_id}"'
    return f'{leaf},"schema":"{LEAF_SCHEMA}"}}'.encode("ascii")


def _hashedrekord(envelope: Envelope, key: PublicKey) -> bytes:
    digest = hashlib.sha256(pae(envelope.payload_type, envelope.payload)).digest()
    entry = {
        "data": {"algorithm": "SHA2_256", "digest": _base64(digest)},
        "signature": {
            "content": _base64(envelope.signature),
            "verifier": {
                "keyDetails": KEY_DETAILS[key.algorithm],
                "publicKey": {"rawBytes": _base64(key.spki)},
            },
        },
    }
    return canonical.dumps(
        {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": entry}}
    )


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")
