"""The five rollback criteria of the checklist (RC-C): met, not met, or unknown."""

from __future__ import annotations

from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.thresholds import Thresholds
from aztrust.core.policy.window_limits import Criterion

State = Literal["met", "not-met", "unknown", "not-applicable"]
"""Unknown is neither of the first two, and never counts as one of them."""

CRITERIA: Final[tuple[Criterion, ...]] = (
    "halt",
    "participation",
    "cadence",
    "errors",
    "reconciliation",
)


@frozen
class CriterionState:
    """What is known of one criterion.

    Args:
        criterion: by the name of its table in `[rollback]`.
        state: what is known.
        detail: what was seen, "" where nothing is to be reported.
    """

    criterion: Criterion
    state: State
    detail: str


def criteria(memory: Memory, limits: Thresholds) -> tuple[CriterionState, ...]:
    """All five, after `judge` has looked.

    Args:
        memory: of the last call.
        limits: of the same call.
    """
    return tuple(_state(memory, limits, name) for name in CRITERIA)


def _state(memory: Memory, limits: Thresholds, name: Criterion) -> CriterionState:
    if (name == "errors" and limits.errors is None) or (
        name == "reconciliation" and limits.reconciliation is None
    ):
        return CriterionState(name, "not-applicable", "")
    if name in ("halt", "cadence") and limits.target_ms is None:
        return CriterionState(name, "unknown", "the policy has no [steady] block_interval")
    if not any(node.good is not None for node in memory.nodes.values()):
        return CriterionState(name, "unknown", "no node has answered")
    run = memory.runs.get((f"rollback-{name}", "network"))
    if run is None:
        return CriterionState(name, "not-met", "")
    if not run.condition.known:
        return CriterionState(name, "unknown", run.condition.detail)
    return CriterionState(name, "met" if run.is_due else "not-met", run.condition.detail)
