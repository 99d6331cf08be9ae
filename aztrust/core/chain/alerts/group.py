"""All alert rules of a policy: a function of its bytes, so that others can make the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.chain.alerts.alert import Alert, AlertGroup, Maker
from aztrust.core.chain.alerts.nodes import cometbft
from aztrust.core.chain.alerts.observed import band, blindness, error_rate, signals
from aztrust.core.chain.alerts.promql import is_selector
from aztrust.core.chain.alerts.rollback import left_out, rollback
from aztrust.core.chain.judge.thresholds import Phase, thresholds_of
from aztrust.core.policy.model import Policy

_PHASES: Final[tuple[Phase, ...]] = ("early", "steady")


def alert_group(policy: Policy, digest: str) -> AlertGroup:
    """The alert rules of a policy.

    Args:
        policy: the sealed one. Thresholds are fixed before the launch (AZ-31.3).
        digest: of its bytes, `sha256:…`.
    """
    maker = Maker(policy, digest)
    return AlertGroup(digest, tuple(_alerts(maker)), tuple(_left_out(policy)))


def _alerts(maker: Maker) -> Iterator[Alert]:
    policy = maker.policy
    yield maker.watchdog()
    yield from blindness(maker)
    yield from signals(maker)
    for phase in _PHASES:
        limits = thresholds_of(policy, phase)
        if limits.band is None:
            continue
        yield from band(maker, phase, limits.band, limits.silent_ms)
        if limits.errors is not None and is_selector(limits.errors.series):
            yield error_rate(maker, phase, limits.errors.series, limits.band.max_error_rate)
    limits = thresholds_of(policy, "steady")
    yield from rollback(maker, limits)
    loosest = limits.band or thresholds_of(policy, "early").band
    if policy.chain is not None and policy.chain.kind == "cometbft" and loosest is not None:
        yield from cometbft(maker, limits, loosest)


def _left_out(policy: Policy) -> Iterator[str]:
    for phase in _PHASES:
        if thresholds_of(policy, phase).band is None:
            yield f"{phase}: the policy has no [{phase}]"
    yield from left_out(thresholds_of(policy, "steady"))
