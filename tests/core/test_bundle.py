"""The Sigstore bundle of a verdict: one reading, all content derived anew, nothing believed."""

import json

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.formats.keys import key_from_spki
from aztrust.core.history.bundle import (
    MEDIA_TYPE,
    encode_bundle,
    included,
    open_inclusion,
    parse_bundle,
)
from aztrust.core.history.trusted_root import takes_cosign, trusted_root
from tests import ledgers
from tests.consumers.verdicts import Example
from tests.disk_launch import signer

LUCA = signer("luca")


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> Example:
    return Example(tmp_path_factory.mktemp("launch"))


@pytest.fixture(scope="module")
def good(example) -> bytes:
    return encode_bundle(example.envelope, LUCA.public, example.inclusion)


def test_a_bundle_reads_back_as_its_envelope_and_its_place_in_the_ledger(example, good):
    read = parse_bundle(good, name="b")
    assert read.envelope == example.envelope
    assert read.inclusion == example.inclusion
    assert read.key == LUCA.public
    assert canonical.dumps(json.loads(good)) == good
    keeper = ledgers.TRUST.keeper
    assert open_inclusion(read.inclusion, (keeper,), ledgers.ORIGIN, name="b") == example.head


def test_a_bundle_without_a_ledger_has_no_entry(example):
    data = encode_bundle(example.envelope, LUCA.public)
    read = parse_bundle(data, name="b")
    assert (read.envelope, read.inclusion, read.key) == (example.envelope, None, None)
    assert json.loads(data)["verificationMaterial"]["tlogEntries"] == []


def test_any_layout_of_the_same_bundle_is_the_same_bundle(example, good):
    assert parse_bundle(json.dumps(json.loads(good), indent=3).encode(), name="b") == parse_bundle(
        good, name="b"
    )
    other = json.dumps(json.loads(example.envelope), indent=1).encode()
    assert encode_bundle(other, LUCA.public, example.inclusion) == good


def test_every_index_of_every_small_ledger_is_proven(example):
    for size in range(1, 9):
        for index in range(size):
            inclusion = example.included_at(index, size)
            data = encode_bundle(example.envelope, LUCA.public, inclusion)
            assert parse_bundle(data, name="b").inclusion == inclusion


def bent(good: bytes, path: str, value: object) -> bytes:
    """The bundle with one value changed; the path's steps are separated by blanks."""
    document = json.loads(good)
    *way, last = (int(step) if step.isdigit() else step for step in path.split())
    place = document
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document).encode()


ENTRY = "verificationMaterial tlogEntries 0"
WRONG = {
    "mediaType": "application/vnd.dev.sigstore.bundle.v0.2+json",
    "verificationMaterial publicKey hint": "0" * 64,
    "verificationMaterial certificate": {"rawBytes": "AAAA"},
    "verificationMaterial timestampVerificationData": {},
    "verificationMaterial tlogEntries": {},
    "dsseEnvelope payload": "e30=",
    "dsseEnvelope payloadType": "text/plain",
    "dsseEnvelope signatures": [],
    "dsseEnvelope signatures 0 keyid": LUCA.public.keyid,
    "dsseEnvelope signatures 0 sig": "AAAA",
    f"{ENTRY} logIndex": "0",
    f"{ENTRY} integratedTime": "1780315620",
    f"{ENTRY} inclusionPromise": {},
    f"{ENTRY} kindVersion version": "0.0.1",
    f"{ENTRY} logId": {"keyId": "", "more": ""},
    f"{ENTRY} canonicalizedBody": "e30=",
    f"{ENTRY} inclusionProof hashes": [],
    f"{ENTRY} inclusionProof logIndex": "3",
    f"{ENTRY} inclusionProof rootHash": "AAAA",
    f"{ENTRY} inclusionProof treeSize": "4",
    f"{ENTRY} inclusionProof checkpoint envelope": "ledger\n5\nAAAA\n",
    f"{ENTRY} inclusionProof checkpoint": {},
    "more": 1,
}


@pytest.mark.parametrize("path", WRONG)
def test_anything_that_does_not_follow_is_refused(good, path):
    with pytest.raises(Malformed) as caught:
        parse_bundle(bent(good, path, WRONG[path]), name="b")
    assert caught.value.code in ("record-malformed", "ledger-inconsistent")


@pytest.mark.parametrize("number", [1, "-1", "01", "1e0", "9" * 17, str(1 << 53), ""])
def test_a_number_has_one_spelling(good, number):
    with pytest.raises(Malformed, match="logIndex"):
        parse_bundle(bent(good, f"{ENTRY} logIndex", number), name="b")


def test_two_entries_are_refused(good):
    twice = json.loads(good)["verificationMaterial"]["tlogEntries"] * 2
    with pytest.raises(Malformed, match="more than one log entry"):
        parse_bundle(bent(good, "verificationMaterial tlogEntries", twice), name="b")


def test_every_byte_of_a_bundle_matters(example, good):
    """One bit at a time: refused, or a bundle whose signature or head no key made, or the same."""
    keeper = ledgers.TRUST.keeper
    for position in range(0, len(good), 7):
        other = bytearray(good)
        other[position] ^= 1
        try:
            read = parse_bundle(bytes(other), name="b")
            assert read.inclusion is not None
            open_inclusion(read.inclusion, (keeper,), ledgers.ORIGIN, name="b")
        except Malformed:
            continue
        raise AssertionError(f"byte {position} of the bundle can be another one")


def test_the_leaf_is_that_of_the_signer_whom_the_envelope_names(example):
    rita = signer("rita").public
    with pytest.raises(Malformed) as caught:
        encode_bundle(example.envelope, rita, example.inclusion)
    assert caught.value.code == "signature-invalid"


def test_a_proof_of_another_entry_is_not_written(example):
    wrong = replace(example.inclusion, index=example.inclusion.index - 1)
    with pytest.raises(Malformed, match="does not lead from entry"):
        encode_bundle(example.envelope, LUCA.public, wrong)


@pytest.mark.parametrize("by", ["mallory", "rita"])
def test_a_head_counts_only_with_the_keeper_s_signature(example, by):
    """An attacker's own log proves nothing about ours, not even under our keeper's id."""
    text = example.head.head
    note = ledgers.head_note(text.size, text.root, by)
    foreign = replace(example.inclusion, note=note)
    data = encode_bundle(example.envelope, LUCA.public, foreign)
    read = parse_bundle(data, name="b").inclusion
    with pytest.raises(Malformed) as caught:
        open_inclusion(read, (ledgers.TRUST.keeper,), ledgers.ORIGIN, name="b")
    assert caught.value.code == "signature-invalid"


def test_the_log_that_is_named_is_the_one_of_the_head(example):
    data = encode_bundle(
        example.envelope, LUCA.public, replace(example.inclusion, log_id=b"x" * 32)
    )
    read = parse_bundle(data, name="b").inclusion
    with pytest.raises(Malformed, match="another log than its head"):
        open_inclusion(read, (ledgers.TRUST.keeper,), ledgers.ORIGIN, name="b")
    with pytest.raises(Malformed):
        open_inclusion(example.inclusion, (ledgers.TRUST.keeper,), "another.log", name="b")


def test_a_trusted_root_names_the_keeper_and_the_log():
    keeper = ledgers.TRUST.keeper
    root = json.loads(trusted_root("ledger.example", keeper))
    (log,) = root["tlogs"]
    assert root["mediaType"] == "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
    assert log["baseUrl"] == "https://ledger.example"
    assert log["logId"] == log["checkpointKeyId"]
    assert log["publicKey"]["keyDetails"] == "PKIX_ECDSA_P256_SHA_256"
    assert not root["certificateAuthorities"] + root["ctlogs"] + root["timestampAuthorities"]
    with pytest.raises(Malformed):
        trusted_root("two words", keeper)


def test_which_origins_cosign_can_look_for():
    assert takes_cosign("atlas-1.0123456789abcdef")
    assert not takes_cosign("ledger.example/launch")
    assert not takes_cosign("ledger.example:443")


def test_a_key_is_read_from_its_one_der():
    key = LUCA.public
    assert key_from_spki(key.spki, name="k") == key
    for wrong in (key.spki[:-1], key.spki + b"\0", b"", key.material):
        with pytest.raises(Malformed):
            key_from_spki(wrong, name="k")


def test_the_words_of_this_module(example, good):
    assert json.loads(good)["mediaType"] == MEDIA_TYPE
    assert included(example.head, 2, ()).log_id == ledgers.TRUST.keeper.log_id(ledgers.ORIGIN)
