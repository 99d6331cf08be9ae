"""Facts held against what was sealed: `judge`, a pure fold over answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from aztrust.core.base.value import replace
from aztrust.core.chain.facts import Expected, NodeFacts
from aztrust.core.chain.judge.condition import Run, next_run
from aztrust.core.chain.judge.memory import DIGESTS, Memory, remember
from aztrust.core.chain.judge.rule import Need, Rule
from aztrust.core.chain.judge.rules import RULES
from aztrust.core.chain.judge.signals import NETWORK, Locus, Signal, Suggestion, stronger
from aztrust.core.chain.judge.thresholds import Thresholds
from aztrust.core.chain.judge.view import View, view_of
from aztrust.core.policy.anomalies import AnomalyClass

THIRD: Final = Fraction(1, 3)
"""From this share of power on, something is the network's matter: without it nothing is final."""
STICKY: Final = 8
"""How many matters of one rule are kept after they are over."""
_NAMES: Final = 8


def judge(
    memory: Memory, batch: Iterable[NodeFacts], expected: Expected, limits: Thresholds, now: int
) -> tuple[Memory, tuple[Signal, ...]]:
    """What is wrong at this moment. Nothing is done about it: people decide.

    Args:
        memory: from the call before, `Memory()` for the first.
        batch: the answers since then, of any nodes. It may be empty: time passes all the same.
        expected: from the sealed genesis.
        limits: of the phase.
        now: the observer's clock, in milliseconds, never earlier than in the call before.

    Returns:
        The memory for the next call, and the signals, sorted by code and subject.
    """
    memory = remember(memory, batch, expected, limits, now)
    view = view_of(memory, expected, limits, now)
    runs: dict[tuple[str, str], Run] = {}
    signals: list[Signal] = []
    for rule in RULES:
        ours = _runs(rule, view)
        runs |= ours
        signals += _signals(rule, list(ours.values()), view)
    signals.sort(key=lambda signal: (signal.code, signal.subject, signal.anomaly))
    return replace(memory, runs=runs), tuple(signals)


def unasked(limits: Thresholds) -> tuple[str, ...]:
    """The codes of the rules that are not asked because the policy sets no limit for them."""
    return tuple(sorted(rule.code for rule in RULES if not rule.needs <= _has(limits)))


def _has(limits: Thresholds) -> frozenset[Need]:
    found: set[Need] = set()
    if limits.band is not None:
        found.add("band")
    if limits.target_ms is not None:
        found.add("target")
    return frozenset(found)


def _runs(rule: Rule, view: View) -> dict[tuple[str, str], Run]:
    before = {key: run for key, run in view.memory.runs.items() if key[0] == rule.code}
    found: dict[tuple[str, str], Run] = {}
    if rule.needs <= _has(view.limits) and (not rule.after_t0 or view.at_ms >= view.t0):
        for condition in rule.ask(view):
            key = (rule.code, condition.subject)
            power = condition.power
            if power is None and (condition.nodes or condition.validators):
                power = view.share_of(condition.nodes, condition.validators)
            found[key] = next_run(before.get(key), condition, power, view.at_ms)
    over = [key for key, run in before.items() if key not in found and _remains(run, view)]
    for key in over[: max(0, STICKY - len(found))]:
        found[key] = replace(before[key], active=False)
    return found


def _remains(run: Run, view: View) -> bool:
    height = run.condition.height
    if not run.condition.sticky:
        return False
    return height is None or not any(view.is_comparable(one, height) for one in run.condition.nodes)


def _signals(rule: Rule, runs: Sequence[Run], view: View) -> Iterator[Signal]:
    due = [run for run in runs if run.is_due]
    if not rule.by_host:
        for run in due:
            yield _signal(rule, run, run.power, view)
        return
    classes: dict[AnomalyClass, list[Run]] = {}
    for run in due:
        classes.setdefault(run.condition.anomaly or rule.anomaly, []).append(run)
    for together in classes.values():
        nodes = {name for run in together for name in run.condition.nodes}
        validators = {one for run in together for one in run.condition.validators}
        power = view.share_of(sorted(nodes), sorted(validators))
        if power is not None and power < THIRD and view.fresh:
            for run in together:
                yield _signal(rule, run, power, view)
        else:
            yield _together(rule, together, power, view)


def _together(rule: Rule, runs: Sequence[Run], power: Fraction | None, view: View) -> Signal:
    """One signal for all hosts: together they are the network's matter."""
    first = _signal(rule, runs[0], power, view)
    if len(runs) > 1:
        shown = "; ".join(
            f"{run.condition.subject}: {run.condition.detail}" for run in runs[:_NAMES]
        )
        more = f"; and {len(runs) - _NAMES} more" if len(runs) > _NAMES else ""
        detail = f"{shown}{more}"
    else:
        detail = f"{runs[0].condition.subject}: {first.detail}"
    evidence = [digest for run in runs for digest in _evidence(run, view)]
    return replace(
        first,
        subject=NETWORK,
        since_ms=min(run.since_ms for run in runs),
        detail=detail,
        evidence=_few(evidence),
    )


def _signal(rule: Rule, run: Run, power: Fraction | None, view: View) -> Signal:
    condition = run.condition
    anomaly = condition.anomaly or rule.anomaly
    is_host = rule.by_host and power is not None and power < THIRD and bool(view.fresh)
    locus: Locus = "host" if is_host else "network"
    return Signal(
        code=rule.code,
        locus=locus,
        subject=condition.subject,
        anomaly=anomaly,
        guidance=_guidance(run, anomaly, locus, power, view),
        clause=rule.clause,
        power=power,
        since_ms=run.since_ms,
        detail=condition.detail,
        evidence=_few(_evidence(run, view)),
    )


def _guidance(
    run: Run, anomaly: AnomalyClass, locus: Locus, power: Fraction | None, view: View
) -> Suggestion:
    """The class's from a third of the power on; a hold where less, or no one knows how much."""
    condition = run.condition
    suggested: Suggestion = view.limits.guidance[anomaly]
    if condition.guidance == "CONTINUE" and locus == "network":
        suggested = "HOLD"
    elif condition.guidance is not None:
        suggested = condition.guidance
    elif locus == "host" or power is None:
        suggested = "HOLD"
    return stronger(suggested, condition.at_least)


def _evidence(run: Run, view: View) -> tuple[str, ...]:
    if run.condition.sticky:
        return run.condition.evidence
    return (*run.condition.evidence, *view.raw_of(run.condition.nodes))


def _few(digests: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(digests))[: 4 * DIGESTS]
