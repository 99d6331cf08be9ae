"""Definitions as the TOML file that is read again as the same definitions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aztrust.core.checklist.definitions import Checklist


def checklist_toml(checklist: Checklist, notes: tuple[str, ...] = ()) -> str:
    """The file with these definitions.

    Args:
        checklist: the definitions.
        notes: comments at its head, one a line.
    """
    lines = [*(f"# {note}" for note in notes), *([""] if notes else [])]
    lines += ['schema = "aztrust/checklist"', "version = 1", f"title = {_string(checklist.title)}"]
    for table, entries in (("area", checklist.area), ("item", checklist.item)):
        for entry in entries:
            fields = entry.model_dump(mode="json", exclude_none=True)
            lines += ["", f"[[{table}]]", *_fields(fields)]
    return "\n".join(lines) + "\n"


def _fields(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if value is True:
            yield f"{name} = true"
        elif isinstance(value, str) and (name, value) != ("due", "decision"):
            yield f"{name} = {_string(value)}"
        elif isinstance(value, list) and value:
            yield f"{name} = [{', '.join(map(_string, value))}]"


def _string(text: str) -> str:
    """A basic string: the escapes of JSON are those of TOML, which escapes DEL too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
