"""EncryptedPrivateKeyInfo (RFC 5958) under PBES2 (RFC 8018): PBKDF2-HMAC-SHA256, AES-256-CBC.

Written here because `cryptography` encrypts PKCS#8 with 2,048 rounds of PBKDF2, which a stolen
laptop breaks. The result is read by `cryptography`, openssl and everything else that reads PBES2.
"""

from __future__ import annotations

import binascii
import hashlib
import os
from typing import Final

from aztrust.core.base.errors import UsageError

ROUNDS: Final = 600_000

_OID_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_OID_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
_OID_HMAC_SHA256: Final = bytes.fromhex("06082a864886f70d0209")
_OID_AES_256_CBC: Final = bytes.fromhex("060960864801650304012a")
_NULL: Final = bytes.fromhex("0500")
_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30


def encrypt_pkcs8(der: bytes, passphrase: bytes) -> bytes:
    """Return the PEM of a PrivateKeyInfo encrypted with `passphrase`, fresh salt and IV each time.

    Raises:
        UsageError: an empty passphrase.
    """
    if not passphrase:
        raise UsageError("the passphrase is empty", mend="type one, or ask for no passphrase")
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    salt, iv = os.urandom(16), os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha256", passphrase, salt, ROUNDS, 32)
    padding = 16 - len(der) % 16
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(der + bytes([padding]) * padding) + encryptor.finalize()

    rounds = ROUNDS.to_bytes(ROUNDS.bit_length() // 8 + 1, "big")
    derivation = _der(
        _SEQUENCE,
        _OID_PBKDF2,
        _der(
            _SEQUENCE,
            _der(_OCTETS, salt),
            _der(_INTEGER, rounds),
            _der(_SEQUENCE, _OID_HMAC_SHA256, _NULL),
        ),
    )
    scheme = _der(_SEQUENCE, _OID_AES_256_CBC, _der(_OCTETS, iv))
    algorithm = _der(_SEQUENCE, _OID_PBES2, _der(_SEQUENCE, derivation, scheme))
    return _pem(_der(_SEQUENCE, algorithm, _der(_OCTETS, ciphertext)))


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def _pem(der: bytes) -> bytes:
    text = binascii.b2a_base64(der, newline=False)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join(
        [
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
            *lines,
            b"-----END ENCRYPTED PRIVATE KEY-----",
            b"",
        ]
    )
