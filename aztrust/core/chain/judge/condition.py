"""What a rule finds at one moment, and how long it has been so."""

from __future__ import annotations

from fractions import Fraction

from aztrust.core.base.value import frozen
from aztrust.core.chain.judge.signals import NETWORK, Suggestion
from aztrust.core.policy.anomalies import AnomalyClass


@frozen
class Condition:
    """Something that a rule finds true now.

    Args:
        detail: what is seen, in a sentence for people.
        subject: what it is about; with the rule's code it is one matter over time.
        nodes: the nodes that are affected, or that show it.
        validators: affected validators that no node of the list has.
        power: the affected share of power; None: that of `nodes` and `validators`.
        evidence: digests of responses; those of the nodes' last answers are added.
        lasting_ms: it becomes a signal after it was true for longer than this.
        since_ms: since when, where that is known better than by the first look.
        known: False where it may be true and cannot be seen now: its time stops, and no signal
            begins.
        sticky: whether it must be explained even when it is over.
        height: the block that shows it. While what its nodes reported about that block is known,
            a sticky condition that is not found any more was not one.
        anomaly: its class, where the cause makes it another one than the rule's.
        guidance: what is suggested whatever the power, where the rule has no better measure.
        at_least: the mildest suggestion.
    """

    detail: str
    subject: str = NETWORK
    nodes: tuple[str, ...] = ()
    validators: tuple[str, ...] = ()
    power: Fraction | None = None
    evidence: tuple[str, ...] = ()
    lasting_ms: int = 0
    since_ms: int | None = None
    known: bool = True
    sticky: bool = False
    height: int | None = None
    anomaly: AnomalyClass | None = None
    guidance: Suggestion | None = None
    at_least: Suggestion = "CONTINUE"


@frozen
class Run:
    """A condition over time.

    Args:
        condition: as it was found last; a sticky one as it affected most power.
        since_ms: when it was found first without a break.
        seen_ms: when it was looked for last.
        lasted_ms: for how long it is known to be true: between two looks that both found it.
        active: whether the last look found it.
        power: the share of power that it affects.
    """

    condition: Condition
    since_ms: int
    seen_ms: int
    lasted_ms: int
    active: bool
    power: Fraction | None

    @property
    def is_due(self) -> bool:
        """Whether it has been true for long enough. What is unknown now is not due."""
        limit = self.condition.lasting_ms
        return self.condition.known and (limit == 0 or self.lasted_ms > limit)


def next_run(before: Run | None, found: Condition, power: Fraction | None, now: int) -> Run:
    """The run of a condition that was found now, or that may be true and cannot be seen."""
    since = found.since_ms if found.since_ms is not None else now
    # What was only possible until now begins now.
    if before is None or (before.lasted_ms == 0 and found.known and not before.condition.known):
        return Run(found, since, now, 0, True, power)
    lasted = before.lasted_ms
    if found.known and before.condition.known and before.active:
        lasted += max(0, now - before.seen_ms)
    if found.sticky and before.condition.anomaly == found.anomaly and not _grew(before, power):
        found, power = before.condition, before.power
    return Run(found, min(since, before.since_ms), now, lasted, True, power)


def _grew(before: Run, power: Fraction | None) -> bool:
    return power is not None and (before.power is None or power > before.power)
