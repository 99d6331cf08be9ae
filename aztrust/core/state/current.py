"""Which attempt this run is about, and the state of a launch's windows."""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.scope import Scope
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import LaunchWindow
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt


def current_attempt(context: Context) -> Attempt | None:
    """The attempt that this run is about; None where there is none, or not exactly one.

    The scope that was asked for, else that of the packages here, else the only one: a launch whose
    packages were changed after the freeze still has its frozen scope. Of one scope in several
    windows it is the one whose window opened last.
    """
    every = context.state.frozen_attempts
    wanted = context.request.scope or (context.scope.hash if context.scope else "")
    matching = [a for a in every if a.scope_hash == wanted]
    if not matching and not context.request.scope and len({a.scope_hash for a in every}) == 1:
        matching = list(every)
    return max(matching, key=lambda a: (a.opened_at_unix_ms, a.launch_window_id), default=None)


def shown_attempt(context: Context) -> Attempt | None:
    """The attempt that a view of a launch window shows; None where no window was ever opened.

    That is the attempt that this run is about, else the window that is open, else the window that
    ended last: what happened in it can still be read.
    """
    state, wanted = context.state, context.request.scope
    found = current_attempt(context)
    if found is None:
        running = [a for a in state.attempts if wanted in ("", a.scope_hash)]
        found = max(running, key=lambda a: (a.opened_at_unix_ms, a.launch_window_id), default=None)
    if found is None:
        over = [w for w in state.windows.values() if wanted in ("", w.scope_hash)]
        last = max(over, key=lambda w: (w.claimed_unix_ms, w.record_id), default=None)
        if last is not None:
            return Attempt(last.scope_hash, last.launch_window_id, (), last)
    return found


def scope_of_window(context: Context, window: VerifiedRecord | None) -> Scope | None:
    """The whole scope that a window record names, under this run's policy."""
    body = window.body if window is not None else None
    if not isinstance(body, LaunchWindow):
        return None
    return Scope(
        network_class=body.target_network_class,
        chain_id=body.target_chain_id,
        genesis_hash=body.target_genesis_hash,
        release_package_id=body.authorized_release_package_id,
        genesis_package_id=body.authorized_genesis_package_id,
        policy_digest=context.policy_digest,
    )


@frozen
class WindowSummary:
    """The state of a launch's windows.

    Args:
        scope_hash: the scope of the packages and policy here, "" where there is none.
        running: what has not ended.
        deferred: the records that ended a window alone, the first one first.
        ended: scopes that were ended for good, with what did it.
        need: how many verdicts a freeze takes.
    """

    scope_hash: str
    running: tuple[Attempt, ...]
    deferred: tuple[VerifiedRecord, ...]
    ended: tuple[tuple[str, VerifiedRecord | HeldVerdict], ...]
    need: int


def summarize_windows(context: Context) -> WindowSummary:
    """What is frozen, and what has ended; of packages, only what their manifests say."""
    state = context.state
    rule = verdict_rule(context.policy) if context.policy is not None else None
    return WindowSummary(
        context.scope.hash if context.scope is not None else "",
        state.attempts,
        tuple(sorted(state.deferred.values(), key=lambda u: (u.claimed_unix_ms, u.record_id))),
        tuple(sorted(state.invalidated.items())),
        sum(rule.roles.values()) if rule is not None else 0,
    )
