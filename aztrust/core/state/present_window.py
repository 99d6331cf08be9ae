"""The state of a launch's window in this run."""

from __future__ import annotations

from aztrust.core.state.context import Context, ledger_places, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.window.read import Statements, read_window
from aztrust.core.state.window.state import WindowState


def present_window(context: Context, attempt: Attempt) -> WindowState:
    """The state of an attempt's window, at the time of this run. Raises as `require_policy`."""
    state = context.state
    statements = Statements(
        context.records.effective, context.verdicts, state.blockers, ledger_places(context)
    )
    return read_window(
        require_policy(context),
        statements,
        attempt.scope_hash,
        attempt.launch_window_id,
        context.request.now_unix_ms,
    )
