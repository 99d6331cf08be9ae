"""Leaves: what the tree holds for a record, to the byte."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.formats.dsse import pae, parse_envelope
from aztrust.core.formats.statement import STATEMENT_TYPE, build_statement
from aztrust.core.history.leaf import leaf_of, read_record
from aztrust.core.history.opener import Opener
from aztrust.core.records.summary import VERDICT
from aztrust.storage.launch import VERDICTS
from tests.disk_launch import make_launch, policy_text, signer
from tests.ledgers import KEYS, SUBJECT, envelope, note, record
from tests.verdicts import ONE

SUMMARY = "https://slsa.dev/verification_summary/v1"


def frame(kind: str, predicate: dict[str, object]) -> bytes:
    """A statement in which only the outermost is right."""
    return canonical.dumps(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "scope", "digest": {"sha256": "1" * 64}}],
            "predicateType": kind,
            "predicate": predicate,
        }
    )


@pytest.fixture
def verdict(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    launch.freeze()
    (path,) = (launch.path / VERDICTS).iterdir()
    return path.read_bytes()


def test_the_leaf_of_a_record():
    data = note(1)
    held = record(data)
    assert held.kind == "note"
    assert held.leaf == (
        b'{"envelope_sha256":"%b","record_id":"%b","schema":"aztrust/leaf"}'
        % (sha256_id(data).encode(), held.record_id.encode())
    )


def test_the_leaf_of_a_verdict_is_a_rekor_entry(verdict):
    held = record(verdict)
    luca = signer("luca").public
    parsed = parse_envelope(verdict, name="v")
    digest = hashlib.sha256(pae(parsed.payload_type, parsed.payload)).digest()
    assert held.kind == VERDICT.name
    # sigstore/rekor-tiles, CLIENTS.md: "HashedRekord entry with public key", canonicalized.
    assert held.leaf.decode() == (
        '{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{'
        f'"algorithm":"SHA2_256","digest":"{base64.b64encode(digest).decode()}"}},"signature":{{'
        f'"content":"{base64.b64encode(parsed.signature).decode()}","verifier":{{'
        '"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{'
        f'"rawBytes":"{base64.b64encode(luca.spki).decode()}"}}}}}}}}}}}}'
    )


def test_the_leaf_names_an_ed25519_key_as_sigstore_does(verdict):
    parsed = parse_envelope(verdict, name="v")
    leaf = json.loads(leaf_of(parsed, VERDICT.name, signer("dan").public))
    verifier = leaf["spec"]["hashedRekordV002"]["signature"]["verifier"]
    assert verifier["keyDetails"] == "PKIX_ED25519"


def test_one_record_has_one_leaf_whatever_its_layout():
    data = note(1)
    laid_out = json.dumps(json.loads(data), indent=2).encode()
    assert record(laid_out) == record(data)
    assert record(laid_out).envelope == data


def test_the_same_words_by_another_key_are_another_leaf():
    assert record(note(1)).leaf != record(note(1, "gabi")).leaf
    assert record(note(1)).record_id == record(note(1, "gabi")).record_id


def test_a_record_may_mention_verdicts():
    data = note(1, predicateType=SUMMARY)
    assert record(data).kind == "note"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{}", "record-malformed"),
        (note(1, "mallory"), "signer-unknown"),
        (note(1).replace(b'"sig":"ME', b'"sig":"MF'), "signature-invalid"),
        (envelope(b"{}"), "record-malformed"),
        (envelope(build_statement("note", [SUBJECT], {}, {}) + b" "), "record-malformed"),
        (
            envelope(build_statement("note", [SUBJECT], {}, {}).replace(b":v1", b":v2")),
            "record-unknown",
        ),
        # Looks like a verdict, and is none.
        (envelope(frame(SUMMARY, {})), "record-malformed"),
        # A broken record that mentions one.
        (envelope(frame("urn:aztrust:note:v1", {"predicateType": SUMMARY})), "record-malformed"),
    ],
)
def test_only_what_was_signed_and_can_be_read_is_a_record(data, code):
    with pytest.raises(Malformed) as refused:
        read_record(data, KEYS, Opener(), name="f")
    assert refused.value.code == code
