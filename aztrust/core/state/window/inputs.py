"""What a step rests on, and where a signed act is: both are read from the state of a window."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.policy.quorum import Quorum
from aztrust.core.state.window.facts import Fact
from aztrust.core.state.window.row import Trigger
from aztrust.core.state.window.state import Signed, WindowState
from aztrust.core.state.window.table import TABLE

ALWAYS: Final[frozenset[Fact]] = frozenset({"frozen", "final-checks-passed"})
"""What every positive act rests on, as far as it is there."""

VARIANTS: Final[dict[Trigger, tuple[Trigger, ...]]] = {
    "activate-next": ("activate-first", "activate-next", "activate-last")
}
"""A record that is one of several steps, by when it is made."""


def inputs_of(state: WindowState, trigger: Trigger) -> tuple[str, ...]:
    """The ids of the records and verdicts that a step would rest on, sorted.

    That is what last set each fact that a row of this trigger asks for, and that is still there.
    """
    triggers = VARIANTS.get(trigger, (trigger,))
    wanted = ALWAYS | {
        need.fact for row in TABLE if row.trigger in triggers for need in row.needs if need.wanted
    }
    return tuple(sorted({id_ for fact in wanted for id_ in set_by(state, fact)}))


def set_by(state: WindowState, fact: Fact) -> tuple[str, ...]:
    """The ids of what last set a fact that is there; () for one that is not, or that none sets."""
    if fact not in state.facts:
        return ()
    sources = [step.source for step in state.steps if fact in step.row.sets]
    return tuple(record.record_id for record in sources[-1].records) if sources else ()


def final_check(state: WindowState) -> Signed | None:
    """The final check that passed and is in force; None where none is."""
    if "final-checks-passed" not in state.facts:
        return None
    passed = [s.source.first for s in state.steps if "final-checks-passed" in s.row.sets]
    return passed[-1] if passed else None


@frozen
class SignedAct:
    """Where a record is that others may have signed.

    Args:
        holders: who has signed it, in their order.
        quorum: the count against its rule; None where no rule applies now.
        in_effect: whether it took effect.
        findings: what keeps it from that besides signatures.
    """

    holders: tuple[str, ...] = ()
    quorum: Quorum | None = None
    in_effect: bool = False
    findings: tuple[Finding, ...] = ()


def signed_act(state: WindowState, record_id: str) -> SignedAct:
    """Where a record is in a window."""
    for step in state.steps:
        if step.source.first.record_id == record_id:
            return SignedAct(step.source.holders, in_effect=True)
    for act in state.waiting:
        if act.source.first.record_id == record_id:
            return SignedAct(act.source.holders, act.quorum, findings=act.missing)
    for unused in state.unused:
        if unused.source.first.record_id == record_id:
            return SignedAct(unused.source.holders, findings=unused.findings)
    return SignedAct()
