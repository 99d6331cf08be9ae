"""The boundaries of a launch window: what ends, is due, or opens, and when.

No boundary lets anything happen: it blocks, expires, or is a time that a person keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.judge.posture_rows import snapshot_due
from aztrust.core.judge.window_cutoff import change_cutoff
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import PLANNED_TIMES, WindowMetadata
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.window.row import BEFORE_START, PLACE
from aztrust.core.state.window.state import WindowState, hold_ends, next_update

_TEXTS: Final = (
    "bootstrap authorization",
    "bootstrap start",
    "early epochs observed",
    "restricted posture ends",
)
PLANNED: Final = dict(zip(PLANNED_TIMES, _TEXTS, strict=True))
"""The times that a window plans, by their field, as a person calls them."""


@frozen
class Boundary:
    """One time of a window.

    Args:
        id: its name for a program.
        text: its name for a person.
        at_unix_ms: when it is.
        after: what it means once it has passed.
        over: whether what it is about is over, so that it no longer matters.
    """

    id: str
    text: str
    at_unix_ms: int
    after: str = ""
    over: bool = False


def boundaries(context: Context, state: WindowState) -> tuple[Boundary, ...]:
    """Every boundary of a window, the earliest first."""
    found = (*_stops(state), *_plan(state), *_cutoff(context, state), *_limits(context, state))
    return tuple(sorted(found, key=lambda b: (b.at_unix_ms, b.id)))


def metadata_of(window: VerifiedRecord | None) -> WindowMetadata | None:
    """What a window plans; None where the record that opened it is not here."""
    return window.preimage("metadata", WindowMetadata) if window is not None else None


def start_time(state: WindowState, genesis_unix_ms: int | None) -> tuple[str, int] | None:
    """When the network starts, and what says so: the instruction, the plan, else the genesis.

    Args:
        state: of the window.
        genesis_unix_ms: the time that the genesis of the sealed package states, None for none.
    """
    opens, closes = state.start_window
    if opens <= closes:
        return "start window", opens
    metadata = metadata_of(state.window)
    planned = metadata.bootstrap_start_time_unix_ms if metadata is not None else None
    if planned is not None:
        return "bootstrap start", planned
    return ("genesis time", genesis_unix_ms) if genesis_unix_ms is not None else None


def is_waiting_to_start(state: WindowState) -> bool:
    """Whether the network has not started and still may."""
    return state.status in BEFORE_START


def _stops(state: WindowState) -> Iterator[Boundary]:
    if not state.is_running:
        return
    for hold in state.holds:
        name = hold.record_id[7:15]
        after = "only a proceed that names it, a defer or an abort remain"
        if state.has_started:
            after = "only a proceed that names it or an abort remain"
        yield Boundary("hold-end", f"hold {name} ends", hold_ends(hold), after)
        yield Boundary("next-update", f"update on hold {name}", next_update(hold), "it is due")
    for act in state.waiting:
        if act.expires_at_unix_ms is not None:
            name = act.source.first.record_id[7:15]
            text = f"{act.trigger} {name} expires"
            yield Boundary("proposal-end", text, act.expires_at_unix_ms, "propose it again")


def _plan(state: WindowState) -> Iterator[Boundary]:
    metadata = metadata_of(state.window)
    if metadata is None or state.window is None:
        return
    yield Boundary("window-open", "window opens", state.window.claimed_unix_ms, over=True)
    started = not is_waiting_to_start(state)
    if metadata.decide_by_unix_ms is not None:
        text, after = "answers due", "what is open leads to a defer"
        yield Boundary("decide-by", text, metadata.decide_by_unix_ms, after, started)
    for (name, text), reached in zip(PLANNED.items(), _REACHED, strict=True):
        planned = getattr(metadata, name)
        if planned is not None:
            over = PLACE[state.status] >= reached
            yield Boundary(name.removesuffix("_unix_ms").replace("_", "-"), text, planned, "", over)


def _cutoff(context: Context, state: WindowState) -> Iterator[Boundary]:
    """The last moment for a changed package, also where only the default of the policy sets it."""
    attempt = Attempt(state.scope_hash, state.launch_window_id, (), state.window)
    cutoff = change_cutoff(context, attempt) if state.window is not None else None
    if cutoff is not None:
        text, after = "last change", "a changed package is for another window"
        over = not is_waiting_to_start(state)
        yield Boundary("change-cutoff", text, cutoff.at_unix_ms, after, over)


_REACHED: Final = (
    PLACE["BOOTSTRAP_AUTHORIZED"],
    PLACE["NETWORK_STARTED"],
    PLACE["RESTRICTED_POSTURE_ACTIVE"],
    PLACE["NORMALIZED"],
)
"""From which status on each planned time is over."""


def _limits(context: Context, state: WindowState) -> Iterator[Boundary]:
    if is_waiting_to_start(state) and state.final_at_unix_ms is not None:
        ends = state.final_at_unix_ms + state.limits.max_final_check_age_ms
        yield Boundary("final-check-age", "final check counts until", ends, "aztrust final-check")
    opens, closes = state.start_window
    if opens <= closes:
        started = not is_waiting_to_start(state)
        yield Boundary("start-window-open", "start window opens", opens, over=started)
        after = "another instruction is needed"
        yield Boundary("start-window-close", "start window closes", closes, after, started)
    if state.status == "RESTRICTED_POSTURE_ACTIVE":
        ends = state.posture_ends_unix_ms
        yield Boundary("posture-end", "posture may end", ends, "the exit may be ready")
    due = snapshot_due(context, state)
    if due is not None:
        yield Boundary("snapshot", "next snapshot", due, "it is due")
