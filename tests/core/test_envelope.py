from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from aztrust.core.base.errors import Malformed
from aztrust.core.formats.dsse import (
    PAYLOAD_TYPE,
    Envelope,
    VerifiedPayload,
    encode_envelope,
    open_envelope,
    pae,
    parse_envelope,
)
from aztrust.core.formats.keys import PublicKey, from_material
from aztrust.signers.local import LocalSigner, public_key

P256 = ec.derive_private_key(0xA2702, ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGNERS = [LocalSigner(public_key(key), key) for key in (P256, ED25519)]
RITA, SONIA = SIGNERS

# Its base64 has "+", "/" and padding, so that every variant of the alphabet differs.
PAYLOAD = b'{"_type":"\xc3\xbb\xc3\xbf\xc3\xbe~~"}'


def sealed(signer: LocalSigner = RITA, payload: bytes = PAYLOAD) -> bytes:
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    return encode_envelope(payload, signer.public.keyid, signature)


def refusal(data: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        parse_envelope(data, name="a.dsse.json")
    assert caught.value.code == "record-malformed"
    assert caught.value.subject == "a.dsse.json"
    return caught.value.message


def changed(**changes: object) -> bytes:
    return json.dumps(json.loads(sealed()) | changes).encode()


def test_pae_counts_bytes_not_characters() -> None:
    assert pae("é", "ü".encode()) == "DSSEv1 2 é 2 ü".encode()
    assert pae("", b"") == b"DSSEv1 0  0 "


@pytest.mark.parametrize("signer", SIGNERS)
def test_round_trip(signer: LocalSigner) -> None:
    envelope = parse_envelope(sealed(signer), name="a.dsse.json")
    assert envelope.payload == PAYLOAD
    assert envelope.keyid == signer.public.keyid
    verified = open_envelope(envelope, signer.public)
    assert isinstance(verified, VerifiedPayload)
    assert not isinstance(envelope, VerifiedPayload)
    assert verified.payload == PAYLOAD
    assert verified.key == signer.public
    assert encode_envelope(envelope.payload, envelope.keyid, envelope.signature) == sealed(signer)


def test_the_same_file_results_from_the_same_act() -> None:
    assert sealed(RITA) == sealed(RITA)
    assert sealed(SONIA) == sealed(SONIA)


def test_record_id_is_over_the_payload_so_joint_acts_share_it() -> None:
    ids = {open_envelope(parse_envelope(sealed(s), name="n"), s.public).record_id for s in SIGNERS}
    assert len(ids) == 1


def test_layout_of_the_envelope_is_free() -> None:
    for indent in (None, 2):
        data = json.dumps(json.loads(sealed()), indent=indent).encode() + b"\n"
        assert parse_envelope(data, name="a.dsse.json") == parse_envelope(
            sealed(), name="a.dsse.json"
        )


GOOD = json.loads(sealed())
ONE = GOOD["signatures"][0]
TWO = json.loads(sealed(SONIA))["signatures"][0]
TEXT = GOOD["payload"]

SIGNATURES = {
    "none": [],
    "two": [ONE, TWO],
    "the same twice": [ONE, ONE],
    "a good one next to an unknown one": [ONE, {"keyid": "0" * 64, "sig": "AAAA"}],
    "no list": ONE,
    "null": None,
    "a string": "x",
    "empty sig": [ONE | {"sig": ""}],
    "sig left out": [{"keyid": ONE["keyid"]}],
    "keyid left out": [{"sig": ONE["sig"]}],
    "cert added": [ONE | {"cert": "x"}],
    "keyid empty": [ONE | {"keyid": ""}],
    "keyid in upper case": [ONE | {"keyid": ONE["keyid"].upper()}],
    "keyid with prefix": [ONE | {"keyid": "sha256:" + ONE["keyid"]}],
    "keyid with a line end": [ONE | {"keyid": ONE["keyid"] + "\n"}],
    "keyid a number": [ONE | {"keyid": 7}],
    "sig a number": [ONE | {"sig": 7}],
    "sig a list": [ONE | {"sig": [ONE["sig"]]}],
}


@pytest.mark.parametrize("signatures", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_a_record_has_exactly_one_plain_signature(signatures: object) -> None:
    refusal(changed(signatures=signatures))


def test_the_count_is_shown() -> None:
    assert "has 0 signatures; a record has exactly one" in refusal(changed(signatures=[]))
    assert "has 2 signatures" in refusal(changed(signatures=[ONE, TWO]))


OTHERS = {
    "a field more": changed(unsigned="x"),
    "a field less": json.dumps({k: v for k, v in GOOD.items() if k != "payloadType"}).encode(),
    "case variant added": changed(Payload="e30="),
    "case variant instead": sealed().replace(b'"payload"', b'"Payload"'),
    "duplicate payload": sealed().replace(b"{", b'{"payload":"e30=",', 1),
    "duplicate payload, escaped": sealed().replace(b"{", rb'{"p\u0061yload":"e30=",', 1),
    "duplicate sig": sealed().replace(b'"sig"', b'"sig":"AAAA","sig"'),
    "payloadType wrong": changed(payloadType="application/json"),
    "payloadType in upper case": changed(payloadType=PAYLOAD_TYPE.upper()),
    "payloadType with a parameter": changed(payloadType=PAYLOAD_TYPE + ";v=1"),
    "payloadType null": changed(payloadType=None),
    "payload empty": changed(payload=""),
    "payload null": changed(payload=None),
    "payload an object": changed(payload={}),
    "not an object": b"[]",
    "a bundle": b'{"dsseEnvelope":' + sealed() + b"}",
    "two envelopes": sealed() + sealed(),
    "two lines": sealed() + b"\n" + sealed(),
    "byte order mark": b"\xef\xbb\xbf" + sealed(),
    "empty": b"",
    "4 MiB and more": b" " * (4 << 20) + sealed(),
    "lone surrogate": sealed().replace(b'"payloadType"', rb'"\ud800"'),
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS.keys())
def test_an_envelope_has_one_reading(data: bytes) -> None:
    refusal(data)


def loose(text: str) -> dict[str, str]:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = text.rstrip("=")
    assert len(bare) < len(text)
    return {
        "padding left out": bare,
        "padding in excess": text + "=",
        "a group of padding": text + "====",
        "line end": text + "\n",
        "leading space": " " + text,
        "space inside": text[:4] + " " + text[4:],
        "line end inside": text[:4] + "\r\n" + text[4:],
        "trailing bits": bare[:-1] + alphabet[alphabet.index(bare[-1]) | 1] + text[len(bare) :],
        "padding inside": text[:2] + "==" + text[4:],
        "text after the padding": text + "AAAA",
        "percent sign": text.replace("=", "%3D"),
        "non-ASCII": text[:-1] + "\N{FULLWIDTH EQUALS SIGN}",
        "NUL": text + "\0",
    }


def padded_signature() -> str:
    number = 0
    while True:
        sig = base64.b64encode(P256.sign(number.to_bytes(2, "big"), _ecdsa())).decode()
        if sig.endswith("=") and ("+" in sig or "/" in sig):
            return sig
        number += 1


def _ecdsa() -> ec.ECDSA:
    from cryptography.hazmat.primitives.hashes import SHA256

    return ec.ECDSA(SHA256(), deterministic_signing=True)


LOOSE_PAYLOADS = loose(TEXT) | {"urlsafe": TEXT.replace("+", "-").replace("/", "_")}
SIG = padded_signature()
LOOSE_SIGNATURES = loose(SIG) | {"urlsafe": SIG.replace("+", "-").replace("/", "_")}


@pytest.mark.parametrize("text", LOOSE_PAYLOADS.values(), ids=LOOSE_PAYLOADS.keys())
def test_base64_of_the_payload_has_one_spelling(text: str) -> None:
    assert text != TEXT
    assert "payload" in refusal(changed(payload=text))


@pytest.mark.parametrize("text", LOOSE_SIGNATURES.values(), ids=LOOSE_SIGNATURES.keys())
def test_base64_of_the_signature_has_one_spelling(text: str) -> None:
    assert text != SIG
    parse_envelope(changed(signatures=[ONE | {"sig": SIG}]), name="n")
    assert "signature" in refusal(changed(signatures=[ONE | {"sig": text}]))


def invalid(envelope: Envelope, key: PublicKey) -> str:
    with pytest.raises(Malformed) as caught:
        open_envelope(envelope, key)
    assert caught.value.code == "signature-invalid"
    assert caught.value.subject == envelope.name
    return caught.value.message


@pytest.mark.clause("AZ-15.2")
def test_a_signature_is_over_these_bytes_by_this_key() -> None:
    envelope = parse_envelope(sealed(), name="a.dsse.json")
    parts = (envelope.payload, envelope.keyid, envelope.signature)
    payload, keyid, signature = parts

    def rebuilt(payload: bytes, keyid: str, signature: bytes) -> Envelope:
        return parse_envelope(encode_envelope(payload, keyid, signature), name="a.dsse.json")

    assert open_envelope(rebuilt(*parts), RITA.public)
    invalid(rebuilt(payload + b" ", keyid, signature), RITA.public)
    invalid(rebuilt(payload, keyid, signature[:-1] + b"\0"), RITA.public)
    invalid(rebuilt(payload, keyid, signature + b"\0"), RITA.public)
    invalid(rebuilt(payload, keyid, SONIA.sign(pae(PAYLOAD_TYPE, payload))), RITA.public)


def test_a_signature_over_the_bare_payload_is_none() -> None:
    data = encode_envelope(PAYLOAD, RITA.public.keyid, RITA.sign(PAYLOAD))
    invalid(parse_envelope(data, name="n"), RITA.public)


def test_a_signature_for_another_payload_type_is_none() -> None:
    data = encode_envelope(PAYLOAD, RITA.public.keyid, RITA.sign(pae("text/plain", PAYLOAD)))
    invalid(parse_envelope(data, name="n"), RITA.public)


def test_the_keyid_must_name_the_key_it_is_checked_with() -> None:
    envelope = parse_envelope(sealed(), name="n")
    assert "names the key" in invalid(envelope, SONIA.public)
    other = encode_envelope(PAYLOAD, SONIA.public.keyid, envelope.signature)
    assert "names the key" in invalid(parse_envelope(other, name="n"), RITA.public)


def test_the_same_point_is_the_same_key() -> None:
    again = from_material("ecdsa-p256", RITA.public.material, name="k")
    assert open_envelope(parse_envelope(sealed(), name="n"), again).key == RITA.public
