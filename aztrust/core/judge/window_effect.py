"""What a verdict does in its window: the same fold, with one more statement.

So a person sees whether a final check took the step, and if not, why.
"""

from __future__ import annotations

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.pending import with_waiting
from aztrust.core.state.present_window import statements_of
from aztrust.core.state.window.events import identity_of
from aztrust.core.state.window.read import read_window
from aztrust.core.state.window.rehearsal import supposing
from aztrust.core.state.window.row import Row
from aztrust.core.state.window.state import WindowState


@frozen
class Effect:
    """What a verdict does.

    Args:
        state: of the window with it.
        row: the last step that it took, None where it took none.
        waits: whether others have to sign it, too.
        why: what keeps it from a step; () where it took one, or only waits for signatures.
        is_over: whether the window had ended before it.
    """

    state: WindowState
    row: Row | None
    waits: bool = False
    why: tuple[Finding, ...] = ()
    is_over: bool = False

    @property
    def confirms_scope(self) -> bool:
        """Whether it confirms the scope one final time, after the instruction (AZ-30.1)."""
        return self.row is not None and "scope-reconfirmed" in self.row.sets


def effect_of(context: Context, attempt: Attempt, verdict: HeldVerdict) -> Effect:
    """What a verdict does in the window of an attempt.

    Args:
        context: the launch, with or without the verdict.
        attempt: the window.
        verdict: signed, or about to be.

    Raises:
        Malformed: the policy is.
    """
    context = with_waiting(context)
    statements = statements_of(context)
    now = context.request.now_unix_ms
    where = (attempt.scope_hash, attempt.launch_window_id)
    policy = require_policy(context)
    state = read_window(policy, supposing(statements, verdict), *where, now)
    took = [step.row for step in state.steps if _is_in(verdict, step.source.records)]
    if took:
        return Effect(state, took[-1])
    before = read_window(policy, statements, *where, now)
    if not before.is_running:
        return Effect(before, None, is_over=True)
    for act in state.waiting:
        if _is_in(verdict, act.source.records):
            short = act.quorum is None or not act.quorum.met
            return Effect(state, None, waits=short, why=act.missing)
    why = [
        f
        for unused in state.unused
        if _is_in(verdict, unused.source.records)
        for f in unused.findings
    ]
    return Effect(state, None, why=tuple(why))


def _is_in(verdict: HeldVerdict, records: tuple[object, ...]) -> bool:
    wanted = identity_of(verdict)
    return any(isinstance(r, HeldVerdict) and identity_of(r) == wanted for r in records)
