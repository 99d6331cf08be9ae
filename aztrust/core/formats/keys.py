"""What verifies signatures: public keys, ECDSA P-256 and Ed25519, compared by raw value (law 8).

Each of the two algorithms has exactly one SubjectPublicKeyInfo per key here: RFC 5480 with the
named curve and the uncompressed point, RFC 8410 for Ed25519. Both are a constant prefix before
the raw value, so one comparison refuses compressed points, explicit curve parameters, BER and
every other second spelling of the same key.

Everything that checks, names or counts a signer takes `VerificationMaterial`, of which a public key
is the only one today; a certificate with its log entry can be another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from aztrust.core.base.base64_text import decode_base64, encode_base64
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.value import frozen

Algorithm = Literal["ecdsa-p256", "ed25519"]

_PREFIXES: Final[dict[Algorithm, bytes]] = {
    "ecdsa-p256": bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
    "ed25519": bytes.fromhex("302a300506032b6570032100"),
}
_LENGTHS: Final[dict[Algorithm, int]] = {"ecdsa-p256": 65, "ed25519": 32}
_SHA256: Final = SHA256()
_PEM_LIMIT: Final = 4096
_BLOCK: Final = re.compile(
    rb"-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n-----END PUBLIC KEY-----(?:\r?\n)*"
)

# RFC 8032, section 5.1: the field, the curve constant d, and the y of the points of order 8.
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_Y8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})


# sigstore/protobuf-specs, enum PublicKeyDetails. Rekor itself takes Ed25519 only prehashed, because
# it checks signatures with nothing but the digest; our ledger has the whole payload.
KEY_DETAILS: Final[Mapping[Algorithm, str]] = {
    "ecdsa-p256": "PKIX_ECDSA_P256_SHA_256",
    "ed25519": "PKIX_ED25519",
}
"""How Sigstore names our algorithms."""


class VerificationMaterial(Hashable, Protocol):
    """What a signature is checked with, and a signer named and counted by. Hashable."""

    @property
    def fingerprint(self) -> str:
        """`sha256:` and 64 hex digits: how policies and reports name it."""
        ...

    @property
    def keyid(self) -> str:
        """The 64 hex digits of the fingerprint: how DSSE envelopes name it."""
        ...

    @property
    def material(self) -> bytes:
        """The raw value: two signers with equal material are counted as one (law 8)."""
        ...

    @property
    def log_verifier(self) -> Mapping[str, object]:
        """The `verifier` of a Rekor v2 entry, as JSON."""
        ...

    def log_id(self, origin: str) -> bytes:
        """The 32 bytes that name it as the keeper of a log: Sigstore's `logId`, whose first four
        are the key id of a signed note.
        """
        ...

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is by this signer, over the message.

        Raises:
            CouldNotCheck: this machine cannot verify such signatures.
        """
        ...


@frozen
class PublicKey:
    """A public key that was found well-formed; made by `parse_public_key` or `from_material`.

    Attributes:
        algorithm: `ecdsa-p256` or `ed25519`.
        material: the raw value: `04 || x || y` (65 bytes), or the 32 bytes of RFC 8032. Two keys
            are the same key exactly when their material is equal.
    """

    algorithm: Algorithm
    material: bytes

    @property
    def spki(self) -> bytes:
        """The DER of the SubjectPublicKeyInfo."""
        return _PREFIXES[self.algorithm] + self.material

    @property
    def fingerprint(self) -> str:
        """`sha256:` of the SubjectPublicKeyInfo: how policies and reports name the key."""
        return _fingerprint(self.algorithm, self.material)

    @property
    def keyid(self) -> str:
        """The 64 hex digits of the fingerprint: how DSSE envelopes name the key."""
        return self.fingerprint.removeprefix("sha256:")

    @property
    def pem(self) -> bytes:
        """The one PEM form that is written (RFC 7468)."""
        text = encode_base64(self.spki).encode()
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        head, tail = b"-----BEGIN PUBLIC KEY-----", b"-----END PUBLIC KEY-----"
        return b"\n".join([head, *lines, tail, b""])

    @property
    def log_verifier(self) -> Mapping[str, object]:
        """The `verifier` of a Rekor v2 entry, as JSON."""
        encoded = encode_base64(self.spki)
        return {
            "keyDetails": KEY_DETAILS[self.algorithm],
            "publicKey": {"rawBytes": encoded},
        }

    def log_id(self, origin: str) -> bytes:
        """The 32 bytes whose first four are the key id: Sigstore's `logId` and `checkpointKeyId`.

        signed-note: for Ed25519 (type 0x01) over name, line feed, type and raw key; for ECDSA
        (type 0x02) over the SubjectPublicKeyInfo alone.
        """
        if self.algorithm == "ed25519":
            return hashlib.sha256(origin.encode() + b"\n\x01" + self.material).digest()
        return hashlib.sha256(self.spki).digest()

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Tell whether `signature` over `message` is by `key`.

        ECDSA with SHA-256 takes strict DER of (r, s) (SEC 1, FIPS 186-5); a high s is accepted,
        because a record is counted by its id and key, not by signature bytes (law 8). Ed25519 is
        RFC 8032 with s below the group order.

        Raises:
            CouldNotCheck: the cryptographic library of this machine lacks the algorithm.
        """
        try:
            usable = _usable(self.algorithm, self.material)
            if isinstance(usable, ed25519.Ed25519PublicKey):
                usable.verify(signature, message)
            else:
                usable.verify(signature, message, _ECDSA)
        except (InvalidSignature, ValueError):
            # ValueError: not a point of its curve, which only `listed_key` does not look at.
            return False
        except UnsupportedAlgorithm:
            raise CouldNotCheck(
                f"the cryptographic library here cannot verify {self.algorithm} signatures",
                subject=self.fingerprint,
                mend="install the `cryptography` wheel from your package index, or verify"
                " elsewhere",
            ) from None
        return True


def parse_public_key(pem: bytes, *, name: str) -> PublicKey:
    """Read a public key file: exactly one `PUBLIC KEY` block and nothing else.

    Raises:
        Malformed: `key-malformed`; `name` is the file.
    """
    if b"PRIVATE KEY-----" in pem:
        raise Malformed(
            "is a PRIVATE key in the place of a public one",
            subject=name,
            code="key-malformed",
            mend="remove it, treat the key as compromised, and put the public key here: "
            "openssl pkey -in PRIVATE -pubout",
        )
    if pem.count(b"-----BEGIN ") > 1:
        raise _malformed(name, "holds more than one PEM block")
    match = _BLOCK.fullmatch(pem) if len(pem) <= _PEM_LIMIT else None
    if match is None:
        raise _malformed(name, "is not exactly one PEM block of type PUBLIC KEY")
    text = match[1].replace(b"\r\n", b"").replace(b"\n", b"")
    der = decode_base64(text.decode("ascii", "replace"))
    if not der:
        raise _malformed(name, "holds base64 that is not well-formed")
    return key_from_spki(der, name=name)


def key_from_spki(der: bytes, *, name: str) -> PublicKey:
    """Read a SubjectPublicKeyInfo, in the one spelling that each key has here.

    Raises:
        Malformed: `key-malformed`; `name` is where it is.
    """
    algorithm, material = _split_spki(der, name)
    return from_material(algorithm, material, name=name)


def _split_spki(der: bytes, name: str) -> tuple[Algorithm, bytes]:
    for algorithm, prefix in _PREFIXES.items():
        if der.startswith(prefix) and len(der) == len(prefix) + _LENGTHS[algorithm]:
            return algorithm, der[len(prefix) :]
    raise _malformed(
        name, "is neither P-256 (named curve, uncompressed point) nor Ed25519, in plain DER"
    )


def listed_key(der: bytes, *, name: str) -> PublicKey:
    """A key out of a list of thousands; that it is a point of its curve is not looked at yet.

    No signature holds of what is not such a point: `verify` says so. A key that "signs" everything,
    and a second spelling of a key, are refused here as everywhere.

    Raises:
        Malformed: `key-malformed`.
    """
    algorithm, material = _split_spki(der, name)
    sound = _has_one_spelling(material) if algorithm == "ed25519" else material[0] == 4
    if not sound:
        raise _malformed(name, "is not a usable public key")
    return PublicKey(algorithm, material)


def from_material(algorithm: Algorithm, material: bytes, *, name: str) -> PublicKey:
    """Make a key from its raw value, after checking that it is a usable point of its curve.

    Ed25519 points are also refused where they are of small order (such a key "signs" everything)
    or where the same point has a shorter spelling (y at or above the field's prime).

    Raises:
        Malformed: `key-malformed`.
    """
    key = PublicKey(algorithm, material)
    if algorithm == "ed25519":
        if len(material) != _LENGTHS[algorithm] or not _is_sound_ed25519(material):
            raise _malformed(name, "is not a usable Ed25519 point")
        return key
    try:
        if len(material) != _LENGTHS[algorithm] or material[0] != 4:
            raise _malformed(name, "is not an uncompressed P-256 point")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), material)
    except ValueError:
        raise _malformed(name, "is not a point of the curve P-256") from None
    return key


# Each of thousands of operators has a key, and its name is asked for at every step. What is kept
# follows from the key alone.
@lru_cache(maxsize=32_768)
def _fingerprint(algorithm: Algorithm, material: bytes) -> str:
    return sha256_id(_PREFIXES[algorithm] + material)


class _EcdsaSha256(ec.ECDSA):
    """ECDSA with SHA-256, to verify only.

    The library's own constructor imports its ciphers and RSA to ask whether it can sign
    deterministically: 4 % of what `verify` of a small launch costs (ADR 4).
    """

    def __init__(self) -> None:
        pass

    @property
    def algorithm(self) -> SHA256:
        """The hash over the message."""
        return _SHA256

    @property
    def deterministic_signing(self) -> bool:
        """Nothing is signed with it."""
        return False


_ECDSA: Final = _EcdsaSha256()


@lru_cache(maxsize=256)
def _usable(
    algorithm: Algorithm, material: bytes
) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
    """The key as the cryptographic library takes it, which costs a third of a check."""
    if algorithm == "ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(material)
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), material)


def _has_one_spelling(material: bytes) -> bool:
    """Whether an Ed25519 point is in its one encoding, and not of small order."""
    y = int.from_bytes(material, "little") & (2**255 - 1)
    return y < _P and y not in _SMALL_ORDER_Y


def _is_sound_ed25519(material: bytes) -> bool:
    if not _has_one_spelling(material):
        return False
    y = int.from_bytes(material, "little") & (2**255 - 1)
    # x^2 = (y^2 - 1) / (d y^2 + 1) must be a square (Euler); y = ±1 (x = 0) is excluded above.
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    return pow(u * v, (_P - 1) // 2, _P) == 1


def _malformed(name: str, reason: str) -> Malformed:
    return Malformed(
        reason,
        subject=name,
        code="key-malformed",
        mend="write it with: openssl pkey -in PRIVATE -pubout -ec_conv_form uncompressed "
        "-ec_param_enc named_curve",
    )
