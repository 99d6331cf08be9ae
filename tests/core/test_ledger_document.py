"""`docs/formats/ledger.md`: its example verifies, and its tables are the code's."""

from __future__ import annotations

import json
import re
from base64 import b64decode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from aztrust.core.base import canonical
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import (
    MAX_SIZE,
    NOTE_LIMIT,
    SIGNATURES_LIMIT,
    log_id,
    open_head,
)
from aztrust.core.formats.merkle import inclusion_proof, verify_inclusion
from aztrust.storage.ledger.schema import APPLICATION_ID, VERSION, create_database
from aztrust.storage.ledger.sqlite import open_store
from tests.disk_launch import signer
from tests.ledgers import nodes_of, reader, record
from tests.shared import REPOSITORY

DOCUMENT = (REPOSITORY / "docs/formats/ledger.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(?:json|text)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
LEAVES = [canonical.dumps(json.loads(block)) for block in BLOCKS[:2]]
HASHES = [bytes.fromhex(line) for line in BLOCKS[2].splitlines()]
NOTE = BLOCKS[3].encode()
ORIGIN = "ledger.aztrust-rehearsal"
KEEPER = signer("luca").public


def test_the_tree_of_the_example():
    read = reader(nodes_of(LEAVES))
    assert [*map(merkle.leaf_hash, LEAVES), merkle.root(2, read)] == HASHES
    assert inclusion_proof(1, 2, read) == (HASHES[0],)
    verify_inclusion(HASHES[1], 1, 2, (HASHES[0],), HASHES[2])


def test_the_head_of_the_example():
    verified = open_head(NOTE, KEEPER, ORIGIN, name="the example")
    assert (verified.head.size, verified.head.root) == (2, HASHES[2])
    assert f"sha256:{log_id(ORIGIN, KEEPER).hex()}" == KEEPER.fingerprint


def test_the_first_leaf_is_that_of_the_record_in_the_other_document():
    other = (REPOSITORY / "docs/formats/record.md").read_text("utf-8")
    envelope = re.search(r"^\{\"payload\":.*$", other, re.MULTILINE)
    assert envelope is not None
    assert record(envelope[0].encode()).leaf == LEAVES[0]


def test_the_signature_in_the_second_leaf_is_over_its_digest():
    entry = json.loads(LEAVES[1])["spec"]["hashedRekordV002"]
    signature = entry["signature"]
    key = load_der_public_key(b64decode(signature["verifier"]["publicKey"]["rawBytes"]))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(
        b64decode(signature["content"]),
        b64decode(entry["data"]["digest"]),
        ec.ECDSA(Prehashed(SHA256())),
    )


def test_the_limits_are_the_codes():
    assert MAX_SIZE == 2**53 - 1
    assert f"At most {SIGNATURES_LIMIT} signatures, {NOTE_LIMIT // 1024} KiB" in DOCUMENT
    assert f"`{APPLICATION_ID.to_bytes(4).decode()}`, `user_version` {VERSION}" in DOCUMENT


def test_the_tables_are_the_stores(tmp_path):
    create_database(tmp_path / "x", ORIGIN)
    with open_store(tmp_path / "x") as store:
        rows = store._run("SELECT name FROM sqlite_master WHERE type = 'table'")
        named = re.findall(r"^\| `(log|entry|node|head)` \|", DOCUMENT, re.MULTILINE)
        assert sorted(name.decode() for (name,) in rows) == sorted(named)
