"""The blockers of a launch, as lines and as a document."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.blockers import reason_of, severity_of
from aztrust.core.state.context import Context
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled, wrap
from aztrust.report.text import utc


def blocker_lines(context: Context, *, verbose: bool = False) -> list[str]:
    """What is open, the most severe first; with `verbose` what was closed, too."""
    opened = context.state.blockers.unclosed
    closed = [u for u in context.state.blockers.openings if u not in opened]
    critical = sum(severity_of(u) == "critical" for u in opened)
    lines = labelled("open", f"{len(opened)}, {critical} of them critical; {len(closed)} closed")
    for opening in opened:
        lines += _lines(opening, f"{severity_of(opening)}, opened by {opening.holder}")
    for opening in closed if verbose else ():
        closing = context.state.blockers.closings_of(opening)[0]
        lines += _lines(opening, f"closed by {closing.holder}: {visible(reason_of(closing))}")
    if opened:
        lines += advice_lines("next", "once one is resolved: aztrust blocker close ID --reason T")
    return lines


def blocker_document(context: Context, command: str) -> Mapping[str, object]:
    """The same as `--format json` gives it."""
    opened = context.state.blockers.unclosed
    return {
        "schema": "aztrust/blockers",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        "policy_digest": context.policy_digest,
        "blockers": [
            _fields(context, u, is_open=u in opened) for u in context.state.blockers.openings
        ],
    }


def _lines(opening: VerifiedRecord, what: str) -> list[str]:
    return [
        f"{opening.record_id[7:23]}  {utc(opening.claimed_unix_ms)}",
        *wrap(what, first="  ", rest="    "),
        *wrap(visible(reason_of(opening)), first="  ", rest="    "),
    ]


def _fields(context: Context, opening: VerifiedRecord, *, is_open: bool) -> dict[str, object]:
    closing = None if is_open else context.state.blockers.closings_of(opening)[0]
    return {
        "blocker": opening.record_id,
        "severity": severity_of(opening),
        "reason": visible(reason_of(opening)),
        "opened_by": opening.holder,
        "opened_at_unix_ms": opening.claimed_unix_ms,
        "open": is_open,
        "closed_by": closing.holder if closing is not None else None,
        "closed_at_unix_ms": closing.claimed_unix_ms if closing is not None else None,
        "closing": closing.record_id if closing is not None else None,
    }
