"""Write `docs/schemas/*.json` from the models, or say with `--check` whether they are current."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aztrust.core.base.model import Model
from aztrust.core.formats.dsse import PAYLOAD_TYPE
from aztrust.core.formats.statement import STATEMENT_TYPE
from aztrust.core.kit.archive import KitIndex
from aztrust.core.kit.earlier import LedgerOrder
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import Policy
from aztrust.core.policy.pins import PinFile
from aztrust.core.records.records import KINDS
from aztrust.core.records.review import Review
from aztrust.core.records.summary import Payload
from aztrust.report.checkpoint import CheckpointReport
from aztrust.report.model import Failure, PreflightReport, Report

REPOSITORY = Path(__file__).resolve().parents[1]
SCHEMAS = REPOSITORY / "docs" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

MODELS: dict[str, type[Model]] = {
    "policy": Policy,
    "manifest": Manifest,
    "review": Review,
    "verdict": Payload,
    "kit-index": KitIndex,
    "kit-ledger": LedgerOrder,
    "report": Report,
    "preflight": PreflightReport,
    "checkpoint": CheckpointReport,
    "error": Failure,
    "anchors": PinFile,
}
HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
BASE64 = {"type": "string", "minLength": 4, "contentEncoding": "base64"}


def schemas() -> dict[str, dict[str, Any]]:
    """File name to schema."""
    found = {f"{name}.json": _headed(name, _of(model)) for name, model in MODELS.items()}
    chain_id = found["policy.json"]["$defs"]["LaunchTable"]["properties"]["chain_id"]
    # The one place where a policy may write an integer for a text (EVM chain ids).
    chain_id["type"] = ["string", "integer"]
    found["envelope.json"] = _headed("envelope", _envelope())
    for name, kind in KINDS.items():
        found[f"record-{name}.json"] = _headed(f"record-{name}", _statement(name, kind.model))
    return found


def _of(model: type[Model]) -> dict[str, Any]:
    schema = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        _tidy(part)
    return schema


def _tidy(part: dict[str, Any]) -> None:
    """Say what the documents are, and not how the models are made."""
    properties = part.get("properties", {})
    for field in properties.values():
        field.pop("title", None)
        # Absent and null are two things: what may be absent is never written as null.
        if field.get("default", ...) is None:
            field["anyOf"] = [o for o in field.get("anyOf", ()) if o != {"type": "null"}]
            if len(field["anyOf"]) == 1:
                field.update(field.pop("anyOf")[0])
        if "default" in field and "const" not in field:
            del field["default"]
    tags = [name for name, field in properties.items() if "const" in field]
    for name in tags:
        properties[name].pop("default", None)
    if tags:
        required = part.get("required", [])
        part["required"] = [n for n in properties if n in required or n in tags]


def _headed(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"urn:aztrust:schema:{name}:v1", **schema}


def _envelope() -> dict[str, Any]:
    signature = _closed({"keyid": HEX, "sig": BASE64})
    return {
        "title": "Envelope",
        "description": "A DSSE envelope with one signature: a record as it is stored.",
        **_closed(
            {
                "payload": BASE64,
                "payloadType": {"const": PAYLOAD_TYPE},
                "signatures": {
                    "type": "array",
                    "items": signature,
                    "minItems": 1,
                    "maxItems": 1,
                },
            }
        ),
    }


def _statement(kind: str, model: type[Model]) -> dict[str, Any]:
    record = _of(model)
    definitions = record.pop("$defs", {})
    preimages: dict[str, Any] = {"type": "object"}
    if "review_hash" in record["properties"]:
        preimages["required"] = ["review"]
    subject = _closed({"name": {"type": "string"}, "digest": _closed({"sha256": HEX})})
    statement = _closed(
        {
            "_type": {"const": STATEMENT_TYPE},
            "subject": {"type": "array", "items": subject, "minItems": 1, "maxItems": 1},
            "predicateType": {"const": f"urn:aztrust:{kind}:v1"},
            "predicate": _closed({"record": record, "preimages": preimages}),
        }
    )
    return {
        "title": f"{model.__name__} record",
        "description": "The payload of an envelope: an in-toto Statement v1.",
        **statement,
        **({"$defs": definitions} if definitions else {}),
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def texts() -> Iterator[tuple[Path, str]]:
    """Each file with its text."""
    for name, schema in schemas().items():
        yield SCHEMAS / name, json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schemas, or with `--check` compare them; returns the exit code."""
    wanted = dict(texts())
    if arguments != ["--check"]:
        SCHEMAS.mkdir(parents=True, exist_ok=True)
        for path, text in wanted.items():
            path.write_text(text, "utf-8")
        return 0
    found = {path: path.read_text("utf-8") for path in SCHEMAS.glob("*.json")}
    if found != wanted:
        print("docs/schemas is not what the models say; mend: make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
