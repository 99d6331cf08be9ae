"""The tables of the launch window: its limits, who signs each act, what counts as normal.

The policy has limits and thresholds only. Times, a standby window and everything else that becomes
known later are records. All the tables are optional: a policy without them is read as before.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from aztrust.core.base.model import Model, Name, SomeItems
from aztrust.core.base.rates import Factor, Percent
from aztrust.core.base.schema import Field
from aztrust.core.base.times import Duration

Act = Literal[
    "hold",
    "proceed",
    "decide",
    "authorize",
    "instruct",
    "activate",
    "defer",
    "abort",
    "abort-started",
    "amend",
    "observe",
    "resolve-anomaly",
    "enter-posture",
    "exit-posture",
    "normalize",
]
"""What holders sign together in a launch window; `[authority.ACT]` says who."""

ACTS: Final[tuple[Act, ...]] = get_args(Act)

ACTS_TO_START: Final[tuple[Act, ...]] = (
    "proceed",
    "decide",
    "authorize",
    "instruct",
    "activate",
)
"""Every act between the final checks and the first role that starts."""

Sentence = Annotated[str, Field(min_length=1, max_length=1000)]
Guidance = Literal["HOLD", "DEFER", "ABORT"]

ACTIVATION_ORDER: Final = ("validation-only", "proposer", "verifier", "notary", "observer")
"""The order of AZ-9.2."""


class WindowTable(Model):
    """`[window]`: the limits of a launch window.

    Args:
        max_hold: how long a hold may last.
        max_update: how far ahead the next promised update of a hold may be.
        change_cutoff: how long before the start the last replan begins. Two hours: one for every
            seal, approval and freeze again, one for final checks that are as fresh as
            `max_final_check_age` asks.
        max_final_check_age: how old the final check may be that a positive act rests on, or the
            countersignature of a signer without the packages.
        proposal_max_age: how long a proposed joint act waits for its countersignatures.
        min_posture: how long the restricted posture lasts at least.
        activation_order: the roles of hosts in the order in which they start.
        snapshot_every: how often a snapshot is due in the restricted posture.
    """

    max_hold: Duration = "2h"
    max_update: Duration = "30m"
    change_cutoff: Duration = "2h"
    max_final_check_age: Duration = "1h"
    proposal_max_age: Duration = "2h"
    min_posture: Duration = "24h"
    activation_order: SomeItems[Name] = ACTIVATION_ORDER
    snapshot_every: Duration = "6h"


class AnomalyTable(Model):
    """`[anomalies.CLASS]`: what a policy says of one class of anomalies (AZ-27.2).

    Args:
        runbook: what to follow, for instance a path or an address.
        escalation: the role that is called.
        evidence: what has to be kept.
        guidance: what the class suggests for the window.
    """

    runbook: Sentence | None = None
    escalation: Name | None = None
    evidence: Sentence | None = None
    guidance: Guidance | None = None


class BandTable(Model):
    """`[early]` and `[steady]`: what counts as normal (AZ-31.2).

    Args:
        block_interval: the longest time between two blocks.
        max_error_rate: the largest share of objects that fail their validation.
        min_participation: the least share of voting power that takes part.
        startup_delay: how late a role may start.
        max_no_finality: how long nothing may be final.
    """

    block_interval: Duration
    max_error_rate: Percent
    min_participation: Percent
    startup_delay: Duration
    max_no_finality: Duration


class HaltCriterion(Model):
    """`[rollback.halt]`: more consecutive halted blocks than `blocks`, inside `within`."""

    blocks: Annotated[int, Field(ge=0, le=1_000_000)] = 3
    within: Duration = "10m"


class ParticipationCriterion(Model):
    """`[rollback.participation]`: less voting power than `least`, for longer than `lasting`."""

    least: Percent = "67%"
    lasting: Duration = "10m"


class CadenceCriterion(Model):
    """`[rollback.cadence]`: a block time above `most` times the target, for longer than `lasting`.

    The target is `[steady] block_interval`.
    """

    most: Factor = "2x"
    lasting: Duration = "20m"


class ErrorCriterion(Model):
    """`[rollback.errors]`: an error rate of the critical service above `most`, over `lasting`."""

    metric: Sentence = "error rate of the critical service"
    most: Percent = "2%"
    lasting: Duration = "15m"
    not_applicable: Sentence | None = None


class ReconciliationCriterion(Model):
    """`[rollback.reconciliation]`: a mismatch of the books above `most`, or `workflow` fails."""

    metric: Sentence = "reconciliation mismatch of the billing"
    most: Percent = "0.5%"
    workflow: Sentence = "dispute workflow"
    not_applicable: Sentence | None = None


class RollbackTable(Model):
    """`[rollback]`: each of these is a reason not to start, or to roll back (RC-C)."""

    halt: HaltCriterion = HaltCriterion.model_construct()
    participation: ParticipationCriterion = ParticipationCriterion.model_construct()
    cadence: CadenceCriterion = CadenceCriterion.model_construct()
    errors: ErrorCriterion = ErrorCriterion.model_construct()
    reconciliation: ReconciliationCriterion = ReconciliationCriterion.model_construct()
