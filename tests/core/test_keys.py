from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.formats import keys
from aztrust.core.formats.keys import PublicKey, from_material, listed_key, parse_public_key

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P25519 = 2**255 - 19

P256 = ec.derive_private_key(0xA2701, ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def spki(public: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey) -> bytes:
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def pem_of(der: bytes, label: str = "PUBLIC KEY") -> bytes:
    text = base64.encodebytes(der).replace(b"\n", b"")
    lines = b"\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label.encode(), lines, label.encode())


P256_PEM = pem_of(spki(P256.public_key()))
ED25519_PEM = pem_of(spki(ED25519.public_key()))


def refusal(pem: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        parse_public_key(pem, name="keys/rita.pem")
    error = caught.value
    assert error.code == "key-malformed"
    assert error.subject == "keys/rita.pem"
    assert error.mend
    return error


@pytest.mark.parametrize(
    ("pem", "algorithm", "size"), [(P256_PEM, "ecdsa-p256", 65), (ED25519_PEM, "ed25519", 32)]
)
def test_a_key_and_its_names(pem: bytes, algorithm: str, size: int) -> None:
    key = parse_public_key(pem, name="keys/rita.pem")
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    assert key.algorithm == algorithm
    assert len(key.material) == size
    assert key.spki == der
    assert key.fingerprint == "sha256:" + hashlib.sha256(der).hexdigest()
    assert key.keyid == hashlib.sha256(der).hexdigest()
    assert key.pem == pem
    assert parse_public_key(key.pem, name="again") == key


@pytest.mark.parametrize("pem", [P256_PEM, ED25519_PEM])
def test_line_ends_do_not_matter(pem: bytes) -> None:
    key = parse_public_key(pem, name="k")
    assert parse_public_key(pem.replace(b"\n", b"\r\n"), name="k") == key
    assert parse_public_key(pem.rstrip(b"\n"), name="k") == key
    assert parse_public_key(pem + b"\n", name="k") == key


FRAMING = {
    "empty": b"",
    "text before": b"my key\n" + P256_PEM,
    "text after": P256_PEM + b"trailing",
    "space after": P256_PEM + b" ",
    "two blocks": P256_PEM + ED25519_PEM,
    "the same block twice": P256_PEM + P256_PEM,
    "two blocks on one line": P256_PEM.rstrip(b"\n") + P256_PEM,
    "no end": P256_PEM.replace(b"-----END PUBLIC KEY-----", b""),
    "other label": pem_of(spki(P256.public_key()), "EC PUBLIC KEY"),
    "labels differ": P256_PEM.replace(b"END PUBLIC KEY", b"END EC PUBLIC KEY"),
    "header line": P256_PEM.replace(b"KEY-----\n", b"KEY-----\nProc-Type: 4\n\n", 1),
    "byte order mark": b"\xef\xbb\xbf" + P256_PEM,
    "raw DER": spki(P256.public_key()),
    "too large": P256_PEM + b"\n" * 5000,
}


@pytest.mark.parametrize("pem", FRAMING.values(), ids=FRAMING.keys())
def test_a_key_file_is_one_block_and_nothing_else(pem: bytes) -> None:
    refusal(pem)


def test_two_blocks_are_named_as_such() -> None:
    assert "more than one PEM block" in refusal(P256_PEM + ED25519_PEM).message


def ed25519_pem_ending(text: bytes) -> bytes:
    return ED25519_PEM.replace(ED25519_PEM.splitlines()[1], text)


def with_trailing_bits(pem: bytes) -> bytes:
    """The same bytes to a lax decoder: the last character's unused bits are not zero."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    head, tail = pem.rsplit(b"==", 1)
    return head[:-1] + bytes([alphabet[alphabet.index(head[-1]) | 1]]) + b"==" + tail


BASE64 = {
    "nothing": ed25519_pem_ending(b"\n"),
    "cut off": ed25519_pem_ending(ED25519_PEM.splitlines()[1][:-1]),
    "padding in excess": ed25519_pem_ending(ED25519_PEM.splitlines()[1] + b"===="),
    "padding left out": P256_PEM.replace(b"==\n", b"\n"),
    "urlsafe": P256_PEM.replace(b"+", b"-").replace(b"/", b"_"),
    "space in a line": P256_PEM.replace(b"MF", b"M F", 1),
    "tab in a line": P256_PEM.replace(b"MF", b"M\tF", 1),
    "bare carriage return": P256_PEM.replace(b"MF", b"M\rF", 1),
    "trailing bits": with_trailing_bits(P256_PEM),
}


@pytest.mark.parametrize("pem", BASE64.values(), ids=BASE64.keys())
def test_base64_has_one_spelling(pem: bytes) -> None:
    assert pem not in (P256_PEM, ED25519_PEM)
    refusal(pem)


def compressed() -> bytes:
    point = P256.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    return bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point


# P-256 with its parameters written out in place of the curve's name (RFC 3279 ECParameters).
EXPLICIT = (
    "3082014b3082010306072a8648ce3d02013081f7020101302c06072a8648ce3d0101022100"
    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff305b0420"
    "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc0420"
    "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b031500"
    "c49d360886e704936a6678e1139d26b7819f7e90044104"
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5022100"
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101034200"
)


def test_explicit_parameters_are_the_same_key_in_another_dress_and_refused() -> None:
    point = P256.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    der = bytes.fromhex(EXPLICIT) + point
    loaded = serialization.load_der_public_key(der)
    assert isinstance(loaded, ec.EllipticCurvePublicKey)
    assert loaded.public_numbers() == P256.public_key().public_numbers()
    refusal(pem_of(der))


ALIEN = {
    "compressed point": compressed(),
    "hybrid point": spki(P256.public_key()).replace(b"\x42\x00\x04", b"\x42\x00\x06"),
    "P-384": spki(ec.derive_private_key(7, ec.SECP384R1()).public_key()),
    "secp256k1": spki(ec.derive_private_key(7, ec.SECP256K1()).public_key()),
    "RSA": spki(
        rsa.RSAPublicNumbers(65537, (1 << 2047) + 1).public_key()  # never used, only refused
    ),
    "trailing byte": spki(P256.public_key()) + b"\0",
    "trailing byte, Ed25519": spki(ED25519.public_key()) + b"\0",
    "one byte short": spki(ED25519.public_key())[:-1],
    "long-form length": b"\x30\x81\x2a" + spki(ED25519.public_key())[2:],
    "unused bits": spki(ED25519.public_key()).replace(b"\x21\x00", b"\x21\x01", 1),
    "NULL parameters": bytes.fromhex("302c300706032b65700500032100")
    + ED25519.public_key().public_bytes_raw(),
    "X25519": spki(ED25519.public_key()).replace(b"\x2b\x65\x70", b"\x2b\x65\x6e"),
    "not on the curve": spki(P256.public_key())[:-1] + bytes([spki(P256.public_key())[-1] ^ 1]),
    "the point 0, 0": spki(P256.public_key())[:27] + bytes(64),
    "x at the field's prime": spki(P256.public_key())[:27] + b"\xff" * 32 + bytes(32),
}


@pytest.mark.parametrize("der", ALIEN.values(), ids=ALIEN.keys())
def test_every_other_spelling_or_kind_is_refused(der: bytes) -> None:
    refusal(pem_of(der))


@pytest.mark.parametrize("private", [P256, ED25519])
@pytest.mark.parametrize(
    "encryption",
    [serialization.NoEncryption(), serialization.BestAvailableEncryption(b"x")],
    ids=["plain", "encrypted"],
)
def test_a_private_key_in_the_place_of_a_public_one_is_named_as_one(
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    encryption: serialization.KeySerializationEncryption,
) -> None:
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    for data in (pem, P256_PEM + pem):
        error = refusal(data)
        assert "PRIVATE key" in error.message
        assert "compromised" in error.mend


# The eight points of small order and every spelling that a lax decoder takes for one of them.
Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL_ORDER = [0, 1, P25519 - 1, Y8, P25519 - Y8, P25519, P25519 + 1]


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", SMALL_ORDER)
def test_ed25519_points_of_small_order_are_refused(y: int, sign: int) -> None:
    with pytest.raises(Malformed, match="not a usable Ed25519 point"):
        from_material("ed25519", (y | sign).to_bytes(32, "little"), name="k")


def test_a_small_order_key_would_sign_everything() -> None:
    """Why they are refused: one signature, two messages, and the library says yes to both."""
    identity = PublicKey("ed25519", (1).to_bytes(32, "little"))
    signature = (1).to_bytes(32, "little") + bytes(32)
    assert identity.verify(signature, b"one")
    assert identity.verify(signature, b"another")


@pytest.mark.parametrize("extra", range(2, 19))
def test_ed25519_points_have_one_spelling(extra: int) -> None:
    with pytest.raises(Malformed):
        from_material("ed25519", (P25519 + extra).to_bytes(32, "little"), name="k")


def test_ed25519_values_off_the_curve_are_refused() -> None:
    # y = 2 and y = 7 have no x (checked by the definition in RFC 8032, section 5.1.3).
    for y in (2, 7):
        with pytest.raises(Malformed):
            from_material("ed25519", y.to_bytes(32, "little"), name="k")
    assert from_material("ed25519", (3).to_bytes(32, "little"), name="k")


@pytest.mark.parametrize("number", range(20))
def test_real_ed25519_keys_are_accepted(number: int) -> None:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
    raw = private.public_key().public_bytes_raw()
    assert from_material("ed25519", raw, name="k").material == raw


@pytest.mark.parametrize("material", [b"", b"\x04" * 33, b"\x02" + bytes(64)])
def test_raw_values_of_the_wrong_form_are_refused(material: bytes) -> None:
    for algorithm in ("ecdsa-p256", "ed25519"):
        with pytest.raises(Malformed):
            from_material(algorithm, material, name="k")  # type: ignore[arg-type]


def test_signatures() -> None:
    p256 = parse_public_key(P256_PEM, name="k")
    edwards = parse_public_key(ED25519_PEM, name="k")
    by_p256 = P256.sign(b"m", ec.ECDSA(SHA256()))
    by_edwards = ED25519.sign(b"m")
    assert p256.verify(by_p256, b"m")
    assert edwards.verify(by_edwards, b"m")
    assert not p256.verify(by_p256, b"n")
    assert not edwards.verify(by_edwards, b"n")
    assert not p256.verify(by_edwards, b"m")
    assert not edwards.verify(by_p256, b"m")
    assert not p256.verify(P256.sign(b"m", ec.ECDSA(SHA384())), b"m")
    for key in (p256, edwards):
        assert not key.verify(b"", b"m")
        assert not key.verify(bytes(64), b"m")


def test_a_high_s_is_the_same_record_and_accepted() -> None:
    r, s = decode_dss_signature(P256.sign(b"m", ec.ECDSA(SHA256())))
    for half in (s, ORDER - s):
        key = parse_public_key(P256_PEM, name="k")
        assert key.verify(encode_dss_signature(r, half), b"m")


def test_der_of_a_signature_has_one_spelling() -> None:
    key = parse_public_key(P256_PEM, name="k")
    r, s = decode_dss_signature(P256.sign(b"m", ec.ECDSA(SHA256())))
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    der = encode_dss_signature(r, s)
    assert key.verify(der, b"m")
    assert not key.verify(raw, b"m")
    assert not key.verify(der + b"\0", b"m")
    assert not key.verify(b"\x30\x81" + der[1:], b"m")


def test_an_ed25519_signature_with_s_beyond_the_order_is_refused() -> None:
    key = parse_public_key(ED25519_PEM, name="k")
    signature = ED25519.sign(b"m")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    assert not key.verify(signature[:32] + s.to_bytes(32, "little"), b"m")


def test_a_library_without_the_algorithm_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    class Absent:
        @staticmethod
        def from_public_bytes(data: bytes) -> None:
            raise UnsupportedAlgorithm(str(len(data)))

    monkeypatch.setattr(keys.ed25519, "Ed25519PublicKey", Absent)
    keys._usable.cache_clear()
    with pytest.raises(CouldNotCheck, match="cannot verify ed25519"):
        parse_public_key(ED25519_PEM, name="k").verify(bytes(64), b"m")


@pytest.mark.parametrize("pem", [P256_PEM, ED25519_PEM])
def test_a_listed_key_is_the_same_key(pem: bytes) -> None:
    key = parse_public_key(pem, name="x")
    assert listed_key(key.spki, name="x") == key


def test_a_listed_key_that_is_not_on_its_curve_verifies_nothing() -> None:
    point = bytearray(spki(P256.public_key()))
    point[-1] ^= 1
    listed = listed_key(bytes(point), name="x")
    assert listed.verify(P256.sign(b"m", ec.ECDSA(SHA256())), b"m") is False
    assert parse_public_key(P256_PEM, name="x").verify(P256.sign(b"m", ec.ECDSA(SHA256())), b"m")


@pytest.mark.parametrize(
    "der",
    [
        spki(ED25519.public_key())[:-32] + (1).to_bytes(32, "little"),
        spki(ED25519.public_key())[:-32] + (P25519 + 2).to_bytes(32, "little"),
        spki(P256.public_key()).replace(b"\x04", b"\x02", 1),
        spki(P256.public_key())[:-65] + b"\x05" + spki(P256.public_key())[-64:],
        spki(P256.public_key())[:-1],
        b"",
    ],
    ids=["small order", "second spelling", "prefix", "form of the point", "cut", "empty"],
)
def test_a_listed_key_has_one_spelling(der: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        listed_key(der, name="x")
    assert caught.value.code == "key-malformed"
