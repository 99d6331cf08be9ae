"""The five rollback criteria: the policy's, held against those of the checklist (RC-C.rollback).

The policy may be stricter, never looser. What counts in block times needs a block time, and a
criterion that the policy gives up is not applicable for its reason.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.checklist.definitions import Item
from aztrust.core.judge.checklist.outcome import Asked, Computation, Outcome
from aztrust.core.policy.window_limits import (
    ROLLBACK_BOUNDS,
    Criterion,
    rollback_criteria,
    rollback_table,
)
from aztrust.core.policy.window_tables import RollbackTable

_COUNTS_IN_BLOCK_TIMES: Final = ("halt", "cadence")


def criterion(name: Criterion) -> Computation:
    """The computation of one criterion."""

    def computed(asked: Asked, _: Item) -> Outcome:
        return _of(asked, name)

    return computed


def _of(asked: Asked, name: Criterion) -> Outcome:
    policy = asked.context.policy
    if policy is None:
        return Outcome("unknown", "the policy cannot be read")
    rests_on = (asked.context.policy_digest,)
    own, source = getattr(rollback_table(policy), name), getattr(_SOURCE, name)
    reason = getattr(own, "not_applicable", None)
    if reason is not None:
        return Outcome("not-applicable", f"the policy gives it up: {reason}", rests_on)
    looser = [
        f"[rollback.{name}] {key} = {getattr(own, key)}, and the checklist has"
        f" {getattr(source, key)}"
        for (table, key), bound in ROLLBACK_BOUNDS.items()
        if table == name and bound.allows(str(getattr(own, key)), str(getattr(source, key)))
    ]
    if looser:
        return Outcome("fail", "; ".join(looser), rests_on)
    if name in _COUNTS_IN_BLOCK_TIMES and policy.steady is None:
        text = "the policy has no [steady] block_interval, in which it is counted"
        return Outcome("fail", text, rests_on)
    return Outcome("pass", rollback_criteria(policy)[name], rests_on)


_SOURCE: Final = RollbackTable.model_construct()
"""The numbers of the checklist are the defaults of the table."""
