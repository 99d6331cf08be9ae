"""No private key leaves in a kit, however a bundle spells it; a sentence about one does."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest

from aztrust.core.base.errors import Refused
from aztrust.core.base.value import replace
from aztrust.core.kit.admission import require_packable
from aztrust.core.package.entries import Fault
from tests.memory_launch import Launch
from tests.patience import PATIENCE

SCALAR = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
PEM = "-----BEGIN PRIVATE KEY-----"


def bundle(material: object = None, payload: bytes = b"{}", **more: Any) -> str:
    """The text of a Sigstore bundle with this verification material."""
    inner = {"payload": base64.b64encode(payload).decode(), "signatures": [], **more}
    fields = {"mediaType": "x", "verificationMaterial": material or {}, "dsseEnvelope": inner}
    return json.dumps(fields)


def refused(text: str) -> tuple[str, ...]:
    """Why a launch with this bundle among its verdicts is not packed; () where it is."""
    try:
        require_packable(Launch.approved().evidence(), {}, {"a.sigstore.json": text.encode()})
    except Refused as error:
        return error.details
    return ()


def escaped(text: str, *letters: str) -> str:
    """The same JSON, with these letters written as escapes."""
    for letter in letters:
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


@pytest.mark.parametrize(
    "text",
    [
        bundle({"note": PEM}),
        escaped(bundle({"note": "BEGIN PRIVATE KEY"}), "B", "P"),
        escaped(bundle({"note": "AGE-SECRET-KEY-1QQ"}), "G"),
        escaped(bundle({"priv_key": {"value": "AAAA"}}), "_"),
        escaped(bundle(signatures=[{"sig": "", "PrivateKey": "AAAA"}]), "P"),
        # In this order no search of the raw bytes finds it.
        bundle({"kty": "OKP", "crv": "Ed25519", "d": SCALAR}),
        bundle(payload=json.dumps({"note": json.dumps({"kty": "EC", "d": SCALAR})}).encode()),
    ],
    ids=[
        "PEM",
        "PEM escaped",
        "age escaped",
        "member escaped",
        "in the envelope",
        "JWK",
        "JWK in a text",
    ],
)
def test_a_private_key_anywhere_in_a_bundle_keeps_it_here(text):
    json.loads(text)
    (detail,) = refused(text)
    assert detail.startswith("manifests/verdicts/a.sigstore.json: it holds a private key (")


@pytest.mark.parametrize(
    "text",
    [
        bundle(),
        bundle({"note": "a private key was found in the release"}),
        bundle({"kty": "OKP", "crv": "Ed25519", "x": SCALAR}),
        bundle({"publicKey": {"hint": "BEGIN PUBLIC KEY"}}),
    ],
    ids=["empty", "a sentence", "a public JWK", "a public key"],
)
def test_a_bundle_without_one_is_packed(text):
    assert refused(text) == ()


def test_of_several_bundles_the_one_with_a_key_is_named():
    bundles = {"a.sigstore.json": bundle().encode(), "b.sigstore.json": bundle([PEM]).encode()}
    with pytest.raises(Refused) as caught:
        require_packable(Launch.approved().evidence(), {}, bundles)
    assert [d.split(":")[0] for d in caught.value.details] == ["manifests/verdicts/b.sigstore.json"]


def test_a_private_key_among_public_ones_stops_the_packing():
    exposed = tuple(
        Fault("private-key-exposed", f"keys/{name}", "it holds a private key (x)")
        for name in ("id_ed25519", "rita.pem.bak")
    )
    with pytest.raises(Refused) as caught:
        require_packable(replace(Launch.approved().evidence(), exposed=exposed), {}, {})
    assert [d.split(":")[0] for d in caught.value.details] == [
        "keys/id_ed25519",
        "keys/rita.pem.bak",
    ]


def test_a_record_of_the_largest_size_is_searched_in_linear_time():
    # The old search took hours for this; a limit on CPU time ends it.
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (60, 60));"
        "from aztrust.core.formats.private_keys import private_key_form as form;"
        "d = b'\"d\":\"' + b'A' * 20 + b'\"';"
        "pieces = (d, b'BEGIN ', b'\"crypto\":', b'LS0tLS1CRUdJTi');"
        "pieces += (b'privkey\\\\', b'\"kty\"', b'\\\\u');"
        "print([form((p * (4194304 // len(p) + 1))[:4194304]) for p in pieces])"
    )
    words = (sys.executable, "-c", program)
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout.strip()) == (0, str([""] * 7))
