"""The rows of `aztrust show` that a record has in addition to its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import validate
from aztrust.core.records.kind import RecordKind, every_field
from aztrust.core.records.statements import body_statement


def say_row(
    kind: RecordKind, statement: object, fields: Mapping[str, Any]
) -> Iterator[tuple[str, object]]:
    """The structured statement of a record, where it has the form of its kind.

    An abort names a release that its record does not name, and has no row.
    """
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    held = predicate.get("preimages") if isinstance(predicate, dict) else None
    if kind.name == "launch-abort" or not isinstance(held, dict):
        return
    with suppress(Malformed):
        body = validate(kind.model, dict(fields), what="", code="record-malformed")
        kind.check(body, held, "")
        if line := body_statement(kind.name, body, held):
            yield "say", line


def preimage_rows(kind: RecordKind, statement: object) -> Iterator[tuple[str, object]]:
    """What the hashes and roots of a record are over, as rows; the record may have any shape."""
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    held = predicate.get("preimages") if isinstance(predicate, dict) else None
    for name in (*kind.preimages, *kind.roots):
        preimage = held.get(name) if isinstance(held, dict) else None
        if isinstance(preimage, dict):
            yield from ((f"{name}.{field}", value) for field, value in every_field(preimage))
        elif preimage is not None:
            yield name, preimage
