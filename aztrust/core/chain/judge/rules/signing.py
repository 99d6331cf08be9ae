"""Whether a silent node still signs: what sets blindness apart from a role that is missing."""

from __future__ import annotations

from typing import Literal

from aztrust.core.chain.judge.view import Silent, View

Signing = Literal["signing", "absent", "soon", "unknown"]
"""`soon`: the next commit will show it."""


def is_signing(view: View, silent: Silent) -> Signing:
    """Whether the validator of a silent node takes part.

    A node that never answered may have any validator that no other node has. If all of those are
    absent, so is its own.

    Args:
        view: at this moment.
        silent: one of `view.silent`.
    """
    own, since = view.validators_of(silent.node) & view.powers.keys(), silent.since_ms
    if not own:
        return "unknown"
    # A commit that is seen after the silence began may have been signed before it.
    begun = max(since, min(view.graced_ms, view.at_ms - view.limits.silent_ms))
    later = [seen.votes for seen in view.memory.votes if seen.time_ms > begun]
    if later:
        absent = later[-1].absent
        if absent is None:
            return "unknown"
        if own <= set(absent):
            return "absent"
        return "unknown" if own & set(absent) else "signing"
    if view.limits.is_checkpoint:
        # Its epoch shows it, which ends much later.
        return "unknown"
    risen = view.memory.risen_ms
    if risen is not None and since < risen and view.at_ms - risen <= view.limits.silent_ms:
        # The commit of the first block after the silence comes with the block after it.
        return "soon"
    return _in_unfinished(view)


def _in_unfinished(view: View) -> Signing:
    """By the votes of a height that does not finish: whether the power of all silent is missing."""
    stuck = view.memory.stuck
    total = sum(view.powers.values())
    if not view.is_stuck or stuck is None or not view.fresh or total <= 0:
        return "unknown"
    missing = {one for silent in view.silent.values() for one in view.validators_of(silent.node)}
    power = sum(view.powers.get(one, 0) for one in missing)
    return "absent" if (1 - stuck.voted) * total >= power else "unknown"
