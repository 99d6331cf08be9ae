"""The freezes among a launch's verdicts, and which of them are about what lies here."""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy import Policy
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.state.context import Context


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
        stands = context.verdicts.stands(verdict)
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
    rule = verdict_rule(policy)
    return rule is not None and not rule.roles.keys().isdisjoint(roles_of(policy, verdict))


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
