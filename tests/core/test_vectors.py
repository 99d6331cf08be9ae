"""Public vectors: Wycheproof, RFC 8785, BLAKE3, DSSE, and a real verification summary."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from aztrust.core.base import canonical
from aztrust.core.base.digest import both
from aztrust.core.base.errors import Malformed
from aztrust.core.formats.dsse import PAYLOAD_TYPE, pae, parse_envelope
from aztrust.core.formats.keys import from_material, parse_public_key
from tests.shared import shared_path


def load(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def der_of(raw: bytes) -> bytes:
    """r || s as DER."""
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


@pytest.mark.parametrize(
    ("file", "algorithm", "count"),
    [("ed25519_test.json", "ed25519", 151), ("ecdsa_secp256r1_sha256_test.json", "p256", 484)],
)
def test_wycheproof(file: str, algorithm: str, count: int) -> None:
    """Each `valid` case verifies and each `invalid` one does not; no case is `acceptable`."""
    groups = load(shared_path("vectors/wycheproof") / file)["testGroups"]
    seen = 0
    wrong: list[str] = []
    for group in groups:
        key = parse_public_key(group["publicKeyPem"].encode() + b"\n", name=file)
        assert key.spki.hex() == group["publicKeyDer"]
        for case in group["tests"]:
            assert case["result"] in {"valid", "invalid"}
            holds = key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            if holds != (case["result"] == "valid"):
                wrong.append(f"{algorithm} {case['tcId']} {case['comment']}")
            seen += 1
    assert wrong == []
    assert seen == count


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_rfc_8785(name: str) -> None:
    folder = shared_path("vectors/jcs")
    given = (folder / "input" / f"{name}.json").read_bytes()
    wanted = (folder / "output" / f"{name}.json").read_bytes()
    value = canonical.loads(given, what=name, code="c", floats=True)
    assert canonical.dumps(value) == wanted
    assert canonical.loads_canonical(wanted, what=name, code="c", floats=True) == value
    with pytest.raises(Malformed, match="not in canonical form"):
        canonical.loads_canonical(given, what=name, code="c", floats=True)


def test_blake3() -> None:
    cases = load(shared_path("vectors/blake3/test_vectors.json"))["cases"]
    assert len(cases) == 35
    for case in cases:
        data = bytes(position % 251 for position in range(case["input_len"]))
        assert both(data).blake3 == "blake3:" + case["hash"][:64]


def test_dsse() -> None:
    vector = load(shared_path("vectors/dsse/vector.json"))
    message = pae(vector["payloadType"], vector["payload_utf8"].encode())
    assert message == vector["pae_utf8"].encode()
    private = ec.derive_private_key(int(vector["private_d"]), ec.SECP256R1())
    point = b"\x04" + b"".join(
        int(vector[axis]).to_bytes(32, "big") for axis in ("public_x", "public_y")
    )
    key = from_material("ecdsa-p256", point, name="vector")
    signature = der_of(base64.b64decode(vector["signature_base64"]))
    assert key.verify(signature, message)
    # The vector's nonce is RFC 6979's, so ours must give the very same bytes.
    ours = private.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))
    assert ours == signature


def test_a_real_verification_summary_verifies_as_dsse() -> None:
    folder = shared_path("vectors/vsa")
    data = (folder / "gke-gce-pre.bcid-vsa.jsonl").read_bytes()
    fields = json.loads(data)
    key = parse_public_key((folder / "vsa_signing_public_key.pem").read_bytes(), name="vsa")
    payload = base64.b64decode(fields["payload"])
    signature = der_of(base64.b64decode(fields["signatures"][0]["sig"]))
    assert fields["payloadType"] == PAYLOAD_TYPE
    assert key.verify(signature, pae(PAYLOAD_TYPE, payload))
    assert not key.verify(signature, pae(PAYLOAD_TYPE, payload + b" "))


def test_a_foreign_envelope_is_not_a_record_of_ours() -> None:
    """Its keyid is a key store's path: ours name the key itself."""
    data = shared_path("vectors/vsa/gke-gce-pre.bcid-vsa.jsonl").read_bytes()
    with pytest.raises(Malformed, match="keyid"):
        parse_envelope(data, name="vsa")
