"""Alerts for the five rollback criteria of the checklist (RC-C), by the limits of `[rollback]`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from aztrust.core.base.rates import WHOLE
from aztrust.core.chain import series as names
from aztrust.core.chain.alerts.alert import Alert, Maker, literal
from aztrust.core.chain.alerts.promql import decimal, is_selector, series
from aztrust.core.chain.judge.rules import RULES
from aztrust.core.chain.judge.signals import stronger
from aztrust.core.chain.judge.thresholds import MetricLimit, Thresholds
from aztrust.core.policy.anomalies import AnomalyClass, anomaly_rule
from aztrust.core.policy.window_limits import Criterion, rollback_criteria

_CLASSES: Final = {rule.code: rule.anomaly for rule in RULES}
_CLAUSE: Final = "RC-C.rollback"


def rollback(maker: Maker, limits: Thresholds) -> Iterator[Alert]:
    """One alert for each limit that a series can be held against, and one for the observer's own
    judgement.
    """
    if limits.target_ms is not None and limits.halt_within_ms // limits.target_ms > (
        limits.halt_blocks
    ):
        halted = series(names.HALTED_BLOCKS, maker.label)
        yield _alert(maker, "halt", f"{halted} > {limits.halt_blocks}")
    voting = series(names.PARTICIPATION, maker.label)
    least = decimal(Fraction(limits.least_power, WHOLE))
    yield _alert(maker, "participation", f"{voting} < {least}", limits.low_power_ms)
    if limits.target_ms is not None:
        slowest = Fraction(limits.target_ms * limits.slow_most, 100_000)
        pace = series(names.BLOCK_TIME, maker.label)
        yield _alert(maker, "cadence", f"{pace} > {decimal(slowest)}", limits.slow_ms)
    for criterion, limit in _by_series(limits):
        if is_selector(limit.series):
            above = f"{limit.series} > {decimal(Fraction(limit.most, WHOLE))}"
            yield _alert(maker, criterion, above, limit.lasting_ms)
        if is_selector(limit.healthy):
            yield _alert(maker, criterion, f"{limit.healthy} == 0", name="Workflow")
    for criterion in rollback_criteria(maker.policy):
        met = {"criterion": criterion, "state": "met"}
        judged = f"{series(names.CRITERION, maker.label, met)} == 1"
        yield _alert(maker, criterion, judged, name=f"{criterion.capitalize()}Met")


def left_out(limits: Thresholds) -> Iterator[str]:
    """The limits for which no rule can be written, and why."""
    if limits.target_ms is None:
        yield "rollback.halt and rollback.cadence: the policy has no [steady] block_interval"
    elif limits.halt_within_ms // limits.target_ms <= limits.halt_blocks:
        yield (
            f"rollback.halt: no more than {limits.halt_blocks} blocks fit into its span, so it is"
            " never met"
        )
    for criterion, limit in _by_series(limits):
        if not is_selector(limit.series):
            also = ", and max_error_rate" if criterion == "errors" else ""
            yield f"rollback.{criterion}.metric{also}: it does not name a Prometheus series"
        if limit.healthy and not is_selector(limit.healthy):
            yield f"rollback.{criterion}.workflow: it does not name a Prometheus series"


def _by_series(limits: Thresholds) -> Iterator[tuple[Criterion, MetricLimit]]:
    if limits.errors is not None:
        yield "errors", limits.errors
    if limits.reconciliation is not None:
        yield "reconciliation", limits.reconciliation


def _alert(
    maker: Maker, criterion: Criterion, expr: str, lasting_ms: int = 0, *, name: str = ""
) -> Alert:
    anomaly: AnomalyClass = _CLASSES[f"rollback-{criterion}"]
    sentence = rollback_criteria(maker.policy)[criterion]
    return maker.alert(
        f"Rollback{name or criterion.capitalize()}",
        expr,
        f"Reason not to start, or to roll back: {literal(sentence)}.",
        anomaly=anomaly,
        clause=_CLAUSE,
        guidance=stronger(anomaly_rule(maker.policy, anomaly).guidance, "DEFER"),
        lasting_ms=lasting_ms,
    )
