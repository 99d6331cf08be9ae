"""`docs/formats/verdict.md`: its example verifies, and it names every field."""

from __future__ import annotations

import json
import re
from base64 import b64decode

import jsonschema
import pytest

from aztrust.core.base import canonical
from aztrust.core.base.model import Model
from aztrust.core.formats.dsse import encode_envelope, open_envelope, parse_envelope
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.policy.model import ROWS
from aztrust.core.records.checkpoint import FREEZE_ROWS, Checkpoint, MatrixRow
from aztrust.core.records.summary import LaunchCheckpoint, Payload, Summary
from aztrust.core.records.verdict import parse_verdict
from tests.shared import REPOSITORY

DOCUMENT = (REPOSITORY / "docs/formats/verdict.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(?:json|text)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return DOCUMENT.partition(f"\n### {title}\n")[2].partition("\n### ")[0].partition("\n## ")[0]


def test_the_example_verifies():
    payload, signature, pem, record_id = BLOCKS
    key = parse_public_key(pem.encode(), name="the example's key")
    made = json.loads(signature)
    data = encode_envelope(
        canonical.dumps(json.loads(payload)), made["keyid"], b64decode(made["sig"])
    )
    verified = open_envelope(parse_envelope(data, name="x"), key)
    assert verified.record_id == record_id.strip()
    statement = parse_verdict(verified)
    assert statement.passed
    name = f"{statement.checkpoint.checkpoint_class}.{record_id[7:23]}.{key.keyid[:8]}.dsse.json"
    assert f"manifests/verdicts/{name}" in DOCUMENT


def test_the_example_has_the_schema():
    schema = json.loads((REPOSITORY / "docs/schemas/verdict.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    example = json.loads(BLOCKS[0])
    validator.validate(example)
    for broken in (
        {**example, "more": 1},
        {**example, "subject": []},
        {**example, "predicate": {**example["predicate"], "verificationResult": "passed"}},
    ):
        assert not validator.is_valid(broken)


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("Statement", Payload),
        ("Summary", Summary),
        ("Checkpoint", LaunchCheckpoint),
        ("Record", Checkpoint),
        ("Matrix", MatrixRow),
    ],
)
def test_every_field_is_described(title: str, model: type[Model]):
    rows = re.findall(r"^\| `([^`]+)` \|", section(title), re.MULTILINE)
    assert set(rows) == set(model.model_json_schema()["properties"])


def test_every_class_and_row_is_described():
    words = set(re.findall(r"`([a-z_-]+)`", section("Record") + section("Matrix")))
    assert set(Checkpoint.model_json_schema()["properties"]["checkpoint_class"]["enum"]) <= words
    assert set(FREEZE_ROWS) <= words
    assert set(ROWS) <= words
