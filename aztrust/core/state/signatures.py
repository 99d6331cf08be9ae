"""How many of the verdicts that a checkpoint needs there are, and who is missing."""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import PublicKey
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy import ApprovalRule, Policy
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.quorum import Voice, tally
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.state.attempt import Attempt
from aztrust.core.state.context import Context
from aztrust.core.state.freezes import read_freezes, roles_of


@frozen
class Signatures:
    """A count against the policy's `[verdicts]`; `missing` has one phrase for each role."""

    have: int = 0
    need: int = 0
    missing: tuple[str, ...] = ()
    met: bool = False


def freeze_signatures(context: Context, also: tuple[str, PublicKey] | None = None) -> Signatures:
    """Who has frozen the scope that lies here, counted as verification does.

    Args:
        context: the launch.
        also: a holder and a key that are about to.
    """
    policy = context.policy
    rule = verdict_rule(policy) if policy is not None else None
    if policy is None or rule is None:
        return Signatures()
    voices = [
        (v.holder, v.statement.key.material, roles_of(policy, v))
        for v in read_freezes(context).counting
    ]
    if also is not None:
        holder, key = also
        voices.append((holder, key.material, frozenset(policy.holders[holder].roles)))
    return _counted(policy, rule, voices)


def final_signatures(
    context: Context, attempt: Attempt, also: tuple[str, PublicKey | None] | None = None
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
    voices: list[Voice] = []
    if also is not None:
        holder, key = also
        last.pop(holder, None)
        if key is not None:
            voices.append((holder, key.material, frozenset(policy.holders[holder].roles)))
    voices += (
        (v.holder, v.statement.key.material, roles_of(policy, v))
        for v in last.values()
        if v.statement.passed and context.verdicts.stands(v)
    )
    return _counted(policy, rule, voices)


def _when(verdict: HeldVerdict) -> tuple[int, bool, str]:
    statement = verdict.statement
    return statement.checkpoint.timestamp_unix_ms, not statement.passed, verdict.record_id


def _counted(policy: Policy, rule: ApprovalRule, voices: list[Voice]) -> Signatures:
    result = tally(rule, voices)
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
