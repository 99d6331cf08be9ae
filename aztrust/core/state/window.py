"""What has become of each scope: frozen, deferred, ended for good. A fold over what was signed.

It does not depend on the order of files or of arrival. What ends something only takes away, and
nothing takes it back (laws 9 and 10): a DEFER ends one window, and its scope may be frozen again in
another; an ABORT, and a final check that found broken truth, end the scope.
"""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.value import field, frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import Policy
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.summary import VERDICT
from aztrust.core.records.window import LaunchAbort, LaunchDefer, LaunchWindow
from aztrust.core.state.context import Context


@frozen
class WindowState:
    """What was said about scopes and windows, as far as it counts.

    Args:
        invalidated: scope hash to what ended it.
        deferred: `launch_window_id` to the record that deferred it.
        windows: `launch_window_id` to the record that opened it.
        open_windows: scope hash to its window that is open, the one opened last.
    """

    invalidated: Mapping[str, VerifiedRecord | HeldVerdict] = field(default_factory=dict)
    deferred: Mapping[str, VerifiedRecord] = field(default_factory=dict)
    windows: Mapping[str, VerifiedRecord] = field(default_factory=dict)
    open_windows: Mapping[str, VerifiedRecord] = field(default_factory=dict)

    def ends(self, verdict: HeldVerdict) -> bool:
        """Whether a verdict's scope or window has ended."""
        statement = verdict.statement
        ended = statement.checkpoint.launch_window_id in self.deferred
        return ended or statement.scope_hash in self.invalidated


def read_window(context: Context) -> WindowState:
    """The state of every scope that a record or verdict here is about."""
    policy = context.policy
    if policy is None:
        return WindowState()
    effective = context.records.effective
    invalidated: dict[str, VerifiedRecord | HeldVerdict] = {
        v.statement.scope_hash: v for v in context.verdicts.verdicts if invalidates(context, v)
    }
    deferred: dict[str, VerifiedRecord] = {}
    windows: dict[str, VerifiedRecord] = {}
    for record in effective.verified:
        body = record.body
        if isinstance(body, LaunchAbort):
            invalidated.setdefault(body.scope_hash, record)
        elif isinstance(body, LaunchDefer):
            deferred.setdefault(body.launch_window_id, record)
        elif isinstance(body, LaunchWindow) and effective.is_effective(record):
            windows.setdefault(body.launch_window_id, record)
    opened: dict[str, VerifiedRecord] = {}
    for window_id, window in sorted(windows.items(), key=lambda item: _opened(item[1])):
        if window_id not in deferred and window.scope_hash not in invalidated:
            opened[window.scope_hash] = window
    return WindowState(invalidated, deferred, windows, opened)


def invalidates(context: Context, verdict: HeldVerdict) -> bool:
    """Whether a verdict ends its scope: a final check that says so, by somebody who may, under the
    policy that the scope names (law 10).
    """
    statement, policy = verdict.statement, context.policy
    checkpoint = statement.checkpoint
    return (
        checkpoint.checkpoint_class == FINAL
        and checkpoint.verdict == "fail"
        and statement.guidance == "ABORT"
        and statement.policy_digest == context.policy_digest
        and policy is not None
        and may_sign(policy, verdict)
    )


def frozen_scopes(context: Context) -> Mapping[str, tuple[HeldVerdict, ...]]:
    """Scope hash to the freezes that hold it: they stand, are of this policy, and have not ended.

    One freeze is enough to be listed, also where the policy wants several: whatever somebody with
    authority began to freeze is not to be changed under them.
    """
    policy = context.policy
    if policy is None or verdict_rule(policy) is None:
        return {}
    state = read_window(context)
    found: dict[str, tuple[HeldVerdict, ...]] = {}
    for verdict in context.verdicts.verdicts:
        if not is_freeze(policy, verdict) or not context.verdicts.is_effective(verdict):
            continue
        if verdict.statement.policy_digest != context.policy_digest or state.ends(verdict):
            continue
        scope = verdict.statement.scope_hash
        found[scope] = (*found.get(scope, ()), verdict)
    return found


def _opened(window: VerifiedRecord) -> tuple[int, str]:
    return window.claimed_unix_ms, window.record_id


@frozen
class Freezes:
    """Freezes that passed, by holders who may sign them, sorted by what they are worth here.

    Args:
        counting: of exactly these files and this policy, and standing.
        taken_back: of exactly these, and revoked, or signed with a revoked key.
        elsewhere: standing, and of another scope, or with other files in this scope's name.
        ended: standing, and of a window that was deferred, or of a scope that was ended.
    """

    counting: tuple[HeldVerdict, ...] = ()
    taken_back: tuple[HeldVerdict, ...] = ()
    elsewhere: tuple[HeldVerdict, ...] = ()
    ended: tuple[HeldVerdict, ...] = ()


def has_freeze(context: Context) -> bool:
    """Whether a freeze was ever recorded here by somebody who may, of any scope, revoked or not.

    From then on being approved is not enough for this launch (design 5, `verify --require`).
    """
    return any(is_freeze(context.policy, verdict) for verdict in context.verdicts.verdicts)


def read_freezes(context: Context) -> Freezes:
    """The freezes among the verdicts. Where there is no scope yet, all that stand are elsewhere."""
    counting: list[HeldVerdict] = []
    taken_back: list[HeldVerdict] = []
    elsewhere: list[HeldVerdict] = []
    ended: list[HeldVerdict] = []
    state = None
    for verdict in context.verdicts.verdicts:
        if not is_freeze(context.policy, verdict):
            continue
        if state is None:
            from aztrust.core.state.window import read_window

            state = read_window(context)
        stands = context.verdicts.is_effective(verdict)
        if state.ends(verdict):
            ended.append(verdict)
        elif _is_of_these_files(context, verdict):
            (counting if stands else taken_back).append(verdict)
        elif stands:
            elsewhere.append(verdict)
    return Freezes(tuple(counting), tuple(taken_back), tuple(elsewhere), tuple(ended))


def is_freeze(policy: Policy | None, verdict: HeldVerdict) -> bool:
    """Whether it is a freeze that passed, by somebody who may sign one."""
    statement = verdict.statement
    is_one = statement.passed and statement.checkpoint.is_freeze
    return is_one and policy is not None and may_sign(policy, verdict)


def may_sign(policy: Policy, verdict: HeldVerdict) -> bool:
    """Whether the verdict's holder has a role that signs verdicts."""
    return VERDICT.is_by_a_role(policy, verdict.holder, verdict.statement)


def roles_of(policy: Policy, verdict: HeldVerdict) -> frozenset[str]:
    """All roles of a verdict's holder."""
    return frozenset(policy.holders[verdict.holder].roles)


def _is_of_these_files(context: Context, verdict: HeldVerdict) -> bool:
    """Whether it names the present scope, and under that name the files that make it up."""
    scope, statement = context.scope, verdict.statement
    if scope is None or statement.scope_hash != scope.hash:
        return False
    if statement.policy_digest != context.policy_digest:
        return False
    from aztrust.core.records.verdict import verdict_subjects

    files = verdict_subjects(context.evidence.manifests, context.manifests["release"])
    return statement.subjects == files
