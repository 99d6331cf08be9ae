"""An abstract machine that is made from nothing but the transition table of the launch window.

A state is a status, a phase, the stored facts, and how many holds, anomalies and blockers are open,
at most `MOST` of each. An event is a trigger with any combination of the facts that depend on the
time or on the record. It knows no record, no signature and no clock; `test_window_fold.py` tries
those. tools/promela.py makes the same machine for SPIN, which shares no code with this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, combinations
from typing import Final, NamedTuple, get_args

from aztrust.core.base.value import frozen, replace
from aztrust.core.state.window.facts import OF_THE_RECORD, STORED, TIMED, Fact
from aztrust.core.state.window.row import PLACE, Row, SignedBy, Trigger

MOST: Final = 2
"""So many holds, anomalies and blockers are open at once at most: one more is not tried."""
COUNTED: Final[tuple[Fact, ...]] = ("hold-open", "anomaly-open", "blocker-open")
BAD: Final[frozenset[Fact]] = frozenset((*COUNTED, "no-go", "scope-invalidated"))
"""The facts that stop a launch."""
STATUSES: Final = tuple(PLACE)
FACTS: Final[tuple[Fact, ...]] = tuple(STORED)
MOMENT: Final[frozenset[Fact]] = frozenset((*TIMED, *OF_THE_RECORD))
"""The facts that no step sets: an event has any of them, or none."""


class State(NamedTuple):
    """One state; `facts` are the stored ones, and `open` how many of `COUNTED` there are."""

    status: str
    phase: int
    facts: frozenset[Fact]
    open: tuple[int, ...] = (0, 0, 0)

    @property
    def code(self) -> str:
        """The state as SPIN prints it: status, phase, facts, and the three numbers."""
        bits = sum(1 << place for place, fact in enumerate(FACTS) if fact in self.facts)
        return f"{STATUSES.index(self.status)} {self.phase} {bits} {' '.join(map(str, self.open))}"


BEGIN: Final = State("OPEN", 0, frozenset())


@frozen
class Step:
    """An event that took effect.

    Args:
        before, after: the states.
        trigger: what happened.
        moment: what was so at that time, or was in the record.
        signed_by: whose signatures it took.
    """

    before: State
    after: State
    trigger: Trigger
    moment: frozenset[Fact]
    signed_by: SignedBy

    @property
    def enters(self) -> str:
        """The status that it enters, "" where the status stays."""
        return self.after.status if self.after.status != self.before.status else ""

    @property
    def new(self) -> frozenset[Fact]:
        """The facts that are there since."""
        return self.after.facts - self.before.facts


class Machine:
    """The machine of one table, in which so many of `COUNTED` are open at most."""

    def __init__(self, table: Sequence[Row], most: int = MOST) -> None:
        self.table = tuple(table)
        self._most = most
        self._rows = {
            trigger: tuple(row for row in table if row.trigger == trigger)
            for trigger in get_args(Trigger)
        }
        self._needs = {
            row.id: tuple((need.fact, need.wanted) for need in row.needs) for row in table
        }

    def take(
        self, state: State, trigger: Trigger, moment: frozenset[Fact], signers: Iterable[SignedBy]
    ) -> Step | None:
        """The step that an event is, signed by those who may; None where it has no effect."""
        facts = state.facts | moment
        for row in self._rows[trigger]:
            if state.status in row.possible_in and self._met(row, facts):
                if row.act not in signers:
                    return None
                after = _after(state, row, self._most)
                return after and Step(state, after, trigger, moment, row.act)
        return None

    def _met(self, row: Row, facts: frozenset[Fact]) -> bool:
        return all((fact in facts) is wanted for fact, wanted in self._needs[row.id])

    def steps(self, state: State) -> Iterator[Step]:
        """Every step from a state, by every event.

        Of the facts of the moment those that no row of the trigger looks at change nothing, and
        are left out.
        """
        for trigger, rows in self._rows.items():
            seen = MOMENT & {fact for row in rows for fact, _ in self._needs[row.id]}
            for moment in _subsets(seen):
                step = self.take(state, trigger, moment, EVERY_SIGNER)
                if step is not None:
                    yield step

    def reachable(self) -> dict[State, tuple[Step, ...]]:
        """Every state that can be reached, with the steps from it."""
        found: dict[State, tuple[Step, ...]] = {}
        left = [BEGIN]
        while left:
            state = left.pop()
            if state in found:
                continue
            found[state] = tuple(self.steps(state))
            left += [step.after for step in found[state] if step.after not in found]
        return found


EVERY_SIGNER: Final = frozenset(chain(*(get_args(part) for part in get_args(SignedBy))))


def worlds(row: Row) -> Iterator[tuple[State, frozenset[Fact]]]:
    """States in which a row is possible, reached or not, with at most one thing wrong.

    Everything is in order but one fact; and only what the row needs is there, but one fact.
    """
    needed = {need.fact for need in row.needs if need.wanted}
    for status in row.possible_in:
        for facts in ({*FACTS, *MOMENT} - BAD, needed):
            for fact in (None, *FACTS, *sorted(MOMENT)):
                wrong = facts if fact is None else facts ^ {fact}
                number = tuple(int(one in wrong) for one in COUNTED)
                phase = {"RESTRICTED_POSTURE_ACTIVE": 8, "AT_GO_HOLD_POINT": 3}.get(status, 0)
                yield (
                    State(status, phase, frozenset(wrong & {*FACTS}), number),
                    frozenset(wrong & MOMENT),
                )


def altered(table: Iterable[Row], row_id: str, without: str = "", **changes: object) -> list[Row]:
    """A table in which one row lacks a condition, or has other fields."""
    found = []
    for row in table:
        if row.id == row_id:
            left = tuple(need for need in row.needs if need.id != without)
            assert changes or len(left) < len(row.needs)
            row = replace(row, needs=left, **changes)
        found.append(row)
    return found


@cache
def _subsets(facts: frozenset[Fact]) -> tuple[frozenset[Fact], ...]:
    ordered = sorted(facts)
    sizes = (combinations(ordered, size) for size in range(len(ordered) + 1))
    return tuple(frozenset(some) for some in chain(*sizes))


def _after(state: State, row: Row, most: int) -> State | None:
    """The state after a row, None where it would open more than are tried."""
    number = list(state.open)
    for place, fact in enumerate(COUNTED):
        if fact in row.sets:
            number[place] += 1
        if fact in row.clears:
            number[place] = max(number[place] - 1, 0)
    if max(number) > most:
        return None
    facts = (state.facts - set(row.clears)) | set(row.sets)
    still = {fact for place, fact in enumerate(COUNTED) if number[place]}
    phase = row.phase if row.phase >= 0 else state.phase
    status = row.enters or state.status
    return State(status, phase, (facts - set(COUNTED)) | still, tuple(number))
