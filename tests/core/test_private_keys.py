"""Private keys are found in the forms that people keep them in, and public ones are not taken for
them."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from aztrust.core.base.value import replace
from aztrust.core.formats.private_keys import private_key_form
from aztrust.core.judge.verify import verify
from aztrust.core.package.entries import Fault
from aztrust.core.state.context import Request
from tests.memory_launch import NOW, Launch

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
FORMATS = serialization.PrivateFormat
PLAIN = serialization.NoEncryption()
LOCKED = serialization.BestAvailableEncryption(b"x")
P256 = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)
DSA = dsa.generate_private_key(1024)
SCALAR = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
JWK = {"kty": "OKP", "crv": "Ed25519", "x": SCALAR, "d": SCALAR}
PUBLIC = {"kty": "OKP", "crv": "Ed25519", "x": SCALAR}
DASHES = b"-" * 5


def block(label: str) -> bytes:
    begin, end = f"BEGIN {label}".encode(), f"END {label}".encode()
    return b"%s%s%s\nAAAA\n%s%s%s\n" % (DASHES, begin, DASHES, DASHES, end, DASHES)


FOUND = {
    "PKCS#8": (P256.private_bytes(PEM, FORMATS.PKCS8, PLAIN), "PKCS#8"),
    "encrypted PKCS#8": (P256.private_bytes(PEM, FORMATS.PKCS8, LOCKED), "PKCS#8"),
    "SEC 1": (P256.private_bytes(PEM, FORMATS.TraditionalOpenSSL, PLAIN), "SEC 1"),
    "PKCS#1": (RSA.private_bytes(PEM, FORMATS.TraditionalOpenSSL, PLAIN), "RSA (PKCS#1)"),
    "OpenSSH": (ED.private_bytes(PEM, FORMATS.OpenSSH, PLAIN), "OpenSSH"),
    "DER": (ED.private_bytes(DER, FORMATS.PKCS8, PLAIN), "PKCS#8 in DER"),
    "DER, P-256": (P256.private_bytes(DER, FORMATS.PKCS8, PLAIN), "PKCS#8 in DER"),
    "DER, encrypted": (P256.private_bytes(DER, FORMATS.PKCS8, LOCKED), "encrypted PKCS#8 in DER"),
    "DER, SEC 1": (P256.private_bytes(DER, FORMATS.TraditionalOpenSSL, PLAIN), "SEC 1 in DER"),
    "DER, PKCS#1": (
        RSA.private_bytes(DER, FORMATS.TraditionalOpenSSL, PLAIN),
        "RSA (PKCS#1) in DER",
    ),
    "DER, DSA": (DSA.private_bytes(DER, FORMATS.PKCS8, PLAIN), "PKCS#8 in DER"),
    "base64 of DER": (
        base64.encodebytes(RSA.private_bytes(DER, FORMATS.PKCS8, PLAIN)),
        "PKCS#8 in DER",
    ),
    "base64 of PEM": (
        base64.b64encode(P256.private_bytes(PEM, FORMATS.PKCS8, PLAIN)),
        "PEM in base64",
    ),
    "PEM in UTF-16": (
        P256.private_bytes(PEM, FORMATS.PKCS8, PLAIN).decode().encode("utf-16"),
        "PKCS#8",
    ),
    "PEM in a comment": (b"# " + P256.private_bytes(PEM, FORMATS.PKCS8, PLAIN), "PKCS#8"),
    "cosign": (block("ENCRYPTED SIGSTORE PRIVATE " + "KEY"), "cosign (Sigstore)"),
    "PGP": (block("PGP PRIVATE " + "KEY BLOCK"), "PGP"),
    "PGP, binary": (bytes.fromhex("95005804") + bytes(40), "PGP"),
    "PuTTY": (b"PuTTY-User-Key-" + b"File-3: ssh-ed25519\n", "PuTTY"),
    "age": (b"# created: x\nAGE-SECRET-" + b"KEY-1QQQ\n", "age"),
    "minisign": (b"untrusted comment: minisign encrypted " + b"secret key\nRWRT\n", "minisign"),
    "CometBFT": (b'{"priv_' + b'key":{"type":"x","value":"AAAA"}}', "a node's key file"),
    "Amino type": (b'{"type":"tendermint/Priv' + b'KeyEd25519"}', "a node's key file"),
    "JWK": (json.dumps(JWK).encode(), "JWK"),
    "JWK, canonical": (json.dumps(JWK, sort_keys=True, separators=(",", ":")).encode(), "JWK"),
    "JWK, laid out": (json.dumps(JWK, indent=4).encode(), "JWK"),
    "JWK in a set": (json.dumps({"keys": [PUBLIC, JWK]}).encode(), "JWK"),
    "JWK in a text": (json.dumps({"note": f"the key: {json.dumps(JWK)}"}).encode(), "JWK"),
    "JWK, escaped": (json.dumps(JWK).replace("d", "\\u0064").encode(), "JWK"),
    "JWK, symmetric": (json.dumps({"k": SCALAR, "kty": "oct"}).encode(), "JWK"),
    "geth": (
        json.dumps({"address": "00", "crypto": {"ciphertext": "00", "kdf": "scrypt"}}).encode(),
        "keystore",
    ),
    "EIP-2335": (json.dumps({"crypto": {"kdf": {}, "cipher": {}}}, indent=1).encode(), "keystore"),
    "polkadot": (b'{"encoded":"AA","encoding":{"content":["pkcs8","sr25519"]}}', "keystore"),
    "BIP 32": (b"xprv" + b"A" * 107, "extended key (BIP 32)"),
}
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


@pytest.mark.parametrize(("data", "form"), FOUND.values(), ids=FOUND)
def test_a_private_key_is_found_and_called_what_it_is(data, form):
    assert private_key_form(data) == form


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        P256.public_key().public_bytes(PEM, SPKI),
        ED.public_key().public_bytes(DER, SPKI),
        RSA.public_key().public_bytes(DER, SPKI),
        base64.b64encode(RSA.public_key().public_bytes(DER, SPKI)),
        block("CERTIFICATE"),
        base64.b64encode(block("CERTIFICATE")),
        json.dumps(PUBLIC).encode(),
        json.dumps({"kty": "oct", "alg": "A256GCM"}).encode(),
        json.dumps({"d": SCALAR, "note": "no key type"}).encode(),
        json.dumps({"crypto": "ed25519", "note": "the ciphertext"}).encode(),
        b"a private key was found in the release; the PRIVATE KEY is revoked",
        b"untrusted comment: minisign public key\nRWQf6LRC\n",
        b"PUB_KEY priv-key policy",
        bytes(4096),
    ],
    # New keys in every process: their bytes name no test.
    ids=lambda _: "data",
)
def test_what_is_public_or_mentions_a_key_is_not_one(data):
    assert private_key_form(data) == ""


def test_a_private_key_in_keys_is_a_notice_that_names_each():
    exposed = tuple(
        Fault("private-key-exposed", f"keys/{name}", "it holds a private key (OpenSSH)")
        for name in ("id_ed25519", "id_ed25519.bak")
    )
    sound = Launch.approved().evidence()
    before = verify(sound, Request(NOW))
    verdict = verify(replace(sound, exposed=exposed), Request(NOW))
    assert verdict.conclusion is before.conclusion
    (result,) = (r for r in verdict.results if r.id == "keys")
    assert [(n.code, n.subject) for n in result.notices] == [
        ("private-key-exposed", "keys/id_ed25519"),
        ("private-key-exposed", "keys/id_ed25519.bak"),
    ]
    # In the place of a public key it is a finding as well.
    key = P256.private_bytes(PEM, FORMATS.PKCS8, PLAIN)
    among = replace(sound, keys={**sound.keys, "x.pem": key, "y.pem": key})
    (result,) = (r for r in verify(among, Request(NOW)).results if r.id == "keys")
    assert [f.code for f in result.findings] == ["key-malformed"] * 2
    assert [n.subject for n in result.notices] == ["keys/x.pem", "keys/y.pem"]
