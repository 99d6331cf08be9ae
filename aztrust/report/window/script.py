"""`aztrust window script`, for a program."""

from __future__ import annotations

from typing import Any

from aztrust.core.judge.window_script import Script
from aztrust.core.judge.window_view import WindowView


def script_document(
    view: WindowView, script: Script, text: str, *, command: str, exit_code: int
) -> dict[str, Any]:
    """The script as a JSON value, with its text and digests."""
    return {
        "schema": "aztrust/window-script",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        "exit_code": exit_code,
        "scope_hash": view.state.scope_hash,
        "launch_window_id": view.state.launch_window_id,
        "script_hash": script.metadata.script_hash,
        "digest": script.digest,
        "steps": [
            {
                "number": step.number,
                "step": step.row.id,
                "role": step.role or None,
                "phase": step.phase,
                "title": step.title,
                "planned_unix_ms": step.planned_unix_ms,
                "act": step.row.act,
                "needs": [need.id for need in step.row.needs],
                "clauses": list(step.row.clauses),
                "command": step.command or None,
            }
            for step in script.steps
        ],
        "text": text,
    }
