"""The attempt that final checks are about: one frozen scope in one launch window (design 2).

Its scope is the frozen one, which after a drift is another than what lies here now: that is what a
final check then says, and whose end it signs.
"""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import Policy
from aztrust.core.policy.quorum import ApprovalRule, Vote, count_votes
from aztrust.core.policy.scope import Scope
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import LaunchWindow
from aztrust.core.state.context import Context
from aztrust.core.state.window import frozen_scopes, read_freezes, read_window, roles_of


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
    window: VerifiedRecord | None = None

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
        votes = ((v.holder, v.statement.key.material, roles_of(policy, v)) for v in freezes)
        if count_votes(rule, votes).met:
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
    deferred: tuple[VerifiedRecord, ...]
    ended: tuple[tuple[str, VerifiedRecord | HeldVerdict], ...]
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


def windows_standing(context: Context) -> WindowSummary:
    """What is frozen, and what has ended; of packages, only what their manifests say."""
    state = read_window(context)
    rule = verdict_rule(context.policy) if context.policy is not None else None
    return WindowSummary(
        context.scope.hash if context.scope is not None else "",
        open_attempts(context),
        tuple(sorted(state.deferred.values(), key=lambda u: (u.claimed_unix_ms, u.record_id))),
        tuple(sorted(state.invalidated.items())),
        sum(rule.roles.values()) if rule is not None else 0,
    )


@frozen
class Signatures:
    """A count against the policy's `[verdicts]`; `missing` has one phrase for each role."""

    have: int = 0
    need: int = 0
    missing: tuple[str, ...] = ()
    met: bool = False


def freeze_signatures(
    context: Context, also: tuple[str, VerificationMaterial] | None = None
) -> Signatures:
    """Who has frozen the scope that lies here, counted as verification does.

    Args:
        context: the launch.
        also: a holder and a key that are about to.
    """
    policy = context.policy
    rule = verdict_rule(policy) if policy is not None else None
    if policy is None or rule is None:
        return Signatures()
    votes = [
        (v.holder, v.statement.key.material, roles_of(policy, v))
        for v in read_freezes(context).counting
    ]
    if also is not None:
        holder, key = also
        votes.append((holder, key.material, frozenset(policy.holders[holder].roles)))
    return _counted(policy, rule, votes)


def final_signatures(
    context: Context, attempt: Attempt, also: tuple[str, VerificationMaterial | None] | None = None
) -> Signatures:
    """Who has said that the final checks of an attempt passed.

    Of each holder its last word counts: a pass that its signer did not repeat is none.

    Args:
        context: the launch.
        attempt: the scope and window.
        also: a holder who is about to say something, and its key, None where that is no pass.
    """
    policy = context.policy
    rule = verdict_rule(policy) if policy is not None else None
    if policy is None or rule is None:
        return Signatures()
    last = {
        v.holder: v
        for v in sorted(context.verdicts.verdicts, key=_when)
        if v.statement.checkpoint.checkpoint_class == FINAL
        and v.statement.checkpoint.launch_window_id == attempt.launch_window_id
        and v.statement.scope_hash == attempt.scope_hash
    }
    votes: list[Vote] = []
    if also is not None:
        holder, key = also
        last.pop(holder, None)
        if key is not None:
            votes.append((holder, key.material, frozenset(policy.holders[holder].roles)))
    votes += (
        (v.holder, v.statement.key.material, roles_of(policy, v))
        for v in last.values()
        if v.statement.passed and context.verdicts.is_effective(v)
    )
    return _counted(policy, rule, votes)


def _when(verdict: HeldVerdict) -> tuple[int, bool, str]:
    statement = verdict.statement
    return statement.checkpoint.timestamp_unix_ms, not statement.passed, verdict.record_id


def _counted(policy: Policy, rule: ApprovalRule, votes: list[Vote]) -> Signatures:
    result = count_votes(rule, votes)
    have = {
        role: sum(role in policy.holders[holder].roles for holder in result.holders)
        for role in rule.roles
    }
    missing = tuple(
        f"{role} ({' or '.join(policy.holders_of_role(role)) or 'nobody has it'})"
        for role in result.missing_roles
    )
    count = sum(min(have[role], needed) for role, needed in rule.roles.items())
    return Signatures(count, sum(rule.roles.values()), missing, result.met)
