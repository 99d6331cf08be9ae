"""What counts as normal: the policy's `[early]`, `[steady]` and `[rollback]` as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from aztrust.core.base.rates import parse_factor, parse_percent
from aztrust.core.base.times import parse_duration
from aztrust.core.base.value import frozen
from aztrust.core.chain.facts import Traits
from aztrust.core.policy.anomalies import ANOMALY_CLASSES, AnomalyClass, anomaly_rule
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_limits import rollback_table
from aztrust.core.policy.window_tables import BandTable, Guidance

Phase = Literal["early", "steady"]
"""`early` until the first finalized epoch was checked, `steady` after it (AZ-10.3)."""

SILENT_BLOCKS: Final = 3
"""After as many block intervals without an answer, a node that answered before is silent."""
COMMITS: Final = 5
"""How many commits a share of power is averaged over. One commit alone lacks late votes."""
EPOCHS: Final = 2
"""The same where votes are counted by epoch. A single vote is missed now and then."""
INTERVALS: Final = 10
"""How many intervals a block time is averaged over."""
LAG: Final = 3
"""How many blocks behind the network a node is late."""
ROUNDS: Final = 2
"""The highest round of one height that is normal."""
CLOCK_MS: Final = 5_000
"""How far a validator's clock may be ahead."""
_SILENT_MS: Final = 30_000
"""When a node is silent where the policy has no block interval."""


@frozen
class Band:
    """`[early]` or `[steady]`; shares in millionths. `BandTable` says what each is."""

    block_interval_ms: int
    max_error_rate: int
    min_participation: int
    startup_delay_ms: int
    max_no_finality_ms: int


@frozen
class MetricLimit:
    """A limit on what a Prometheus series reports.

    Args:
        series: its name, as the policy has it.
        most: the largest share, in millionths.
        lasting_ms: for how long it may be above.
        healthy: a series that is 0 when something does not work, "" for none.
    """

    series: str
    most: int
    lasting_ms: int
    healthy: str = ""


@frozen
class Thresholds:
    """The numbers that facts are held against. None is a limit that the policy does not set.

    Args:
        band: what is normal in this phase.
        target_ms: the block time that `[rollback]` counts in: `[steady] block_interval`.
        halt_blocks: how many halted blocks in a row are tolerated.
        halt_within_ms: the span in which they count.
        least_power: the least share of power that votes, in millionths.
        low_power_ms: for how long less is tolerated.
        slow_most: the largest multiple of the target, in hundredths.
        slow_ms: for how long a slower pace is tolerated.
        errors: of the critical service; None where it does not apply.
        reconciliation: of the books; None where it does not apply.
        guidance: what each class suggests.
        traits: of the kind of chain.
    """

    band: Band | None
    target_ms: int | None
    halt_blocks: int
    halt_within_ms: int
    least_power: int
    low_power_ms: int
    slow_most: int
    slow_ms: int
    errors: MetricLimit | None
    reconciliation: MetricLimit | None
    guidance: Mapping[AnomalyClass, Guidance]
    traits: Traits = Traits()

    @property
    def is_checkpoint(self) -> bool:
        """Whether blocks go on without two thirds of the power, and become final later."""
        return self.traits.finality == "checkpoint"

    @property
    def commits(self) -> int:
        """How many of the last `Votes` a share of power is averaged over."""
        return EPOCHS if self.is_checkpoint else COMMITS

    @property
    def last_votes(self) -> str:
        """The same for people: `the last 5 commits`."""
        return f"the last {self.commits} {'epochs' if self.is_checkpoint else 'commits'}"

    @property
    def silent_ms(self) -> int:
        """How long a node that answered before may be silent, and how old an answer may be."""
        interval = self.band.block_interval_ms if self.band else self.target_ms
        return SILENT_BLOCKS * interval if interval else _SILENT_MS


def thresholds_of(policy: Policy, phase: Phase, traits: Traits | None = None) -> Thresholds:
    """The numbers of a policy for a phase.

    Args:
        policy: the sealed one. Thresholds are fixed before the launch (AZ-31.3).
        phase: which band counts. Without a table for it there is none, and rules that need one
            are not asked: see `unasked`.
        traits: of the adapter; those of a chain with instant finality where there is none.
    """
    table = policy.early if phase == "early" else policy.steady
    rollback = rollback_table(policy)
    errors, books = rollback.errors, rollback.reconciliation
    return Thresholds(
        band=_band(table) if table is not None else None,
        target_ms=parse_duration(policy.steady.block_interval) if policy.steady else None,
        halt_blocks=rollback.halt.blocks,
        halt_within_ms=parse_duration(rollback.halt.within),
        least_power=parse_percent(rollback.participation.least),
        low_power_ms=parse_duration(rollback.participation.lasting),
        slow_most=parse_factor(rollback.cadence.most),
        slow_ms=parse_duration(rollback.cadence.lasting),
        errors=MetricLimit(
            errors.metric, parse_percent(errors.most), parse_duration(errors.lasting)
        )
        if errors.not_applicable is None
        else None,
        reconciliation=MetricLimit(books.metric, parse_percent(books.most), 0, books.workflow)
        if books.not_applicable is None
        else None,
        guidance={name: anomaly_rule(policy, name).guidance for name in ANOMALY_CLASSES},
        traits=traits or Traits(),
    )


def _band(table: BandTable) -> Band:
    return Band(
        block_interval_ms=parse_duration(table.block_interval),
        max_error_rate=parse_percent(table.max_error_rate),
        min_participation=parse_percent(table.min_participation),
        startup_delay_ms=parse_duration(table.startup_delay),
        max_no_finality_ms=parse_duration(table.max_no_finality),
    )
