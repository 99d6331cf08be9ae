"""One launch window as its views show it: its state now, its boundaries, what it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aztrust.core.base.findings import CheckResult, Finding
from aztrust.core.base.value import frozen
from aztrust.core.chain.agreement import Disagreement, Sight
from aztrust.core.history.reconcile import Pending
from aztrust.core.judge.posture_rows import posture_rows
from aztrust.core.judge.window_delay import genesis_time_unix_ms
from aztrust.core.judge.window_next import NextStep, Waiting, steps_from, waiting_acts
from aztrust.core.judge.window_times import Boundary, boundaries, start_time
from aztrust.core.judge.window_triggers import OpenTrigger, open_triggers
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.current import shown_attempt
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.node_reports import OperatorFacts, observers_disagree, operator_facts
from aztrust.core.state.pending import with_waiting
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.row import Trigger
from aztrust.core.state.window.state import Step, WindowState

_DECISIONS: frozenset[Trigger] = frozenset(
    {
        "hold",
        "proceed",
        "proceed-after-hold",
        "decide-go",
        "decide-no-go",
        "authorize",
        "instruct",
        "exit-posture",
        "normalize",
        "amend",
        "defer",
        "abort",
    }
)


@frozen
class WindowView:
    """A window.

    Args:
        context: the launch.
        attempt: its scope and window.
        state: what has become of the window.
        then: the same after the keeper's next append.
        boundaries: the earliest first.
        start: what says when the network starts, and when; None where nothing does.
        steps: what the status allows.
        waiting: acts that have signatures and lack some, or a condition.
        pending: what is in the folder and not in the ledger, of this window.
        posture: the rules of the restricted posture that is in force, each with what is known.
        triggers: the abort triggers that are open.
        notices: what is to be known of the window itself, for instance a script that differs.
        facts: what operators signed about their own nodes.
        differs: where they, and the proofs that are here, disagree.
    """

    context: Context
    attempt: Attempt
    state: WindowState
    then: WindowState
    boundaries: tuple[Boundary, ...]
    start: tuple[str, int] | None
    steps: tuple[NextStep, ...]
    waiting: tuple[Waiting, ...]
    pending: tuple[Pending, ...]
    posture: tuple[CheckResult, ...] = ()
    triggers: tuple[OpenTrigger, ...] = ()
    notices: tuple[Finding, ...] = ()
    facts: tuple[OperatorFacts, ...] = ()
    differs: tuple[Disagreement, ...] = ()

    @property
    def now_unix_ms(self) -> int:
        """The time of the view, in milliseconds since the epoch."""
        return self.context.request.now_unix_ms

    @property
    def last(self) -> Step | None:
        """What took effect last."""
        return self.state.steps[-1] if self.state.steps else None

    @property
    def decided(self) -> Step | None:
        """What was decided last, None where nothing was."""
        decisions = (s for s in reversed(self.state.steps) if s.row.trigger in _DECISIONS)
        return next(decisions, None)

    @property
    def forward(self) -> tuple[NextStep, ...]:
        """The steps that lead on and are not done, those that can be taken now first."""
        steps = [step for step in self.steps if step.kind == "forward" and not step.done]
        return tuple(sorted(steps, key=lambda step: len(step.missing)))


def view_window(context: Context, also: Sequence[Sight] = ()) -> WindowView | None:
    """The window that a run is about, None where there was none.

    Args:
        context: the launch.
        also: what other observers saw of its network, to compare with.

    Raises:
        Malformed: the policy cannot be read.
    """
    policy, attempt = require_policy(context), shown_attempt(context)
    if attempt is None:
        return None
    state = present_window(context, attempt)
    later = with_waiting(context)
    then = present_window(later, attempt) if later is not context else state
    revoked = frozenset(context.records.effective.revoked_keys)
    return WindowView(
        context,
        attempt,
        state,
        then,
        boundaries(context, state),
        start_time(state, genesis_time_unix_ms(context)),
        steps_from(policy, state, then, context.request.now_unix_ms, revoked),
        tuple(waiting_acts(policy, state, then, revoked)),
        context.pending,
        posture_rows(context, state) if state.status == "RESTRICTED_POSTURE_ACTIVE" else (),
        open_triggers(context, state) if state.is_running else (),
        tuple(_notices(context, state)),
        operator_facts(context, attempt),
        observers_disagree(context, attempt, also),
    )


def _notices(context: Context, state: WindowState) -> Iterator[Finding]:
    from aztrust.core.judge.window_script import script_finding

    found = script_finding(context, state.window)
    if found is not None:
        yield found
