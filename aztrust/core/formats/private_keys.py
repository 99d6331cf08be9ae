"""Private keys in the forms that people keep them in, found in any bytes in linear time.

No search finds every form: 32 random bytes can be a key. What is found is refused where files leave
for others (`aztrust pack`), reported where it is among public keys, and named where it is given
as a signing key that aztrust does not take.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from aztrust.core.base import canonical
from aztrust.core.base.errors import Malformed

# Each expression begins with a literal, has no repetition inside a repetition, and bounds what it
# skips, so that no input makes a search quadratic.
_PEM: Final = re.compile(rb"BEGIN ([^\r\n]{0,60})PRIVATE KEY( BLOCK)?")
_ENCODED_PEM: Final = re.compile(rb"LS0tLS1CRUdJTi[A-Za-z0-9+/]{0,90}")
_MEMBER: Final = re.compile(rb'(?i:priv(?:ate)?[_-]?key)\\*["\']\s*:')
_TYPE: Final = re.compile(rb'type\\*"\s*:\s*\\*"[^"]{0,80}PrivKey')
_KTY: Final = re.compile(rb'["\']kty\\*["\']\s*:')
_SECRET_PART: Final = re.compile(rb'["\'][dk]\\*["\']\s*:\s*\\*["\'][A-Za-z0-9_-]{16}')
_OCTETS: Final = re.compile(rb'["\']oct\\*["\']')
_ELLIPTIC: Final = re.compile(rb'["\']d\\*["\']\s*:\s*\\*["\'][A-Za-z0-9_-]{16}')
_CRYPTO: Final = re.compile(rb'["\'][cC]rypto\\*["\']\s*:')
_CIPHER: Final = re.compile(rb'["\'](?:ciphertext|kdf)\\*["\']\s*:')
_ENCODED: Final = re.compile(rb'["\']encoded\\*["\']\s*:')
_XPRV: Final = re.compile(rb"[xt]prv[1-9A-HJ-NP-Za-km-z]{100}")
_BASE64: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")

_LITERALS: Final = (
    (b"PuTTY-User-Key-File", "PuTTY"),
    (b"AGE-SECRET-KEY-", "age"),
    (b"AGE-PLUGIN-", "age"),
    (b"SSH PRIVATE KEY FILE FORMAT", "SSH 1"),
    (b"openssh-key-v1\0", "OpenSSH"),
    (b"minisign encrypted secret key", "minisign"),
    (b"minisign secret key", "minisign"),
    (b"signify secret key", "signify"),
    (b"RWRTY0Iy", "minisign"),
    (b"MC4CAQAwBQYDK2V", "PKCS#8"),
    (b"MIGHAgEAMBMGByqGSM49AgEG", "PKCS#8"),
)
_LABELS: Final = (
    (b"OPENSSH", "OpenSSH"),
    (b"SIGSTORE", "cosign (Sigstore)"),
    (b"COSIGN", "cosign (Sigstore)"),
    (b"PGP", "PGP"),
    (b"RSA", "RSA (PKCS#1)"),
    (b"EC ", "SEC 1"),
    (b"DSA", "DSA"),
    (b"SSH2", "SSH 2"),
)


def private_key_form(data: bytes) -> str:
    """The form of a private key in these bytes, such as `OpenSSH` or `JWK`; "" where none is found.

    The bytes may be the key file itself, or a text or a JSON document that holds one.
    """
    form = _binary(data) or _text(data)
    if not form and b"\0" in data:
        # Text in UTF-16, as PowerShell writes it.
        form = _text(data.replace(b"\0", b""))
    if not form and b"\\u" in data:
        form = _text(_rewritten(data))
    return form


def _text(data: bytes) -> str:
    for literal, form in _LITERALS:
        if literal in data:
            return form
    if b"PRIVATE KEY" in data and (found := _PEM.search(data)):
        return next((form for label, form in _LABELS if label in found[1]), "PKCS#8")
    if any(_decodes_to_pem(found[0]) for found in _ENCODED_PEM.finditer(data)):
        return "PEM in base64"
    if _MEMBER.search(data) or (b"PrivKey" in data and _TYPE.search(data)):
        return "a node's key file"
    if b"kty" in data and _KTY.search(data) and _holds_secret_part(data):
        return "JWK"
    if b"rypto" in data and _CRYPTO.search(data) and _CIPHER.search(data):
        return "keystore"
    if b"pkcs8" in data and _ENCODED.search(data):
        return "keystore"
    return "extended key (BIP 32)" if _XPRV.search(data) else _bare_base64(data)


def _holds_secret_part(data: bytes) -> bool:
    if _ELLIPTIC.search(data):
        return True
    return bool(b"oct" in data and _OCTETS.search(data) and _SECRET_PART.search(data))


def _decodes_to_pem(text: bytes) -> bool:
    # Only the label matters: whole groups of four characters, from the first on.
    return b"PRIVATE KEY" in binascii.a2b_base64(text[: len(text) // 4 * 4])


def _bare_base64(data: bytes) -> str:
    """The form of a key in DER that is written in base64, without a label around it."""
    if len(data) > 16_384 or not data.startswith(b"M") or not _BASE64.issuperset(data):
        return ""
    try:
        return _binary(binascii.a2b_base64(data))
    except binascii.Error:
        return ""


def _rewritten(data: bytes) -> bytes:
    """A JSON document without escapes, so that none hides a name; b"" where it is not JSON."""
    try:
        document = canonical.loads(data, what="", code="", limit=len(data), floats=True)
    except Malformed:
        return b""
    return canonical.dumps(document)


# ---- binary forms -------------------------------------------------------------------------------

_SEQUENCE, _INTEGER, _OCTET_STRING, _OID = 0x30, 0x02, 0x04, 0x06
_PBE: Final = (bytes.fromhex("2a864886f70d0105"), bytes.fromhex("2a864886f70d010c01"))


def _binary(data: bytes) -> str:
    """The form of a key file that is not text."""
    if data.startswith(b"\xfe\xed\xfe\xed"):
        return "Java keystore"
    if _is_pgp_secret(data):
        return "PGP"
    outer = _element(data, 0)
    if outer is None or outer[0] != _SEQUENCE or outer[2] != len(data):
        return ""
    return _der(data, outer[1])


def _der(data: bytes, at: int) -> str:
    """RFC 5958, RFC 5915, RFC 8017, RFC 7292, by the first two elements of the sequence."""
    first = _element(data, at)
    second = _element(data, first[2]) if first is not None else None
    if first is None or second is None:
        return ""
    if first[0] == _INTEGER and first[2] - first[1] == 1:
        return {
            (0, _SEQUENCE): "PKCS#8 in DER",
            (1, _SEQUENCE): "PKCS#8 in DER",
            (1, _OCTET_STRING): "SEC 1 in DER",
            (0, _INTEGER): "RSA (PKCS#1) in DER",
            (3, _SEQUENCE): "PKCS#12",
        }.get((data[first[1]], second[0]), "")
    inner = _element(data, first[1]) if first[0] == _SEQUENCE else None
    if inner is None or inner[0] != _OID or second[0] != _OCTET_STRING:
        return ""
    return "encrypted PKCS#8 in DER" if data[inner[1] : inner[2]].startswith(_PBE) else ""


def _element(data: bytes, at: int) -> tuple[int, int, int] | None:
    """(tag, start of the value, its end) of the DER element there; None where there is none."""
    if at + 2 > len(data):
        return None
    length, start = data[at + 1], at + 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > len(data):
            return None
        length = int.from_bytes(data[start : start + count])
        start += count
    return None if start + length > len(data) else (data[at], start, start + length)


def _is_pgp_secret(data: bytes) -> bool:
    """RFC 9580: a packet with the tag 5, secret key, of a version that exists."""
    if not data or (data[0] & 0xFC != 0x94 and data[0] != 0xC5):
        return False
    if data[0] == 0xC5:
        skipped = 1 if data[1:2] < b"\xc0" else 5 if data[1:2] == b"\xff" else 2
    else:
        skipped = (1, 2, 4, 0)[data[0] & 3]
    return data[1 + skipped : 2 + skipped] in (b"\3", b"\4", b"\5", b"\6")
