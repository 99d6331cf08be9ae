"""The attempt that final checks are about: one frozen scope in one launch window (design 2).

Its scope is the frozen one, which after a drift is another than what lies here now: that is what a
final check then says, and whose end it signs.
"""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.quorum import tally
from aztrust.core.policy.scope import Scope
from aztrust.core.records.records import Utterance
from aztrust.core.records.window_kinds import LaunchWindow
from aztrust.core.state.context import Context
from aztrust.core.state.freezes import roles_of
from aztrust.core.state.window import frozen_scopes, read_window


@frozen
class Attempt:
    """One frozen scope in one window.

    Args:
        scope_hash: what was frozen.
        launch_window_id: the window it was frozen in.
        freezes: the verdicts that say so, and stand.
        window: the record of that window, where it is at hand.
    """

    scope_hash: str
    launch_window_id: str
    freezes: tuple[HeldVerdict, ...]
    window: Utterance | None = None

    @property
    def opened_at_unix_ms(self) -> int:
        """When it began: what somebody said before that was said about another attempt."""
        if self.window is not None:
            return self.window.claimed_unix_ms
        return min(v.statement.checkpoint.timestamp_unix_ms for v in self.freezes)

    @property
    def decide_by_unix_ms(self) -> int | None:
        """Until when what is lacking is waited for; None where the window names no time."""
        return self.window.metadata.decide_by_unix_ms if self.window is not None else None


def attempts(context: Context) -> tuple[Attempt, ...]:
    """Every attempt that is frozen by all who must sign it and has not ended, in a fixed order."""
    policy = context.policy
    rule = verdict_rule(policy) if policy is not None else None
    if policy is None or rule is None:
        return ()
    windows = read_window(context).windows
    grouped: dict[tuple[str, str], list[HeldVerdict]] = {}
    for scope_hash, held in frozen_scopes(context).items():
        for freeze in held:
            window_id = freeze.statement.checkpoint.launch_window_id
            grouped.setdefault((scope_hash, window_id), []).append(freeze)
    found = []
    for (scope_hash, window_id), freezes in sorted(grouped.items(), key=lambda item: item[0]):
        voices = ((v.holder, v.statement.key.material, roles_of(policy, v)) for v in freezes)
        if tally(rule, voices).met:
            window = windows.get(window_id)
            of_it = window is not None and window.scope_hash == scope_hash
            found.append(Attempt(scope_hash, window_id, tuple(freezes), window if of_it else None))
    return tuple(found)


def current_attempt(context: Context) -> Attempt | None:
    """The attempt that this run is about; None where there is none, or not exactly one.

    The scope that was asked for, else the one that lies here, else the only one: a launch whose
    packages were changed after the freeze still has its frozen scope. Of one scope in several
    windows it is the one whose window opened last.
    """
    every = attempts(context)
    wanted = context.request.scope or (context.scope.hash if context.scope else "")
    of_it = [a for a in every if a.scope_hash == wanted]
    if not of_it and not context.request.scope and len({a.scope_hash for a in every}) == 1:
        of_it = list(every)
    return max(of_it, key=lambda a: (a.opened_at_unix_ms, a.launch_window_id), default=None)


def scope_of_window(context: Context, window: Utterance | None) -> Scope | None:
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
