"""What a change of policy does to `[checklist]`: what the decision has to answer."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.policy.diff_change import Change, Effect
from aztrust.core.policy.model import Policy


def checklist_changes(old: Policy, new: Policy) -> Iterator[Change]:
    """Every change of meaning in `[checklist]`.

    Whether another file asks more or less, its digest does not tell.
    """
    before, after = old.checklist, new.checklist
    if before is None or after is None:
        if before is not after:
            gone = after is None
            message = (
                "the decision needs no checklist" if gone else "the decision needs a checklist"
            )
            yield Change(Effect.LOWER if gone else Effect.RAISED, "checklist", message)
        return
    if before.digest != after.digest:
        message = f"was {before.digest}, now {after.digest}"
        yield Change(Effect.CHANGED, "checklist.digest", message)
