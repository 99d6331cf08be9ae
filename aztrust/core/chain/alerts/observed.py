"""Alerts over the series that an observer of ours exports."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from aztrust.core.base.rates import WHOLE, format_percent
from aztrust.core.base.times import format_duration
from aztrust.core.chain import series as names
from aztrust.core.chain.alerts.alert import Alert, Maker
from aztrust.core.chain.alerts.promql import decimal, series
from aztrust.core.chain.judge.thresholds import Band, Phase
from aztrust.core.policy.anomalies import ANOMALY_CLASSES

HEARTBEAT_MS: Final = 60_000
"""How old the observer's heartbeat may be. Prometheus itself looks once in 15 s or in a minute."""
UNKNOWN_MS: Final = 60_000
"""For how long a rollback criterion may be unknown after the genesis time."""
_HERE: Final = "on (instance, policy)"
"""Two series of one observer: another observer has another instance."""


def blindness(maker: Maker) -> Iterator[Alert]:
    """What tells blindness from silence: without these every other alert may be quiet (AZ-26.2)."""
    heartbeat = series(names.HEARTBEAT, maker.label)
    yield maker.alert(
        "ObserverGone",
        f"absent({heartbeat}) or time() - {heartbeat} > {decimal(HEARTBEAT_MS // 1000)}",
        "No observer of this policy has looked at the network for a minute.",
        anomaly="telemetry-blindness-anomaly",
        clause="AZ-26.2",
        lasting_ms=HEARTBEAT_MS,
    )
    # Three times the share, because a third has no decimal digits.
    yield maker.alert(
        "Blind",
        f"{series(names.BLIND_POWER, maker.label)} * 3 >= 1",
        "A third of the voting power or more is not seen: {{ $value }} thirds.",
        anomaly="telemetry-blindness-anomaly",
        clause="AZ-29.1",
        lasting_ms=0,
    )
    unknown = series(names.CRITERION, maker.label, {"state": "unknown"})
    yield maker.alert(
        "CriterionUnknown",
        f"{unknown} == 1 and {_HERE} {_since_genesis(maker)} > 0",
        "The rollback criterion {{ $labels.criterion }} cannot be judged.",
        anomaly="telemetry-blindness-anomaly",
        clause="RC-C.rollback",
        guidance="HOLD",
        lasting_ms=UNKNOWN_MS,
    )


def signals(maker: Maker) -> Iterator[Alert]:
    """One alert for each class: fires for every signal of the observer, with its own guidance."""
    for name in ANOMALY_CLASSES:
        shown = "".join(part.capitalize() for part in name.split("-"))
        own = series(names.SIGNAL, maker.label, {"aztrust_class": name})
        # A signal that suggests to continue is for the record: no one is called for it.
        calling = own.replace(",policy=", ',guidance!="CONTINUE",policy=')
        yield maker.alert(
            f"Signal{shown}",
            f"{calling} == 1",
            "{{ $labels.code }} on {{ $labels.subject }} ({{ $labels.locus }}).",
            anomaly=name,
            clause=None,
        )


def band(maker: Maker, phase: Phase, limits: Band, silent_ms: int) -> Iterator[Alert]:
    """What is not normal in a phase, by `[early]` or `[steady]` (AZ-31.2).

    Args:
        maker: of the policy.
        phase: in which the alerts may fire.
        limits: of the phase.
        silent_ms: for how long a value may be bad before it counts, as `judge` has it.
    """
    gate = f"and {_HERE} {series(names.PHASE, maker.label, {'phase': phase})} == 1"
    name = phase.capitalize()
    slow = Fraction(limits.block_interval_ms, 1000)
    yield maker.alert(
        f"BlockInterval{name}",
        f"{series(names.BLOCK_TIME, maker.label)} > {decimal(slow)} {gate}",
        f"A block takes {{{{ $value }}}} s, and {decimal(slow)} s is the longest that is normal.",
        anomaly="no-finality-anomaly",
        clause="AZ-31.2",
        guidance="HOLD",
        lasting_ms=silent_ms,
    )
    least = Fraction(limits.min_participation, WHOLE)
    yield maker.alert(
        f"Participation{name}",
        f"{series(names.PARTICIPATION, maker.label)} < {decimal(least)} {gate}",
        "The share {{ $value }} of the voting power takes part, and"
        f" {format_percent(limits.min_participation)} is asked for.",
        anomaly="role-readiness-gap",
        clause="AZ-31.2",
        guidance="HOLD",
        lasting_ms=silent_ms,
    )
    late = Fraction(limits.startup_delay_ms, 1000)
    answered = series(names.NODE_ANSWER_TIME, maker.label)
    yield maker.alert(
        f"StartupDelay{name}",
        f"{series(names.NODE_UP, maker.label)} == 0 unless on (instance, node, policy) {answered}"
        f" and {_HERE} {_since_genesis(maker)} > {decimal(late)} {gate}",
        "{{ $labels.node }} has not answered since the genesis time, for more than"
        f" {format_duration(limits.startup_delay_ms)}.",
        anomaly="role-readiness-gap",
        clause="AZ-31.2",
    )
    final = Fraction(limits.max_no_finality_ms, 1000)
    risen = series(names.FINALITY_TIME, maker.label)
    yield maker.alert(
        f"NoFinality{name}",
        f"time() - {risen} > {decimal(final)} {gate}",
        "Nothing has become final for {{ $value }} s.",
        anomaly="no-finality-anomaly",
        clause="AZ-31.2",
        guidance="HOLD",
    )


def error_rate(maker: Maker, phase: Phase, metric: str, most: int) -> Alert:
    """What fails its validation, by the series that `[rollback.errors]` names.

    Args:
        maker: of the policy.
        phase: in which it may fire.
        metric: the series. It is not one of ours, so the phase comes from any observer.
        most: the largest share that is normal, in millionths.
    """
    early = series(names.PHASE, maker.label, {"phase": phase})
    return maker.alert(
        f"ErrorRate{phase.capitalize()}",
        f"{metric} > {decimal(Fraction(most, WHOLE))} and on () {early} == 1",
        f"The share {{{{ $value }}}} fails, and {format_percent(most)} is normal.",
        anomaly="witness-proof-anomaly",
        clause="AZ-31.2",
        guidance="HOLD",
    )


def _since_genesis(maker: Maker) -> str:
    return f"time() - {series(names.GENESIS_TIME, maker.label)}"
