"""Whether a gen_tx was signed by the account of its validator.

secp256k1 over the sign modes DIRECT and amino JSON, with the account number and sequence 0 that
every genesis transaction has. The signing key must be the one that the operator address is made
from: a signature by any other key says nothing about the validator. What cannot be verified here
(several signers, other curves, fields that are not known) is not taken for verified.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from aztrust.core.base.value import frozen
from aztrust.core.genesis.bech32 import decode_bech32
from aztrust.core.genesis.gentx_bytes import amino_bytes, direct_bytes
from aztrust.core.genesis.validators import created_by
from aztrust.core.linkage.jsondoc import JsonValue, elements, get, string

_SECP256K1: Final = frozenset({"/cosmos.crypto.secp256k1.PubKey", "tendermint/PubKeySecp256k1"})
_AMINO: Final = "SIGN_MODE_LEGACY_AMINO_JSON"
_DIRECT: Final = "SIGN_MODE_DIRECT"


@frozen
class GentxSignature:
    """What is known about the signature of one gen_tx.

    Args:
        answer: `verified`, `wrong` (it is not by that account over this gen_tx) or `unknown`.
        why: a sentence for `wrong` and `unknown`.
    """

    answer: Literal["verified", "wrong", "unknown"]
    why: str = ""


def check_gentx(tx: JsonValue, chain_id: str) -> GentxSignature:
    """Verify the signature of a gen_tx.

    Args:
        tx: it, parsed.
        chain_id: of the network that it was signed for.
    """
    signers = _signers(tx)
    if len(signers) != 1:
        return _unknown(f"it has {len(signers)} signatures, and one is verified here")
    kind, key, mode, signature = signers[0]
    if kind not in _SECP256K1:
        return _unknown("its key is not a secp256k1 key")
    signed = {_DIRECT: direct_bytes, _AMINO: amino_bytes}.get(mode)
    message = signed(tx, chain_id) if signed is not None else None
    if message is None:
        return _unknown("what was signed cannot be made again from its JSON")
    try:
        address = hashlib.new("ripemd160", hashlib.sha256(key).digest()).digest()
    except ValueError:
        return _unknown("this machine has no RIPEMD-160, which addresses are made with")
    operators = {validator.operator for validator, _ in created_by(tx)}
    if {(decode_bech32(operator) or ("", b""))[1] for operator in operators} != {address}:
        return GentxSignature("wrong", "it is signed by another account than its validator's")
    if len(signature) != 64:
        return GentxSignature("wrong", "its signature does not have 64 bytes")
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), key)
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except UnsupportedAlgorithm:
        return _unknown("the cryptographic library here has no secp256k1")
    except (InvalidSignature, ValueError):
        cause = "its signature does not hold: it was changed, or signed for another chain id"
        return GentxSignature("wrong", cause)
    return GentxSignature("verified")


def _signers(tx: JsonValue) -> list[tuple[str, bytes, str, bytes]]:
    """Kind of key, key, sign mode and signature of each signer."""
    if get(tx, "body") is None:
        found = elements(get(tx, "value", "signatures"))
        return [
            (
                string(get(one, "pub_key", "type")),
                _bytes(get(one, "pub_key", "value")),
                _AMINO,
                _bytes(get(one, "signature")),
            )
            for one in found
        ]
    infos, signatures = elements(get(tx, "auth_info", "signer_infos")), get(tx, "signatures")
    if len(infos) != len(elements(signatures)):
        return []
    return [
        (
            string(get(info, "public_key", "@type")),
            _bytes(get(info, "public_key", "key")),
            string(get(info, "mode_info", "single", "mode")),
            _bytes(signature),
        )
        for info, signature in zip(infos, elements(signatures), strict=True)
    ]


def _bytes(value: JsonValue) -> bytes:
    try:
        return binascii.a2b_base64(string(value).encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""


def _unknown(why: str) -> GentxSignature:
    return GentxSignature("unknown", why)
