"""`docs/formats/record.md`: its example verifies, and it names every field."""

from __future__ import annotations

import json
import re

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.model import validate
from aztrust.core.formats.dsse import open_envelope, parse_envelope
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.formats.statement import parse_statement
from aztrust.core.records.package import Approval
from aztrust.core.records.records import KINDS, read_typed_record
from aztrust.core.records.review import Review, parse_review
from tests.shared import REPOSITORY

DOCUMENT = (REPOSITORY / "docs/formats/record.md").read_text("utf-8")
WRITTEN = re.sub(
    "<!-- begin of the kinds.*<!-- end of the kinds -->", "", DOCUMENT, flags=re.DOTALL
)
"""The document without the examples of the kinds, which are generated."""
BLOCKS = re.findall(r"^```(?:json|text)\n(.*?)^```$", WRITTEN, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return DOCUMENT.partition(f"\n### {title}\n")[2].partition("\n### ")[0].partition("\n## ")[0]


def test_the_example_verifies():
    envelope, payload, pem, record_id, predicate = BLOCKS
    key = parse_public_key(pem.encode(), name="the example's key")
    verified = open_envelope(parse_envelope(envelope.strip().encode(), name="x"), key)
    assert verified.record_id == record_id.strip()
    assert verified.payload == canonical.dumps(json.loads(payload))
    record = read_typed_record(parse_statement(verified), "cosmin", what="x")
    name = f"{record_id.strip()[7:23]}.{record.kind}.{key.keyid[:8]}.dsse.json"
    assert f"manifests/records/{name}" in DOCUMENT
    approval = json.loads(predicate)
    body = validate(Approval, approval["record"], what="x", code="record-malformed")
    review = parse_review(approval["preimages"]["review"], what="x")
    assert (
        review.hash
        == body.review_hash
        == sha256_id(canonical.dumps(approval["preimages"]["review"]))
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_and_field_is_described(kind):
    rows = re.findall(r"^\| `(\w+)` \|", section(f"`{kind}`"), re.MULTILINE)
    assert sorted(rows) == sorted(KINDS[kind].model.model_json_schema()["properties"])


def test_every_field_of_the_review_is_described():
    text = section("The review document")
    fields = set(Review.model_json_schema()["properties"])
    rows = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == fields
