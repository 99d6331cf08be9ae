"""The freezes of the scope that is here, and who has signed which checkpoint."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import Policy
from aztrust.core.policy.quorum import ApprovalRule, Quorum, Vote, count_votes
from aztrust.core.records.checkpoint import FINAL, CheckpointClass
from aztrust.core.state.able import named_role
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt, may_sign, roles_of
from aztrust.core.state.pending import with_waiting


@frozen
class Signatures:
    """A count against the policy's `[verdicts]`; `missing` has one phrase for each role.

    `pending` are the holders whose signed verdict waits for the ledger: they are not missing.
    """

    have: int = 0
    need: int = 0
    missing: tuple[str, ...] = ()
    met: bool = False
    pending: tuple[str, ...] = ()


def freeze_signatures(
    context: Context, also: tuple[str, VerificationMaterial] | None = None
) -> Signatures:
    """Who has frozen the scope of the packages and policy here, counted as verification does.

    Args:
        context: the launch.
        also: a holder who is about to sign, and its key.
    """
    policy = context.policy
    rule = verdict_rule(policy) if policy is not None else None
    if policy is None or rule is None:
        return Signatures()
    votes = _freeze_votes(context, policy)
    then = with_waiting(context)
    later = votes if then is context else _freeze_votes(then, policy)
    if also is not None:
        holder, key = also
        own = (holder, key.material, frozenset(policy.holders[holder].roles))
        votes, later = [*votes, own], [*later, own]
    return _counted(context, policy, rule, votes, later)


def final_signatures(
    context: Context,
    attempt: Attempt,
    also: tuple[str, VerificationMaterial | None] | None = None,
    checkpoint_class: CheckpointClass = FINAL,
) -> Signatures:
    """Who has signed that a checkpoint of an attempt passed; by default its final checks.

    Of each holder the last verdict counts: a pass that a later verdict by its signer does not
    repeat does not count.

    Args:
        context: the launch.
        attempt: the scope and window.
        also: a holder who is about to sign, and its key, None where that is not a pass.
        checkpoint_class: which checkpoint.
    """
    policy = context.policy
    rule = verdict_rule(policy) if policy is not None else None
    if policy is None or rule is None:
        return Signatures()
    then = with_waiting(context)
    votes = _final_votes(context, policy, attempt, also, checkpoint_class)
    later = votes
    if then is not context:
        later = _final_votes(then, policy, attempt, also, checkpoint_class)
    return _counted(context, policy, rule, votes, later)


def _freeze_votes(context: Context, policy: Policy) -> list[Vote]:
    return [
        (v.holder, v.statement.key.material, roles_of(policy, v))
        for v in read_freezes(context).counting
    ]


def _final_votes(
    context: Context,
    policy: Policy,
    attempt: Attempt,
    also: tuple[str, VerificationMaterial | None] | None,
    checkpoint_class: CheckpointClass = FINAL,
) -> list[Vote]:
    last = {
        v.holder: v
        for v in sorted(context.verdicts.verdicts, key=_when)
        if v.statement.checkpoint.checkpoint_class == checkpoint_class
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
    return votes


def _when(verdict: HeldVerdict) -> tuple[int, bool, str]:
    statement = verdict.statement
    return statement.checkpoint.timestamp_unix_ms, not statement.passed, verdict.record_id


def _counted(
    context: Context, policy: Policy, rule: ApprovalRule, votes: list[Vote], later: list[Vote]
) -> Signatures:
    """The count of the votes, and who of the later ones only waits for the ledger."""
    result, then = count_votes(rule, votes), count_votes(rule, later)
    have = {
        role: sum(role in policy.holders[holder].roles for holder in result.holders)
        for role in rule.roles
    }
    missing = tuple(named_role(context, role) for role in then.missing_roles)
    count = sum(min(have[role], needed) for role, needed in rule.roles.items())
    pending = tuple(sorted(then.holders - result.holders))
    return Signatures(count, sum(rule.roles.values()), missing, result.met, pending)


@frozen
class Freezes:
    """Freezes that passed, by holders who may sign them, grouped by whether they count here.

    Args:
        counting: of exactly these files and this policy, effective, and of one window: signers of
            two windows did not sign one freeze. A window with all required signatures comes before
            one without; among equal ones the window that opened last is used.
        other_windows: the same, of any other window.
        taken_back: of exactly these, and revoked, or signed with a revoked key.
        elsewhere: effective, and of another scope, or with other files in this scope's name.
        ended: effective, and of a window that was deferred, or of a scope that was ended.
    """

    counting: tuple[HeldVerdict, ...] = ()
    other_windows: tuple[HeldVerdict, ...] = ()
    taken_back: tuple[HeldVerdict, ...] = ()
    elsewhere: tuple[HeldVerdict, ...] = ()
    ended: tuple[HeldVerdict, ...] = ()


def read_freezes(context: Context) -> Freezes:
    """The freezes among the verdicts. Without a scope all effective ones are `elsewhere`."""
    of_these: list[HeldVerdict] = []
    taken_back: list[HeldVerdict] = []
    elsewhere: list[HeldVerdict] = []
    ended: list[HeldVerdict] = []
    for verdict in context.state.freezes:
        effective = context.verdicts.is_effective(verdict)
        if context.state.ends(verdict):
            ended.append(verdict)
        elif _is_of_these_files(context, verdict):
            (of_these if effective else taken_back).append(verdict)
        elif effective:
            elsewhere.append(verdict)
    window = _leading_window(context, of_these)
    return Freezes(
        counting=tuple(v for v in of_these if v.launch_window_id == window),
        other_windows=tuple(v for v in of_these if v.launch_window_id != window),
        taken_back=tuple(taken_back),
        elsewhere=tuple(elsewhere),
        ended=tuple(ended),
    )


def is_answered(context: Context, verdict: HeldVerdict, freezes: Freezes) -> bool:
    """Whether the holder of a revoked freeze froze again, and rested that on every revocation.

    A revoked key says nothing against the scope: the threshold decides without it.
    """
    known = {
        (again.holder, record_id)
        for again in freezes.counting
        for record_id in again.statement.rests_on
    }
    revocations = context.verdicts.revocations_of(verdict)
    return all((verdict.holder, r.record_id) in known for r in revocations)


def passed_finals(context: Context, attempt: Attempt) -> tuple[HeldVerdict, ...]:
    """The final checks of an attempt that passed and are effective, by holders who may sign one."""
    policy = context.policy
    return tuple(
        v
        for v in context.verdicts.verdicts
        if v.statement.checkpoint.checkpoint_class == FINAL
        and v.launch_window_id == attempt.launch_window_id
        and v.statement.scope_hash == attempt.scope_hash
        and v.statement.passed
        and context.verdicts.is_effective(v)
        and policy is not None
        and may_sign(policy, v)
    )


def final_quorum(context: Context, policy: Policy, rule: ApprovalRule, attempt: Attempt) -> Quorum:
    """The votes of final checks of an attempt that passed."""
    return count_votes(rule, _final_votes(context, policy, attempt, None))


def freeze_quorum(policy: Policy, rule: ApprovalRule, freezes: Iterable[HeldVerdict]) -> Quorum:
    """The votes of freezes, which must be of one window."""
    return count_votes(rule, ((v.holder, v.key.material, roles_of(policy, v)) for v in freezes))


def _leading_window(context: Context, freezes: Iterable[HeldVerdict]) -> str:
    """The window whose freezes count, "" where there is none."""
    policy = context.policy
    rule = verdict_rule(policy) if policy is not None else None
    if policy is None or rule is None:
        return ""
    grouped: dict[str, list[HeldVerdict]] = {}
    for verdict in freezes:
        grouped.setdefault(verdict.launch_window_id, []).append(verdict)
    opened = {a.launch_window_id: a.opened_at_unix_ms for a in context.state.attempts}
    ranked = (
        (freeze_quorum(policy, rule, held).met, opened.get(window, 0), window)
        for window, held in grouped.items()
    )
    return max(ranked, default=(False, 0, ""))[2]


def _is_of_these_files(context: Context, verdict: HeldVerdict) -> bool:
    """Whether it names the present scope and policy, and lists exactly the files of that scope."""
    scope, statement = context.scope, verdict.statement
    if scope is None or statement.scope_hash != scope.hash:
        return False
    if statement.policy_digest != context.policy_digest:
        return False
    from aztrust.core.records.verdict import verdict_subjects

    files = verdict_subjects(context.evidence.manifests, context.manifests["release"])
    return statement.subjects == files
