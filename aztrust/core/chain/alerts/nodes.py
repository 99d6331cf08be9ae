"""Alerts over the series that CometBFT exports itself, where its nodes are scraped directly.

They need no observer. They see less: of a block that never comes a node counts no missing votes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from aztrust.core.base.rates import WHOLE, format_percent
from aztrust.core.base.times import format_duration
from aztrust.core.chain.alerts.alert import Alert, Maker
from aztrust.core.chain.alerts.promql import decimal, quoted, span
from aztrust.core.chain.judge.thresholds import ROUNDS, Band, Thresholds

_RECENT = "10m"
"""Evidence is in the gauge for one block only."""


def cometbft(maker: Maker, limits: Thresholds, loosest: Band) -> Iterator[Alert]:
    """The alerts of a network of CometBFT nodes with the policy's chain id.

    Args:
        maker: of the policy.
        limits: of the policy.
        loosest: of the two bands the later one: without an observer the phase is not known.
    """

    def of(name: str) -> str:
        return f"cometbft_{name}{{chain_id={quoted(maker.policy.launch.chain_id)}}}"

    height = f"{of('consensus_latest_block_height')}[{span(loosest.max_no_finality_ms)}]"
    yield maker.alert(
        "NodesNoBlock",
        # One sample in the span is not a height that did not change.
        f"max(changes({height})) == 0 and max(count_over_time({height})) > 1",
        f"No node has reported a new block for {format_duration(loosest.max_no_finality_ms)}.",
        anomaly="no-finality-anomaly",
        clause="AZ-31.2",
        guidance="HOLD",
    )
    missing, total = of("consensus_missing_validators_power"), of("consensus_validators_power")
    most = decimal(Fraction(WHOLE - limits.least_power, WHOLE))
    yield maker.alert(
        "NodesPowerMissing",
        f"max({missing}) / max({total}) > {most}",
        "The share {{ $value }} of the voting power is missing in commits, and"
        f" {format_percent(limits.least_power)} must vote.",
        anomaly="role-readiness-gap",
        clause="RC-C.rollback",
        guidance="DEFER",
        lasting_ms=limits.low_power_ms,
    )
    yield maker.alert(
        "NodesRoundsClimb",
        f"max({of('consensus_rounds')}) > {ROUNDS}",
        "The unfinished height is in round {{ $value }}.",
        anomaly="no-finality-anomaly",
        clause="AZ-11.2",
        guidance="HOLD",
    )
    yield maker.alert(
        "NodesDoubleSign",
        f"max_over_time({of('consensus_byzantine_validators')}[{_RECENT}]) > 0",
        "A block has evidence of a validator that signed twice.",
        anomaly="contradictory-notarization-anomaly",
        clause="AZ-26.1",
    )
    yield maker.alert(
        "NodeNoPeers",
        f"{of('p2p_peers')} == 0",
        "{{ $labels.instance }} has no peers.",
        anomaly="peer-compatibility-anomaly",
        clause="AZ-26.1",
        guidance="HOLD",
        lasting_ms=limits.silent_ms,
    )
