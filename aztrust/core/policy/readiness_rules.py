"""The thresholds of `[readiness]` as numbers, and what they tolerate (AZ-24.2, AZ-24.3)."""

from __future__ import annotations

from aztrust.core.base.rates import WHOLE, parse_percent
from aztrust.core.base.times import parse_duration
from aztrust.core.base.value import frozen
from aztrust.core.policy.model import Policy


@frozen
class ReadinessRules:
    """What operators have to reach.

    Args:
        min_power: the least share of the voting power that is ready, in millionths; None for none.
        min_notaries: how many operators with the role of a notary are ready.
        notary_role, observer_role: what these roles are called.
        mandatory: the operators that must be ready, sorted.
        observers_may_wait: whether operators that only observe are not waited for.
        max_age_ms: how long a confirmation counts.
        collapse: below which share of the power a launch that was ready is aborted, in
            millionths; None for never.
    """

    min_power: int | None = None
    min_notaries: int = 0
    notary_role: str = "notary"
    observer_role: str = "observer"
    mandatory: tuple[str, ...] = ()
    observers_may_wait: bool = True
    max_age_ms: int = 3_600_000
    collapse: int | None = None

    @property
    def has_operator_threshold(self) -> bool:
        """Whether a number says which operators are enough."""
        return self.min_power is not None or bool(self.mandatory)

    @property
    def has_role_threshold(self) -> bool:
        """Whether a number says which roles are enough."""
        return self.min_notaries > 0 or not self.observers_may_wait

    @property
    def has_threshold(self) -> bool:
        """Whether there is anything to reach."""
        return self.has_operator_threshold or self.has_role_threshold


def readiness_rules(policy: Policy) -> ReadinessRules:
    """The numbers of a policy's `[readiness]`."""
    table = policy.readiness
    return ReadinessRules(
        min_power=_share(table.min_power),
        min_notaries=table.min_notaries,
        notary_role=table.notary_role,
        observer_role=table.observer_role,
        mandatory=tuple(sorted(set(table.mandatory))),
        observers_may_wait=table.observers_may_wait,
        max_age_ms=parse_duration(table.max_age),
        collapse=_share(table.collapse),
    )


def _share(text: str | None) -> int | None:
    return parse_percent(text) if text is not None else None


def may_leave(min_power: int) -> int:
    """How much of the power may leave a network that started with just enough, in millionths.

    What stays must be more than two thirds of all power, or no block is final. 0 for nothing.

    >>> may_leave(670_000), may_leave(900_000), may_leave(666_667)
    (3333, 233333, 0)
    """
    return max((3 * min_power - 2 * WHOLE - 1) // 3, 0)
