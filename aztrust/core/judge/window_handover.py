"""What is open in a launch window, as the text of a note for the person who goes on."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.times import format_minute
from aztrust.core.judge.window_view import WindowView
from aztrust.core.state.window.state import hold_ends


def handover_text(view: WindowView, by: str, to: str, limit: int) -> str:
    """What is open, at most `limit` characters; what does not fit is counted.

    Args:
        view: of the window.
        by: who hands over.
        to: who goes on.
        limit: of the text of a note.
    """
    state = view.state
    window = state.launch_window_id[7:15]
    text = f"handover of window {window} by {by} to {to}: {state.status}, {state.phase_name}"
    items = list(_items(view)) or ["nothing is open"]
    for number, item in enumerate(items):
        left = len(items) - number
        more = f"; and {left} more: aztrust window status"
        whole = f"{text}; {item}"
        if len(whole) + (len(more) if left > 1 else 0) > limit:
            return f"{text}{more}"
        text = whole
    return text


def _items(view: WindowView) -> Iterator[str]:
    state = view.state
    for hold in state.holds:
        name, ends = hold.record_id[7:15], format_minute(hold_ends(hold))
        yield f"open: hold {name} by {hold.holder} until {ends}"
    for anomaly in state.anomalies:
        yield f"open: anomaly {anomaly.record_id[7:15]} by {anomaly.holder}"
    for opening in view.context.state.blockers.unclosed:
        yield f"open: blocker {opening.record_id[7:15]} by {opening.holder}"
    for waiting in view.waiting:
        names = " or ".join(waiting.holders)
        left = f", {names} can sign" if names else ""
        yield f"waits: {waiting.act.trigger} {waiting.record_id[7:15]}{left}"
    for pending in view.pending:
        yield f"pending: {pending.ref.text}"
    for boundary in view.boundaries:
        if not boundary.over and boundary.at_unix_ms > view.now_unix_ms:
            yield f"{boundary.text} {format_minute(boundary.at_unix_ms)}"
    for step in view.forward[:1]:
        needs = ", ".join(finding.subject for finding in step.missing)
        yield f"next: {step.row.id}{f', lacks {needs}' if needs else ''}"
