"""DSSE envelopes (secure-systems-lab/dsse, protocol v1.0.2) with exactly one signature.

    {"payload": "<base64>", "payloadType": "application/vnd.in-toto+json",
     "signatures": [{"keyid": "<64 hex: SHA-256 of the SPKI>", "sig": "<base64>"}]}

`Envelope` is a claim. `VerifiedPayload` is what `open_envelope` returns after the
signature held, and the only thing that the parsers of payloads take (law 7).
"""

from __future__ import annotations

import re
from typing import Final

from aztrust.core.base import canonical
from aztrust.core.base.base64_text import decode_base64, encode_base64
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
_CODE: Final = "record-malformed"
_KEYID: Final = re.compile(r"[0-9a-f]{64}")
_MEND: Final = "ask its signer for the file again; a record is never edited by hand"


@frozen
class Envelope:
    """An envelope whose shape is right and whose signature is not checked.

    `name` is the file it came from, for messages; it is not part of its identity.
    """

    payload: bytes
    payload_type: str
    keyid: str
    signature: bytes
    name: str


@frozen
class VerifiedPayload:
    """Payload bytes that `key` signed. `record_id` is `sha256:` of them."""

    payload: bytes
    record_id: str
    key: VerificationMaterial


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: the bytes that are signed.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse_envelope(data: bytes, *, name: str) -> Envelope:
    """Read an envelope strictly; its JSON may be laid out in any way, its content in one only.

    Raises:
        Malformed: `record-malformed`: more than 4 MiB, loose JSON, a field too many or too few,
            another payloadType, any number of signatures but one, a keyid that is not 64 hex
            digits, base64 in any form but the canonical one, an empty payload or signature.
    """
    fields = canonical.loads(data, what=name, code=_CODE)
    if not isinstance(fields, dict) or fields.keys() != {"payload", "payloadType", "signatures"}:
        raise _malformed(name, "is not a DSSE envelope of payload, payloadType and signatures")
    if fields["payloadType"] != PAYLOAD_TYPE:
        raise _malformed(name, f"has another payloadType than {PAYLOAD_TYPE}")
    signatures = fields["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        count = len(signatures) if isinstance(signatures, list) else "no list of"
        raise _malformed(name, f"has {count} signatures; a record has exactly one")
    only = signatures[0]
    if not isinstance(only, dict) or only.keys() != {"keyid", "sig"}:
        raise _malformed(name, "has a signature that is not made of keyid and sig")
    keyid = only["keyid"]
    if not isinstance(keyid, str) or _KEYID.fullmatch(keyid) is None:
        raise _malformed(name, "has a keyid that is not 64 lowercase hex digits")
    payload = _decode(fields["payload"], name, "payload")
    return Envelope(payload, PAYLOAD_TYPE, keyid, _decode(only["sig"], name, "signature"), name)


def open_envelope(envelope: Envelope, key: VerificationMaterial) -> VerifiedPayload:
    """Check the signature and return the payload as one that `key` signed.

    Raises:
        Malformed: `signature-invalid`: the keyid names another key, or the signature does not
            hold.
    """
    if envelope.keyid != key.keyid:
        raise Malformed(
            f"names the key {envelope.keyid[:8]} and was checked with {key.keyid[:8]}",
            subject=envelope.name,
            code="signature-invalid",
            mend=_MEND,
        )
    message = pae(envelope.payload_type, envelope.payload)
    if not key.verify(envelope.signature, message):
        raise Malformed(
            f"has a signature that key {key.keyid[:8]} did not make over this payload",
            subject=envelope.name,
            code="signature-invalid",
            mend=_MEND,
        )
    return VerifiedPayload(envelope.payload, sha256_id(envelope.payload), key)


def encode_envelope(payload: bytes, keyid: str, signature: bytes) -> bytes:
    """Return the canonical bytes of the envelope, without a line end."""
    # Canonical as written: hex and base64 have nothing to escape, and an audit writes thousands.
    text = f'{{"payload":"{encode_base64(payload)}","payloadType":"{PAYLOAD_TYPE}"'
    sig = encode_base64(signature)
    return f'{text},"signatures":[{{"keyid":"{keyid}","sig":"{sig}"}}]}}'.encode()


def canonical_form(data: bytes) -> bytes:
    """An envelope in its one canonical form, whatever its layout; other bytes as they are."""
    try:
        envelope = parse_envelope(data, name="")
    except Malformed:
        return data
    return encode_envelope(envelope.payload, envelope.keyid, envelope.signature)


def _decode(text: object, name: str, field: str) -> bytes:
    """Decode base64 of RFC 4648 section 4; only the form that encodes back to itself."""
    if not isinstance(text, str):
        raise _malformed(name, f"has a {field} that is not a string")
    if not text:
        raise _malformed(name, f"has an empty {field}")
    data = decode_base64(text)
    if not data:
        raise _malformed(name, f"has a {field} that is not canonical base64 (RFC 4648 section 4)")
    return data


def _malformed(name: str, reason: str) -> Malformed:
    return Malformed(reason, subject=name, code=_CODE, mend=_MEND)
