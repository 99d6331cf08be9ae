"""What has become of a launch: one fold over its records and verdicts, under one policy.

The fold does not depend on the order of files. A defer or an abort ends a window by the rows of the
window's table, which ask whether the network had started. What ends something is never taken
back (laws 9 and 10): a DEFER ends one window, and its scope may be frozen again in another; an
ABORT, and a final check that found broken truth, end the scope for good.

Every question about freezes, windows, attempts and blockers is answered from this value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, assert_never

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import field, frozen
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.history.verdictset import HeldVerdict, VerdictSet
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.policy.quorum import count_votes
from aztrust.core.records.bootstrap import ROLE_ACTIVATION
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.summary import VERDICT
from aztrust.core.records.window import LaunchAbort, LaunchWindow
from aztrust.core.state.blockers import Blockers, fold_blockers
from aztrust.core.state.window.definitions import Definitions

if TYPE_CHECKING:
    from aztrust.core.state.window.read import Statements


@frozen
class Attempt:
    """One scope in one window.

    Args:
        scope_hash: what was frozen, or is to be.
        launch_window_id: the window.
        freezes: the verdicts that freeze it and are effective; () where the window is only open.
        window: the record of that window, where there is one of this scope.
        complete: whether all who must sign the freeze have.
    """

    scope_hash: str
    launch_window_id: str
    freezes: tuple[HeldVerdict, ...]
    window: VerifiedRecord | None = None
    complete: bool = True

    @property
    def opened_at_unix_ms(self) -> int:
        """When it began: an answer that was given before that is about another attempt."""
        if self.window is not None:
            return self.window.claimed_unix_ms
        return min(v.statement.checkpoint.timestamp_unix_ms for v in self.freezes)

    @property
    def decide_by_unix_ms(self) -> int | None:
        """Until when what is lacking is waited for; None where the window names no time."""
        return self.window.metadata.decide_by_unix_ms if self.window is not None else None

    @property
    def release_package_id(self) -> str:
        """The release package that it is about, "" where no record here names one."""
        return self.package_id("release")

    def package_id(self, package_class: PackageClass) -> str:
        """The package of a class that it is about, "" where no record here names one."""
        body = self.window.body if self.window is not None else None
        if isinstance(body, LaunchWindow):
            return {
                "release": body.authorized_release_package_id,
                "genesis": body.authorized_genesis_package_id,
            }[package_class]
        named = (s for v in self.freezes for s in v.statement.subjects)
        path = f"manifests/{package_class}.json"
        return next((s.sha256 for s in named if s.name == path), "")


@frozen
class LaunchState:
    """The state of every scope, window and blocker that a record or verdict is about.

    Args:
        invalidated: scope hash to what ended it.
        deferred: `launch_window_id` to the record that deferred it.
        windows: `launch_window_id` to the record that opened it.
        open_windows: scope hash to its window that is open, the one opened last.
        freezes: every freeze that passed, by a holder who may sign one, revoked or not: from the
            first one on being approved is not enough for a launch (design 5).
        frozen: scope hash to the freezes that hold it: effective, of this policy, not ended. One is
            enough to be listed, also where the policy wants several: what a holder with authority
            began to freeze must not change meanwhile.
        attempts: each scope and window that has not ended, in a fixed order.
        blockers: what was opened and closed.
    """

    invalidated: Mapping[str, VerifiedRecord | HeldVerdict] = field(default_factory=dict)
    deferred: Mapping[str, VerifiedRecord] = field(default_factory=dict)
    windows: Mapping[str, VerifiedRecord] = field(default_factory=dict)
    open_windows: Mapping[str, VerifiedRecord] = field(default_factory=dict)
    freezes: tuple[HeldVerdict, ...] = ()
    frozen: Mapping[str, tuple[HeldVerdict, ...]] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    blockers: Blockers = Blockers()

    def ends(self, verdict: HeldVerdict) -> bool:
        """Whether a verdict's scope or window has ended."""
        statement = verdict.statement
        return self.is_over(statement.scope_hash, statement.checkpoint.launch_window_id)

    def is_over(self, scope_hash: str, launch_window_id: str) -> bool:
        """Whether an attempt has ended: its window, or its scope for good."""
        return launch_window_id in self.deferred or scope_hash in self.invalidated

    @property
    def frozen_attempts(self) -> tuple[Attempt, ...]:
        """The attempts that are frozen by all who must sign."""
        return tuple(attempt for attempt in self.attempts if attempt.complete)


def fold_launch(
    policy: Policy,
    policy_digest: str,
    effective: EffectiveRecords,
    verdicts: VerdictSet,
    places: Mapping[tuple[str, str], int],
    now_unix_ms: int,
    definitions: Definitions = Definitions(),
) -> LaunchState:
    """The state that records and verdicts amount to.

    Args:
        policy: says who may freeze, end and close.
        policy_digest: its digest; a verdict under another one holds and ends nothing here.
        effective: the records, with what revocations make of them.
        verdicts: the verdicts, likewise.
        places: identity of a statement to its index in the ledger, {} where there is none.
        now_unix_ms: the time of the run.
        definitions: of the checklist, as they are here.
    """
    invalidated: dict[str, VerifiedRecord | HeldVerdict] = {}
    freezes = tuple(verdict for verdict in verdicts.verdicts if is_freeze(policy, verdict))
    deferred: dict[str, VerifiedRecord] = {}
    opening: list[VerifiedRecord] = []
    blocking: list[VerifiedRecord] = []
    ending: set[tuple[str, str]] = set()
    for record in effective.verified:
        effect = record.descriptor.effect
        match effect:
            case "none":
                continue
            case "opens-window":
                opening.append(record)
            case "ends-window" | "ends-scope":
                ending.add(_window_of(record))
            case "blocks":
                blocking.append(record)
            case _:
                assert_never(effect)
    blockers = fold_blockers(policy, effective, blocking)
    breaking = {_window_of(v) for v in verdicts.verdicts if v.statement.finds_broken_truth}
    revoked = {_window_of(o) for o in opening if not effective.is_effective(o)}
    revoked |= {_window_of(f) for f in freezes if not verdicts.is_effective(f)}
    activated = {_window_of(r) for r in effective.verified if r.kind == ROLE_ACTIVATION.name}
    running: frozenset[tuple[str, str]] = frozenset()
    if ending | breaking | (revoked & activated):
        from aztrust.core.state.window.read import Statements

        statements = Statements(policy_digest, effective, verdicts, blockers, places, definitions)
        deferred, invalidated = _ends(policy, statements, ending | breaking, now_unix_ms)
        running = _running(policy, statements, revoked & activated, now_unix_ms)
    windows: dict[str, VerifiedRecord] = {}
    for record in opening:
        if effective.is_effective(record) or _window_of(record) in running:
            windows.setdefault(record.launch_window_id, record)
    ended = LaunchState(invalidated, deferred)
    open_windows = {
        window.scope_hash: window
        for window in sorted(windows.values(), key=_opened)
        if not ended.is_over(window.scope_hash, window.launch_window_id)
    }
    frozen_now: dict[str, tuple[HeldVerdict, ...]] = {}
    for verdict in freezes:
        of_this_policy = verdict.statement.policy_digest == policy_digest
        counts = verdicts.is_effective(verdict) or _window_of(verdict) in running
        if of_this_policy and counts and not ended.ends(verdict):
            scope = verdict.statement.scope_hash
            frozen_now[scope] = (*frozen_now.get(scope, ()), verdict)
    return LaunchState(
        invalidated=invalidated,
        deferred=deferred,
        windows=windows,
        open_windows=open_windows,
        freezes=freezes,
        frozen=frozen_now,
        attempts=tuple(_attempts(policy, windows, open_windows, frozen_now)),
        blockers=blockers,
    )


def _window_of(signed: VerifiedRecord | HeldVerdict) -> tuple[str, str]:
    """Scope hash and window that a statement is about."""
    if isinstance(signed, HeldVerdict):
        return signed.statement.scope_hash, signed.launch_window_id
    return signed.scope_hash, signed.launch_window_id


def _running(
    policy: Policy, statements: Statements, about: set[tuple[str, str]], now_unix_ms: int
) -> frozenset[tuple[str, str]]:
    """Those of the windows whose network has started: a revocation does not undo that."""
    from aztrust.core.state.window.read import read_window

    return frozenset(
        (scope_hash, window_id)
        for scope_hash, window_id in sorted(about)
        if read_window(policy, statements, scope_hash, window_id, now_unix_ms).has_started
    )


def _ends(
    policy: Policy, statements: Statements, about: set[tuple[str, str]], now_unix_ms: int
) -> tuple[dict[str, VerifiedRecord], dict[str, VerifiedRecord | HeldVerdict]]:
    """What deferred each of these windows, and what ended each scope.

    The table of the window decides: a network that has started is not deferred, and broken truth
    does not end its scope.
    """
    from aztrust.core.state.window.read import read_window

    deferred: dict[str, VerifiedRecord] = {}
    invalidated: dict[str, VerifiedRecord | HeldVerdict] = {}
    for scope_hash, window_id in sorted(about):
        window = read_window(policy, statements, scope_hash, window_id, now_unix_ms)
        for step in window.steps:
            found = step.source.first
            if "scope-invalidated" in step.row.sets and isinstance(found, HeldVerdict):
                invalidated.setdefault(scope_hash, found)
        end = window.ended_by
        if end is not None and window.status == "DEFERRED":
            deferred[window_id] = end
        elif end is not None:
            invalidated.setdefault(scope_hash, end)
    return deferred, invalidated


def is_freeze(policy: Policy | None, verdict: HeldVerdict) -> bool:
    """Whether it is a freeze that passed, by a holder who may sign one."""
    statement = verdict.statement
    is_one = statement.passed and statement.checkpoint.is_freeze
    return is_one and policy is not None and may_sign(policy, verdict)


def may_sign(policy: Policy, verdict: HeldVerdict) -> bool:
    """Whether the verdict's holder has a role that signs verdicts."""
    return VERDICT.is_by_a_role(policy, verdict.holder, verdict.statement)


def roles_of(policy: Policy, verdict: HeldVerdict) -> frozenset[str]:
    """All roles of a verdict's holder."""
    return frozenset(policy.holders[verdict.holder].roles)


def _attempts(
    policy: Policy,
    windows: Mapping[str, VerifiedRecord],
    open_windows: Mapping[str, VerifiedRecord],
    frozen_now: Mapping[str, tuple[HeldVerdict, ...]],
) -> Iterator[Attempt]:
    rule = verdict_rule(policy)
    grouped: dict[tuple[str, str], tuple[HeldVerdict, ...]] = {}
    for scope_hash, held in frozen_now.items():
        for freeze in held:
            key = (scope_hash, freeze.statement.checkpoint.launch_window_id)
            grouped[key] = (*grouped.get(key, ()), freeze)
    for scope_hash, window in open_windows.items():
        grouped.setdefault((scope_hash, window.launch_window_id), ())
    for (scope_hash, window_id), held in sorted(grouped.items(), key=lambda item: item[0]):
        votes = ((v.holder, v.statement.key.material, roles_of(policy, v)) for v in held)
        found = windows.get(window_id)
        # A freeze may cite any window; only one of its own scope gives the attempt its times.
        own_window = found if found is not None and found.scope_hash == scope_hash else None
        complete = rule is not None and bool(held) and count_votes(rule, votes).met
        yield Attempt(scope_hash, window_id, held, own_window, complete=complete)


def _opened(window: VerifiedRecord) -> tuple[int, str]:
    return window.claimed_unix_ms, window.record_id


def invalidated_finding(scope_hash: str, ended: VerifiedRecord | HeldVerdict) -> Finding:
    """The finding wherever an ended scope is met."""
    how = "in a final check that found broken truth"
    if isinstance(ended, VerifiedRecord) and isinstance(ended.body, LaunchAbort):
        how = f"by an abort: {ended.body.trigger}"
    return Finding(
        "scope-invalidated",
        "launch scope",
        f"{ended.holder} ended this scope, {how}; nothing revives it",
        actual=scope_hash,
        mend="a changed package makes a new scope: seal, approve and freeze it",
    )
