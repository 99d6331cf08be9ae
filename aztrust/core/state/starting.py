"""What the records say about starting a network: authorized, instructed, begun, normal, or over."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.records.window import WindowStatus
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.facts import OF_THE_RECORD
from aztrust.core.state.window.row import STARTED
from aztrust.core.state.window.state import Signed, Step, WindowState
from aztrust.core.state.window.table import TABLE


@frozen
class Starting:
    """One launch window, as a host asks about it.

    Args:
        status: of the window.
        order: the roles in the order of the instruction in force; () without one.
        activated: the roles that were activated.
        missing: the conditions of the first activation that do not hold now.
        unapproved: (role, record id) of each restart that an anomaly since the start asks an
            approval for, and that has none.
        opens_at_unix_ms: when the start window opens; 0 without an instruction.
        started: the first activation; None before it.
    """

    status: WindowStatus
    order: tuple[str, ...] = ()
    activated: tuple[str, ...] = ()
    missing: tuple[Finding, ...] = ()
    unapproved: tuple[tuple[str, str], ...] = ()
    opens_at_unix_ms: int = 0
    started: Step | None = None

    @property
    def runs(self) -> bool:
        """Whether the network has started, and is not in normal operation yet."""
        return self.status in STARTED

    @property
    def is_normal(self) -> bool:
        """Whether the network is in normal operation."""
        return self.status == "NORMALIZED"


def read_starting(context: Context) -> Starting | None:
    """The window of the scope that is here; None where none is frozen, or all are over."""
    if context.policy is None or context.scope is None:
        return None
    scope = context.scope.hash
    windows = [
        present_window(context, attempt)
        for attempt in context.state.frozen_attempts
        if attempt.scope_hash == scope
    ]
    if not windows:
        return None
    # One that has started stays the one that counts, whatever is opened later.
    window = max(windows, key=lambda w: (w.has_started, _opened(context.state.attempts, w)))
    return starting_of(window, context.request.now_unix_ms)


def starting_of(window: WindowState, now_unix_ms: int) -> Starting:
    """A window, as a host asks about it at a time, in milliseconds since the epoch."""
    opens, _ = window.start_window
    return Starting(
        status=window.status,
        order=window.order,
        activated=window.activated,
        missing=tuple(_missing(window, now_unix_ms)),
        unapproved=tuple(_unapproved(window)),
        opens_at_unix_ms=opens if window.order else 0,
        started=window.started,
    )


def _opened(attempts: tuple[Attempt, ...], window: WindowState) -> int:
    """When a window was opened, in milliseconds since the epoch."""
    return next(
        a.opened_at_unix_ms
        for a in attempts
        if (a.scope_hash, a.launch_window_id) == (window.scope_hash, window.launch_window_id)
    )


def _missing(window: WindowState, now_unix_ms: int) -> Iterator[Finding]:
    """The conditions of the first activation, without those about the record that activates."""
    facts = window.facts_at(now_unix_ms)
    for row in TABLE:
        if row.trigger != "activate-first":
            continue
        for need in row.needs:
            if need.fact not in OF_THE_RECORD and not need.holds(facts):
                yield need.finding(window)


def _unapproved(window: WindowState) -> Iterator[tuple[str, str]]:
    """Role and anomaly of each restart that is not approved: of that role, for that anomaly.

    An anomaly that names no role concerns each of them. One from before the start concerns none:
    the activation came after it.
    """
    approved = {
        (_role(record), getattr(record.body, "anomaly_id", None))
        for record in window.restarts
        if window.is_in_force(record)
    }
    has_started = False
    for step in window.steps:
        has_started = has_started or step.row.trigger == "activate-first"
        anomaly = step.source.first
        if not has_started or step.row.trigger != "anomaly":
            continue
        named = _role(anomaly)
        for role in (named,) if named else window.order:
            if (role, anomaly.record_id) not in approved:
                yield role, anomaly.record_id


def _role(record: Signed) -> str:
    role = getattr(getattr(record, "body", None), "role", None)
    return role if isinstance(role, str) else ""
