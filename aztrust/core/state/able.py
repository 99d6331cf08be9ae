"""Who is left to act: the holders of a role who have a key that was not revoked.

What a revoked key signs counts nowhere. A message that names who may do something asks here, so
that no advice is for a holder who cannot follow it.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.advice import Advice
from aztrust.core.policy.authority import able_holders, keys_left
from aztrust.core.state.context import Context, require_policy


def able_in(context: Context, *roles: str) -> tuple[str, ...]:
    """The holders with one of these roles and a key that counts, sorted."""
    return able_holders(require_policy(context), roles, context.revoked_keys)


def named_role(context: Context, role: str) -> str:
    """A role, and who is left to act in it: `release-manager (rita or gabi)`."""
    if not require_policy(context).holders_of_role(role):
        return f"{role} (no holder has it)"
    return f"{role} ({' or '.join(able_in(context, role)) or 'no holder is left for it'})"


def advise_roles(context: Context, typed: str, *roles: str) -> str:
    """What a holder of one of these roles does, as `advise` has it."""
    return advise(context, typed, able_in(context, *roles), roles)


def advise(context: Context, typed: str, names: Iterable[str], roles: Iterable[str]) -> str:
    """What these holders do, with the keys that count; where none is left, what helps instead.

    Args:
        context: the launch.
        typed: what they do, a command.
        names: who can, as `able_in` finds them.
        roles: what they are asked as.
    """
    by = keys_left(require_policy(context), names, context.revoked_keys)
    if by:
        return Advice(typed, by)
    return (
        f"no holder of {' or '.join(sorted(roles))} has a key that counts: the launch needs a"
        " policy that lists a new key, and has another anchor"
    )
