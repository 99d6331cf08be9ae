"""`docs/formats/bundle.md`: its example is the bundle of the verdict in verdict.md."""

from __future__ import annotations

import json
import re
from base64 import b64decode

from aztrust.core.base import canonical
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import open_head
from aztrust.core.formats.dsse import encode_envelope, parse_envelope
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.formats.merkle import inclusion_proof
from aztrust.core.history.bundle import (
    ENDING,
    MEDIA_TYPE,
    encode_bundle,
    included,
    open_inclusion,
    parse_bundle,
)
from aztrust.core.history.leaf import leaf_of
from aztrust.core.history.trusted_root import trusted_root
from aztrust.core.records.summary import VERDICT
from tests.disk_launch import signer
from tests.ledgers import head_note, nodes_of, reader, record
from tests.shared import REPOSITORY

FORMATS = REPOSITORY / "docs" / "formats"
DOCUMENT = (FORMATS / "bundle.md").read_text("utf-8")
ORIGIN = "ledger.aztrust-rehearsal"
KEEPER = signer("luca")
PAYLOAD = "eyJfdHlwZSI6..."


def blocks(text: str) -> list[str]:
    return re.findall(r"^```(?:json|text)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def verdict() -> tuple[bytes, str]:
    """Envelope and public key of the example in verdict.md."""
    payload, signature, pem, _ = blocks((FORMATS / "verdict.md").read_text("utf-8"))
    made = json.loads(signature)
    signed = canonical.dumps(json.loads(payload))
    return encode_envelope(signed, made["keyid"], b64decode(made["sig"])), pem


def example() -> bytes:
    """Its bundle: entry 1 of a ledger whose entry 0 is the revocation in record.md."""
    envelope, pem = verdict()
    key = parse_public_key(pem.encode(), name="key")
    first = re.search(
        r"^\{\"payload\":.*$", (FORMATS / "record.md").read_text("utf-8"), re.MULTILINE
    )
    assert first is not None
    leaves = [
        record(first[0].encode()).leaf,
        leaf_of(parse_envelope(envelope, name="the verdict"), VERDICT.name, key),
    ]
    read = reader(nodes_of(leaves))
    note = head_note(2, merkle.root(2, read), KEEPER, ORIGIN)
    head = open_head(note, KEEPER.public, ORIGIN, name="head")
    return encode_bundle(envelope, key, included(head, 1, inclusion_proof(1, 2, read)))


def shown(data: bytes) -> str:
    """A document as the page shows it: laid out, and the payload cut."""
    document = json.loads(data)
    if "dsseEnvelope" in document:
        assert document["dsseEnvelope"]["payload"].startswith(PAYLOAD[:-3])
        document["dsseEnvelope"]["payload"] = PAYLOAD
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def test_the_example_is_the_bundle_of_the_verdict():
    assert blocks(DOCUMENT)[0] == shown(example()), shown(example())


def test_the_example_of_a_trusted_root():
    made = trusted_root(ORIGIN, KEEPER.public)
    assert blocks(DOCUMENT)[1] == shown(made), shown(made)


def test_the_example_reads_back():
    read = parse_bundle(example(), name="the example")
    assert read.inclusion is not None
    assert open_inclusion(read.inclusion, (KEEPER.public,), ORIGIN, name="x").head.size == 2


def test_the_words_of_the_page():
    for word in (MEDIA_TYPE, f"`{ENDING}`", "`.dsse.json`"):
        assert word in DOCUMENT
