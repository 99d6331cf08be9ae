"""The transition table of the launch window: every step, who signs it, and what it needs.

Nine phases (AZ-4.1), ten statuses (AZ-16.2). A step is a record or a checkpoint. No row is entered
because time passed: time can only leave a precondition unmet. What `window next` prints, each
refusal, docs/window.md, the script of a window and the model for the independent checker are made
from this table.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from aztrust.core.records.window import WindowStatus
from aztrust.core.state.window.after_start import AFTER_START
from aztrust.core.state.window.at_any_time import AT_ANY_TIME
from aztrust.core.state.window.before_start import UNTIL_START
from aztrust.core.state.window.facts import Fact
from aztrust.core.state.window.row import Row, Trigger

TABLE: Final = (*AT_ANY_TIME, *UNTIL_START, *AFTER_START)
"""In the order in which acts of one sitting take effect."""


def rows_of(trigger: Trigger, status: WindowStatus) -> tuple[Row, ...]:
    """The rows that a trigger may be in a status, the first choice first."""
    return tuple(row for row in TABLE if row.trigger == trigger and status in row.possible_in)


def first_row_of(trigger: Trigger) -> Row:
    """The first row of a trigger, in whatever status the window is."""
    return next(row for row in TABLE if row.trigger == trigger)


def row_of(trigger: Trigger, status: WindowStatus, facts: Collection[Fact]) -> Row | None:
    """The row that a trigger is now: the first one whose conditions hold, else the first one.

    Args:
        trigger: what happens; an activation as `WindowState.activation` names it.
        status: of the window.
        facts: those that are there, of the record, too.
    """
    rows = rows_of(trigger, status)
    met = (row for row in rows if all(need.holds(facts) for need in row.needs))
    return next(met, rows[0] if rows else None)
