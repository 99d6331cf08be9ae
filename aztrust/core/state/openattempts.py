"""Attempts that have not ended: what is frozen, and windows that are only open; and what has."""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.records.records import Utterance
from aztrust.core.records.window_kinds import LaunchWindow
from aztrust.core.state.attempt import Attempt
from aztrust.core.state.context import Context
from aztrust.core.state.window import frozen_scopes, read_window


@frozen
class Standing:
    """Where a launch's windows stand.

    Args:
        scope_hash: the scope that lies here, "" where there is none.
        running: what has not ended.
        deferred: the records that ended a window alone, the first one first.
        ended: scopes that were ended for good, with what did it.
        need: how many verdicts a freeze takes.
    """

    scope_hash: str
    running: tuple[Attempt, ...]
    deferred: tuple[Utterance, ...]
    ended: tuple[tuple[str, Utterance | HeldVerdict], ...]
    need: int


def open_attempts(context: Context) -> tuple[Attempt, ...]:
    """Every attempt that has not ended, in a fixed order; `freezes` is () where it is only open.

    Unlike `attempt.attempts`, one freeze is enough to be among them, and none is, too.
    """
    state = read_window(context)
    freezes: dict[tuple[str, str], tuple[HeldVerdict, ...]] = {}
    for scope_hash, verdicts in frozen_scopes(context).items():
        for verdict in verdicts:
            key = (scope_hash, verdict.statement.checkpoint.launch_window_id)
            freezes[key] = (*freezes.get(key, ()), verdict)
    for scope_hash, window in state.open_windows.items():
        if isinstance(window.body, LaunchWindow):
            freezes.setdefault((scope_hash, window.body.launch_window_id), ())
    return tuple(
        Attempt(scope_hash, named, verdicts, state.windows.get(named))
        for (scope_hash, named), verdicts in sorted(freezes.items(), key=lambda item: item[0])
    )


def release_of(attempt: Attempt) -> str:
    """The release package that an attempt is about, "" where nothing here says so."""
    body = attempt.window.body if attempt.window is not None else None
    if isinstance(body, LaunchWindow):
        return body.authorized_release_package_id
    named = (s for v in attempt.freezes for s in v.statement.subjects)
    return next((s.sha256 for s in named if s.name == "manifests/release.json"), "")


def windows_standing(context: Context) -> Standing:
    """What is frozen, and what has ended; of packages, only what their manifests say."""
    state = read_window(context)
    rule = verdict_rule(context.policy) if context.policy is not None else None
    return Standing(
        context.scope.hash if context.scope is not None else "",
        open_attempts(context),
        tuple(sorted(state.deferred.values(), key=lambda u: (u.claimed_unix_ms, u.record_id))),
        tuple(sorted(state.invalidated.items())),
        sum(rule.roles.values()) if rule is not None else 0,
    )
