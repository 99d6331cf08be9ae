"""Whether a JSON document has a schema in docs/schemas, and keeps to it. Needs jsonschema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

SCHEMAS: Final = Path(__file__).resolve().parents[2] / "docs" / "schemas"
_PREFIX: Final = "aztrust/"
# A document whose `schema` is not the name of its file.
_FILES: Final = {"kit": "kit-index", "package-manifest": "manifest", "policy": "policy-shown"}
_REPORTS: Final = {
    "preflight": "preflight",
    "exec": "preflight",
    "freeze": "checkpoint",
    "final-check": "checkpoint",
    "window checkpoint": "checkpoint",
}
# Documents of others, by the key that only they have.
_FOREIGN: Final = ("mediaType", "runs")


def schema_name(document: dict[str, Any]) -> str:
    """The schema's file name without its ending, "" for a document of others.

    Raises:
        LookupError: the document names no schema, or one that there is not.
    """
    named = document.get("schema")
    if named is None and any(key in document for key in _FOREIGN):
        return ""
    if not isinstance(named, str) or not named.startswith(_PREFIX):
        raise LookupError(f"a document without a schema: {sorted(document)}")
    name = named.removeprefix(_PREFIX)
    if name == "report":
        name = _REPORTS.get(document.get("command", ""), name)
    name = _FILES.get(name, name)
    if not (SCHEMAS / f"{name}.json").is_file():
        raise LookupError(f"{named} has no schema: a line in tools/documents, and make docs")
    return name


def check_document(document: dict[str, Any]) -> None:
    """Hold a document against its schema.

    Raises:
        LookupError: it has none.
        ValueError: it does not keep to it; the message names the place.
    """
    name = schema_name(document)
    if not name:
        return
    error = next(_validator(name).iter_errors(document), None)
    if error is not None:
        while error.context:
            error = min(error.context, key=lambda inner: -len(inner.absolute_path))
        raise ValueError(f"{name}: {error.json_path}: {error.message[:300]}")


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))
