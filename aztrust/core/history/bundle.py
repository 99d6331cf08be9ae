"""Sigstore bundles (v0.3): a verdict's envelope and its place in a ledger, in one file.

    {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
     "verificationMaterial": {
       "publicKey": {"hint": "<the keyid>"},
       "tlogEntries": [{"logIndex", "logId", "kindVersion", "canonicalizedBody",
                        "inclusionProof"}]},
     "dsseEnvelope": {"payload", "payloadType", "signatures": [{"sig"}]}}

The protobuf JSON of `dev.sigstore.bundle.v1.Bundle` (sigstore/protobuf-specs): integers are
strings, bytes are base64. `canonicalizedBody` is our ledger's leaf, the checkpoint our keeper's
head. The keyid is in the hint and not in the signature, as in Sigstore's own bundles: cosign
passes over a signature whose keyid is not of its own form.

Nearly all of a bundle follows from the envelope, the signer's key, the head and the proof, so a
bundle is read by writing it again: what is not what we would have written is refused. Neither the
verdict's signature nor the keeper's is checked here. `open_envelope` and `open_inclusion` do that,
with keys that the policy or a holder with authority named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from aztrust.core.base import canonical
from aztrust.core.base.base64_text import decode_base64, encode_base64
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.formats.checkpoint_note import (
    MAX_SIZE,
    VerifiedHead,
    claimed_head,
    open_head,
    parse_note,
)
from aztrust.core.formats.dsse import Envelope, encode_envelope, parse_envelope
from aztrust.core.formats.keys import PublicKey, VerificationMaterial, key_from_spki
from aztrust.core.formats.merkle import leaf_hash, verify_inclusion
from aztrust.core.history.leaf import leaf_of
from aztrust.core.records.summary import VERDICT

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
ENDING: Final = ".sigstore.json"
"""A bundle is next to its envelope: the same stem, this instead of `.dsse.json`."""

_CODE: Final = "record-malformed"
_MEND: Final = "use the .dsse.json next to it, or ask its signer for the bundle again"
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_ENTRY: Final = frozenset(
    {"canonicalizedBody", "inclusionProof", "kindVersion", "logId", "logIndex"}
)
_PROOF: Final = frozenset({"checkpoint", "hashes", "logIndex", "rootHash", "treeSize"})


@frozen
class Inclusion:
    """That an entry is in a log, as a bundle says it.

    The proof leads from the entry's leaf to the root that the note states. That the keeper signed
    the note is for `open_inclusion` to say.

    Args:
        log_id: the 32 bytes of `note.log_id`: which log, by which key.
        note: the bytes of the signed head.
        index: the entry's place, counted from 0.
        hashes: the proof, as `proof.inclusion_proof` gives it.
    """

    log_id: bytes
    note: bytes
    index: int
    hashes: tuple[bytes, ...]


@frozen
class Bundle:
    """A bundle that is of the right form and fits together; no signature was checked.

    Args:
        envelope: the one canonical form of its envelope: what the `.dsse.json` holds.
        inclusion: its place in a ledger, None where the keeper had not signed yet.
        key: the signer's, which only the ledger's entry brings along; it counts for nothing but
            the fingerprint that the envelope names.
    """

    envelope: bytes
    inclusion: Inclusion | None
    key: PublicKey | None


def included(head: VerifiedHead, index: int, hashes: tuple[bytes, ...]) -> Inclusion:
    """The place of an entry in a log whose head was verified.

    The note has the keeper's own line alone: verifiers of bundles want to know every signature.
    """
    return Inclusion(head.keeper.log_id(head.head.origin), head.own_note, index, hashes)


def encode_bundle(
    envelope: bytes, key: VerificationMaterial, inclusion: Inclusion | None = None
) -> bytes:
    """The canonical bytes of the bundle of a verdict.

    Args:
        envelope: the verdict's envelope, in any layout.
        key: the signer's.
        inclusion: from `included`; None where there is no ledger, or no head over the entry yet.

    Raises:
        Malformed: `record-malformed`, `signature-invalid` for another key than the envelope's,
            `ledger-inconsistent`: what could not be read back is not written.
    """
    parsed = parse_envelope(envelope, name="the verdict")
    if parsed.keyid != key.keyid:
        raise Malformed(
            f"names the key {parsed.keyid[:8]}, and the bundle is to name {key.keyid[:8]}",
            subject=parsed.name,
            code="signature-invalid",
        )
    data = canonical.dumps(_document(parsed, key, inclusion))
    parse_bundle(data, name="the new bundle")
    return data


def parse_bundle(data: bytes, *, name: str) -> Bundle:
    """Read a bundle strictly; its JSON may be laid out in any way, its content in one only.

    Raises:
        Malformed: `record-malformed`: more than 4 MiB, loose JSON, a field too many or too few,
            another media type, a certificate, more than one signature or log entry, a hint that is
            not the envelope's keyid, an entry that is not the leaf of this envelope, numbers that
            are given twice and differ; `ledger-inconsistent`: the proof does not lead to the root
            that its head states, or its head is not one; `key-malformed`: the entry's key.
    """
    fields = canonical.loads(data, what=name, code=_CODE)
    material = _only(fields, name, {"dsseEnvelope", "mediaType", "verificationMaterial"})
    if material["mediaType"] != MEDIA_TYPE:
        raise _malformed(name, f"is of another media type than {MEDIA_TYPE}")
    signed = material["dsseEnvelope"]
    material = _only(material["verificationMaterial"], name, {"publicKey", "tlogEntries"})
    envelope = _envelope(signed, _only(material["publicKey"], name, {"hint"})["hint"], name)
    entries = material["tlogEntries"]
    if not isinstance(entries, list) or len(entries) > 1:
        raise _malformed(name, "has more than one log entry; aztrust has one ledger")
    key, inclusion = _entry(entries[0], envelope) if entries else (None, None)
    if _document(envelope, key, inclusion) != fields:
        raise _malformed(name, "has a part that is not what its envelope and its proof make it")
    encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
    return Bundle(encoded, inclusion, key)


def open_inclusion(
    inclusion: Inclusion, keepers: Sequence[VerificationMaterial], origin: str, *, name: str
) -> VerifiedHead:
    """The head that an inclusion rests on, once its keeper's signature held.

    Args:
        inclusion: from `parse_bundle`, which followed the proof to the root of the head's text.
        keepers: the keys that the policy, or the freeze, names; at least one. A proof may be under
            a head of an earlier keeper, from before a deputy took over.
        origin: the log that they name.
        name: the file, for messages.

    Raises:
        Malformed: as `open_head`; `ledger-inconsistent` for another log.
    """
    own = (key for key in keepers if key.log_id(origin) == inclusion.log_id)
    keeper = next(own, keepers[0])
    head = open_head(inclusion.note, keeper, origin, name=name)
    if inclusion.log_id != keeper.log_id(origin):
        raise _malformed(name, "names another log than its head", code="ledger-inconsistent")
    return head


def _document(
    envelope: Envelope, key: VerificationMaterial | None, inclusion: Inclusion | None
) -> dict[str, Any]:
    entries = []
    if inclusion is not None and key is not None:
        head = claimed_head(parse_note(inclusion.note, name=envelope.name))
        leaf = leaf_of(envelope, VERDICT.name, key)
        verify_inclusion(leaf_hash(leaf), inclusion.index, head.size, inclusion.hashes, head.root)
        entries.append(
            {
                "canonicalizedBody": encode_base64(leaf),
                "inclusionProof": {
                    "checkpoint": {"envelope": inclusion.note.decode("utf-8")},
                    "hashes": [encode_base64(one) for one in inclusion.hashes],
                    "logIndex": str(inclusion.index),
                    "rootHash": encode_base64(head.root),
                    "treeSize": str(head.size),
                },
                "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
                "logId": {"keyId": encode_base64(inclusion.log_id)},
                "logIndex": str(inclusion.index),
            }
        )
    return {
        "dsseEnvelope": {
            "payload": encode_base64(envelope.payload),
            "payloadType": envelope.payload_type,
            "signatures": [{"sig": encode_base64(envelope.signature)}],
        },
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {
            "publicKey": {"hint": envelope.keyid},
            "tlogEntries": entries,
        },
    }


def _envelope(signed: object, keyid: object, name: str) -> Envelope:
    """The envelope in its own form: with its keyid, which a bundle has in another place."""
    fields = _only(signed, name, {"payload", "payloadType", "signatures"})
    signatures = fields["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise _malformed(name, "has other than one signature; a bundle has exactly one")
    only = _only(signatures[0], name, {"sig"})
    alone = {**fields, "signatures": [{**only, "keyid": keyid}]}
    return parse_envelope(canonical.dumps(alone), name=name)


def _entry(claimed: object, envelope: Envelope) -> tuple[PublicKey, Inclusion]:
    """The inclusion in a log entry, and the key that its leaf names; neither is compared here."""
    name = envelope.name
    entry = _only(claimed, name, _ENTRY)
    proof = _only(entry["inclusionProof"], name, _PROOF)
    note = _only(proof["checkpoint"], name, {"envelope"})["envelope"]
    index, hashes = entry["logIndex"], proof["hashes"]
    if not isinstance(index, str) or not _DECIMAL.fullmatch(index) or int(index) > MAX_SIZE:
        raise _malformed(name, "has a logIndex that is not a plain decimal number in a string")
    if not isinstance(note, str) or not isinstance(hashes, list):
        raise _malformed(name, "has a proof that is not made of a head and a list of hashes")
    key = _key(_decoded(entry["canonicalizedBody"], name), envelope)
    log = _decoded(_only(entry["logId"], name, {"keyId"})["keyId"], name)
    proven = tuple(_decoded(one, name) for one in hashes)
    return key, Inclusion(log, note.encode("utf-8"), int(index), proven)


def _key(leaf: bytes, envelope: Envelope) -> PublicKey:
    """The key in a leaf: the one that the envelope names, and of one well-formed spelling."""
    name = envelope.name
    found: Any = canonical.loads_canonical(leaf, what=name, code=_CODE)
    for step in ("spec", "hashedRekordV002", "signature", "verifier", "publicKey", "rawBytes"):
        found = found.get(step) if isinstance(found, dict) else None
    key = key_from_spki(_decoded(found, name), name=name)
    if key.keyid != envelope.keyid:
        raise _malformed(name, f"has the log entry of another key, {key.keyid[:8]}")
    return key


def _only(value: object, name: str, fields: frozenset[str] | set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != fields:
        raise _malformed(name, f"has a part that is not made of {', '.join(sorted(fields))}")
    return value


def _decoded(text: object, name: str) -> bytes:
    """Base64 of RFC 4648 section 4, only the form that encodes back to itself."""
    data = decode_base64(text) if isinstance(text, str) else None
    if not data:
        raise _malformed(name, "has a part that is not canonical base64 (RFC 4648 section 4)")
    return data


def _malformed(name: str, reason: str, *, code: str = _CODE) -> Malformed:
    return Malformed(reason, subject=name, code=code, mend=_MEND)
