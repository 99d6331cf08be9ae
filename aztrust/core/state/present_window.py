"""The state of a launch's window in this run."""

from __future__ import annotations

from aztrust.core.state.context import Context, definitions_of, ledger_places, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.window.read import Statements, read_window
from aztrust.core.state.window.state import WindowState


def statements_of(context: Context) -> Statements:
    """What was signed for this launch, as far as it counts."""
    return Statements(
        context.policy_digest,
        context.records.effective,
        context.verdicts,
        context.state.blockers,
        ledger_places(context),
        definitions_of(context),
    )


def present_window(context: Context, attempt: Attempt) -> WindowState:
    """The state of an attempt's window, at the time of this run. Raises as `require_policy`."""
    return read_window(
        require_policy(context),
        statements_of(context),
        attempt.scope_hash,
        attempt.launch_window_id,
        context.request.now_unix_ms,
    )
