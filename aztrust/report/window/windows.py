"""The state of a launch's windows, for a person and as a document."""

from __future__ import annotations

from typing import Any

from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import LaunchAbort, LaunchDefer
from aztrust.core.state.current import WindowSummary
from aztrust.core.state.launch_state import Attempt
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import joined, labelled
from aztrust.report.text import utc


def status_lines(found: WindowSummary, *, with_next: bool = True) -> list[str]:
    """What is frozen or open, then what has ended.

    Args:
        found: every attempt.
        with_next: whether what comes next is the last line.
    """
    lines: list[str] = []
    for attempt in found.running:
        lines += _attempt_lines(attempt, found)
    if not lines:
        lines = labelled("window", "none is open, and nothing is frozen")
    for record in found.deferred:
        body = record.body
        if isinstance(body, LaunchDefer):
            when = f"{utc(record.claimed_unix_ms)} by {record.holder}"
            lines += labelled("deferred", f"{when}: {visible(body.reason)}")
            lines.append(f"  {body.scope_hash}")
    for scope_hash, ended in found.ended:
        lines += labelled("ended", f"{_when(ended)}; nothing revives it")
        lines.append(f"  {scope_hash}")
    return [*lines, *(advice_lines("next", _next(found)) if with_next else ())]


def status_document(found: WindowSummary, command: str) -> dict[str, Any]:
    """The same as a JSON value."""
    return {
        "schema": "aztrust/window-status",
        "version_major": 1,
        "version_minor": 1,
        "command": command,
        "scope_hash": found.scope_hash or None,
        "open": [
            {
                "scope_hash": attempt.scope_hash,
                "launch_window_id": attempt.launch_window_id,
                "opened_unix_ms": attempt.opened_at_unix_ms,
                "decide_by_unix_ms": attempt.decide_by_unix_ms,
                "freezes": [v.record_id for v in attempt.freezes],
                "frozen_by": sorted({v.holder for v in attempt.freezes}),
                "frozen": _holders(attempt) >= found.need > 0,
            }
            for attempt in found.running
        ],
        "deferred": [
            {
                "scope_hash": u.scope_hash,
                "launch_window_id": u.body.launch_window_id,
                "record_id": u.record_id,
                "holder": u.holder,
                "reason": u.body.reason,
            }
            for u in found.deferred
            if isinstance(u.body, LaunchDefer)
        ],
        "ended": [
            {"scope_hash": scope_hash, "record_id": ended.record_id, "holder": ended.holder}
            for scope_hash, ended in found.ended
        ],
    }


def _attempt_lines(attempt: Attempt, found: WindowSummary) -> list[str]:
    by = joined(sorted({v.holder for v in attempt.freezes}))
    state = f"frozen by {by}" if attempt.freezes else "open, not frozen"
    have = _holders(attempt)
    if attempt.freezes and have < found.need:
        state += f": {have} of {found.need} signed"
    lines = labelled("scope", state)
    lines.append(f"  {attempt.scope_hash}")
    if found.scope_hash != attempt.scope_hash:
        here = found.scope_hash or "none: a package is not sealed"
        lines += labelled("here", "this directory has another scope")
        lines.append(f"  {here}")
    lines += labelled("window", f"opened {utc(attempt.opened_at_unix_ms)}")
    if attempt.decide_by_unix_ms is not None:
        lines += labelled("until", utc(attempt.decide_by_unix_ms))
    return [*lines, f"  {attempt.launch_window_id}"]


def _holders(attempt: Attempt) -> int:
    return len({verdict.holder for verdict in attempt.freezes})


def _when(ended: VerifiedRecord | HeldVerdict) -> str:
    if isinstance(ended, HeldVerdict):
        when = utc(ended.statement.checkpoint.timestamp_unix_ms)
        return f"{when} by {ended.holder}, in a final check"
    body = ended.body
    why = f"{body.trigger}: {visible(body.reason)}" if isinstance(body, LaunchAbort) else ""
    return f"{utc(ended.claimed_unix_ms)} by {ended.holder}, {why}"


def _next(found: WindowSummary) -> str:
    if any(attempt.freezes for attempt in found.running):
        return "whether everything is still valid: aztrust verify; to go on: aztrust final-check"
    if found.scope_hash in dict(found.ended):
        return "seal a changed package, have it approved, freeze the new scope"
    return "aztrust freeze"
