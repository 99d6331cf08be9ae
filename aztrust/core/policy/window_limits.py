"""The numbers of the window's tables, ready to compare: milliseconds, millionths, hundredths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from aztrust.core.base.paths import escape
from aztrust.core.base.rates import parse_factor, parse_percent
from aztrust.core.base.times import parse_duration
from aztrust.core.base.value import frozen
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_tables import RollbackTable, WindowTable


@frozen
class WindowLimits:
    """`[window]` as numbers; `WindowTable` says what each is."""

    max_hold_ms: int
    max_update_ms: int
    change_cutoff_ms: int
    max_final_check_age_ms: int
    proposal_max_age_ms: int
    min_posture_ms: int
    snapshot_every_ms: int
    activation_order: tuple[str, ...]


def window_table(policy: Policy) -> WindowTable:
    """The limits of the window as written: those of the policy, or the defaults."""
    return policy.window or WindowTable.model_construct()


def window_limits(policy: Policy) -> WindowLimits:
    """The limits of the window in milliseconds."""
    table = window_table(policy)
    return WindowLimits(
        max_hold_ms=parse_duration(table.max_hold),
        max_update_ms=parse_duration(table.max_update),
        change_cutoff_ms=parse_duration(table.change_cutoff),
        max_final_check_age_ms=parse_duration(table.max_final_check_age),
        proposal_max_age_ms=parse_duration(table.proposal_max_age),
        min_posture_ms=parse_duration(table.min_posture),
        snapshot_every_ms=parse_duration(table.snapshot_every),
        activation_order=tuple(table.activation_order),
    )


Criterion = Literal["halt", "participation", "cadence", "errors", "reconciliation"]
"""The five of the checklist's rollback criteria (RC-C), by the names of their tables."""


def rollback_table(policy: Policy) -> RollbackTable:
    """The rollback criteria of the policy, or those of the checklist."""
    return policy.rollback or RollbackTable.model_construct()


def rollback_criteria(policy: Policy) -> Mapping[Criterion, str]:
    """Each criterion that applies, as a sentence: any one of them is a reason to roll back."""
    table = rollback_table(policy)
    halt, low, slow = table.halt, table.participation, table.cadence
    found: dict[Criterion, str] = {
        "halt": f"more than {halt.blocks} consecutive halted blocks within {halt.within}",
        "participation": f"less than {low.least} of the voting power takes part for more than"
        f" {low.lasting}",
        "cadence": f"a block time above {slow.most} the target for more than {slow.lasting}",
    }
    if table.errors.not_applicable is None:
        errors = table.errors
        found["errors"] = f"{escape(errors.metric)} above {errors.most} over {errors.lasting}"
    if table.reconciliation.not_applicable is None:
        books = table.reconciliation
        found["reconciliation"] = (
            f"{escape(books.metric)} above {books.most}, or {escape(books.workflow)} fails"
        )
    return found


@frozen
class Bound:
    """How one limit is read, and which way allows more."""

    read: Callable[[str], int]
    allows_more: Literal["higher", "lower"]

    def allows(self, one: str, other: str) -> bool:
        """Whether the first of two values allows more than the second."""
        first, second = self.read(one), self.read(other)
        return first > second if self.allows_more == "higher" else first < second


def _blocks(text: str) -> int:
    return int(text)


WINDOW_BOUNDS: Final[Mapping[str, Bound]] = {
    "max_hold": Bound(parse_duration, "higher"),
    "max_update": Bound(parse_duration, "higher"),
    "change_cutoff": Bound(parse_duration, "lower"),
    "max_final_check_age": Bound(parse_duration, "higher"),
    "proposal_max_age": Bound(parse_duration, "higher"),
    "min_posture": Bound(parse_duration, "lower"),
    "snapshot_every": Bound(parse_duration, "higher"),
}
"""The limits of `[window]`."""

BAND_BOUNDS: Final[Mapping[str, Bound]] = {
    "block_interval": Bound(parse_duration, "higher"),
    "max_error_rate": Bound(parse_percent, "higher"),
    "min_participation": Bound(parse_percent, "lower"),
    "startup_delay": Bound(parse_duration, "higher"),
    "max_no_finality": Bound(parse_duration, "higher"),
}
"""The limits of `[early]` and `[steady]`."""

ROLLBACK_BOUNDS: Final[Mapping[tuple[Criterion, str], Bound]] = {
    ("halt", "blocks"): Bound(_blocks, "higher"),
    # The same number of halted blocks is reached more easily in a longer span.
    ("halt", "within"): Bound(parse_duration, "lower"),
    ("participation", "least"): Bound(parse_percent, "lower"),
    ("participation", "lasting"): Bound(parse_duration, "higher"),
    ("cadence", "most"): Bound(parse_factor, "higher"),
    ("cadence", "lasting"): Bound(parse_duration, "higher"),
    ("errors", "most"): Bound(parse_percent, "higher"),
    ("errors", "lasting"): Bound(parse_duration, "higher"),
    ("reconciliation", "most"): Bound(parse_percent, "higher"),
}
"""The limits of `[rollback]`, by table and key."""
