"""A signed verdict as rows of label and text: what was concluded, row by row, and on what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aztrust.core.base.digest import groups
from aztrust.core.base.paths import escape
from aztrust.core.records.summary import LaunchCheckpoint
from aztrust.report.text import utc

Row = tuple[str, str]
_MARKS = {"pass": "ok", "fail": "FAIL", "not_run": "open", "not_applicable": "n/a"}


def verdict_document(checkpoint: LaunchCheckpoint) -> dict[str, Any]:
    """The fields of the record, and with them matrix, guidance, findings and ledger."""
    fields: dict[str, Any] = checkpoint.model_dump(mode="json", exclude_none=True)
    return {**fields.pop("record"), **fields}


def is_verdict(document: Mapping[str, Any]) -> bool:
    """Whether this is a `verdict_document`."""
    return "checkpoint_class" in document and "matrix" in document


def verdict_rows(document: Mapping[str, Any]) -> list[Row]:
    """A `verdict_document` for a person."""
    scope = groups(document["checkpoint_scope_hash"])
    rows = [
        ("verdict", f"{document['verdict']}, guidance {document['guidance']}"),
        ("signed", utc(document["timestamp_unix_ms"])),
        ("scope", scope[:39]),
        ("", scope[40:]),
        ("window", document["launch_window_id"]),
        ("id", document["checkpoint_id"]),
    ]
    ledger = document.get("ledger")
    if ledger is not None:
        rows.append(
            ("ledger", f"considered {ledger['size']} entries of {escape(ledger['origin'])}")
        )
        rows.append(("root", ledger["root"]))
    rows += _labelled("rows", map(_row, document["matrix"]))
    rows += _labelled(
        "broken", (f"{escape(f['code'])}  {escape(f['subject'])}" for f in document["findings"])
    )
    count = len(document["evidence_refs"])
    rows.append(("rests on", f"{count} digests; --format json lists them"))
    return rows


def _row(row: Mapping[str, Any]) -> str:
    mark = _MARKS.get(row["status"], row["status"])
    return f"{mark:<5} {escape(row['id'])}, for {escape(row['owner'])}"


def _labelled(label: str, texts: Iterable[str]) -> list[Row]:
    return [("" if number else label, text) for number, text in enumerate(texts)]
