"""How many of the verdicts that a freeze needs there are, and who is missing."""

from __future__ import annotations

from aztrust.core.context import Context
from aztrust.core.freezes import read_freezes, roles_of
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.signed.keys import PublicKey
from aztrust.core.signed.threshold import tally
from aztrust.core.value import frozen


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
