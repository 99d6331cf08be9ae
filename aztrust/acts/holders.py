"""A holder by the name that a person types."""

from __future__ import annotations

from aztrust.core.base.errors import UsageError
from aztrust.core.base.nearest import nearest
from aztrust.core.base.paths import escape
from aztrust.core.policy.model import Policy


def require_holder(policy: Policy, name: str, option: str) -> None:
    """Refuse a name that the policy does not have.

    Args:
        policy: whose holders are meant.
        name: as typed.
        option: where it was typed.

    Raises:
        UsageError: the policy names no such holder; the mend names the nearest.
    """
    if name in policy.holders:
        return
    holders = sorted(policy.holders)
    near = nearest(name.lower(), holders, 2)
    raise UsageError(
        f"{escape(name)[:80]} is not a holder of this policy",
        subject=option,
        mend=f"did you mean {' or '.join(near)}?" if near else f"holders: {', '.join(holders)}",
    )
