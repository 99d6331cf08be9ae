"""The state of each seat as confirmations come in and age, and the power that is ready with it.

Confirmations are taken one by one in their order. What a seat says of a role counts until a later
confirmation replaces it, and of a ready one until it is too old. The power that is ready is kept
as a running sum, so that the most that was ever ready at one time is known, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.genesis.power import Power
from aztrust.core.history.operators import Confirmation, Roster, Seat

Status = Literal["ready", "not-ready", "silent", "stale"]
"""Where a seat, an operator or a role is."""

STATUSES: Final[tuple[Status, ...]] = ("ready", "not-ready", "silent", "stale")
_BAD_FIRST: Final[tuple[Status, ...]] = ("not-ready", "silent", "stale", "ready")
_HEARD_FIRST: Final[tuple[Status, ...]] = ("not-ready", "ready", "stale", "silent")


def all_of(statuses: Sequence[Status]) -> Status:
    """Where something is that needs all of these: its worst part. Silent without any."""
    if len(statuses) == 1:
        return statuses[0]
    return next((s for s in _BAD_FIRST if s in statuses), "silent")


def any_of(statuses: Sequence[Status]) -> Status:
    """Where something is that each of these answers for: an objection first, then a ready one."""
    if len(statuses) == 1:
        # One seat for each validator is the rule, and there are thousands.
        return statuses[0]
    return next((s for s in _HEARD_FIRST if s in statuses), "silent")


@frozen
class Claims:
    """Whose each validator is.

    Args:
        owners: index of a holding to the operator it belongs to.
        seats: index of a holding to the places of the seats that claim it.
        contested: the holdings that several operators claim, sorted; they belong to none.
        unknown: operator and name of each claim that no holding answers to.
    """

    owners: Mapping[int, str]
    seats: Mapping[int, tuple[int, ...]]
    contested: tuple[int, ...]
    unknown: tuple[tuple[str, str], ...]


def read_claims(roster: Roster, power: Power) -> Claims:
    """The validators that the seats of a roster claim, each counted once.

    Two names of one validator are one claim: of two operators who claim it by different names,
    neither has its power.
    """
    seats: dict[int, list[int]] = {}
    contested: set[int] = set()
    unknown: list[tuple[str, str]] = []
    owners: dict[int, str] = {}
    for place, seat in enumerate(roster.seats):
        # A revoked key has no validators.
        for name in seat.validators if not seat.revoked else ():
            index = power.find(name)
            if index is None:
                unknown.append((seat.operator, name))
                continue
            if name in roster.contested or owners.setdefault(index, seat.operator) != seat.operator:
                contested.add(index)
            claimed = seats.setdefault(index, [])
            if place not in claimed:
                claimed.append(place)
    for index in contested:
        owners.pop(index, None)
        seats.pop(index, None)
    frozen_seats = {index: tuple(places) for index, places in seats.items()}
    return Claims(owners, frozen_seats, tuple(sorted(contested)), tuple(unknown))


class SeatStates:
    """The seats of a roster while confirmations are taken.

    Args:
        seats: of the roster.
        claims: which validators are theirs.
        power: of the launch.
        max_age_ms: how long a ready confirmation counts.
        now_unix_ms: the time of the run.
    """

    def __init__(
        self,
        seats: Sequence[Seat],
        claims: Claims,
        power: Power,
        max_age_ms: int,
        now_unix_ms: int,
    ) -> None:
        self._now_unix_ms = now_unix_ms
        self._seats = seats
        self._place = {seat.key.fingerprint: place for place, seat in enumerate(seats)}
        self._claims = claims
        self._power = [holding.power for holding in power.holdings]
        self._max_age_ms = max_age_ms
        self._roles: list[dict[str, Status]] = [dict.fromkeys(s.roles, "silent") for s in seats]
        self._latest: list[dict[str, Confirmation]] = [{} for _ in seats]
        self._validators: list[list[int]] = [[] for _ in seats]
        for index, places in claims.seats.items():
            for place in places:
                self._validators[place].append(index)
        self._states: list[Status] = ["silent" for _ in seats]
        self._due: list[tuple[int, int, int, tuple[str, ...], Confirmation]] = []
        self._taken = 0
        self._ready: dict[int, bool] = {}
        self.ready_power = 0
        self.most_ready = 0

    def take(self, one: Confirmation, roles: Sequence[str]) -> tuple[Confirmation, ...]:
        """Take the next confirmation for some roles of its seat; what it replaces altogether."""
        place = self._place[one.seat.key.fingerprint]
        # A clock that is ahead makes no other operator older.
        self.age(min(one.body.confirmed_at_unix_ms, self._now_unix_ms))
        latest, states = self._latest[place], self._roles[place]
        before = {c.record_id: c for r in roles if (c := latest.get(r))} if latest else {}
        for role in roles:
            latest[role] = one
            states[role] = one.body.status
        self._taken += 1
        if one.body.status == "ready":
            ends = one.body.confirmed_at_unix_ms + self._max_age_ms
            heappush(self._due, (ends, self._taken, place, tuple(roles), one))
        self._update(place)
        self.most_ready = max(self.most_ready, self.ready_power)
        if not before:
            return ()
        left = {c.record_id for c in latest.values()}
        return tuple(c for record_id, c in before.items() if record_id not in left)

    def age(self, unix_ms: int) -> None:
        """Let what is too old at a time be stale."""
        while self._due and self._due[0][0] < unix_ms:
            _, _, place, roles, one = heappop(self._due)
            for role in roles:
                if self._latest[place].get(role) is one:
                    self._roles[place][role] = "stale"
            self._update(place)

    def roles_of(self, place: int) -> Mapping[str, Status]:
        """Each role of a seat, and where it is."""
        return self._roles[place]

    def latest_of(self, place: int) -> tuple[Confirmation, ...]:
        """What counts of a seat, each once, the newest last."""
        latest = self._latest[place]
        if len(latest) < 2:
            return tuple(latest.values())
        found = {c.record_id: c for c in latest.values()}
        return tuple(sorted(found.values(), key=lambda c: c.body.confirmed_at_unix_ms))

    def holding(self, index: int) -> Status:
        """Where a validator is that belongs to an operator."""
        return any_of([self._states[place] for place in self._claims.seats[index]])

    def _update(self, place: int) -> None:
        state = all_of(tuple(self._roles[place].values()))
        if state == self._states[place]:
            return
        self._states[place] = state
        for index in self._validators[place]:
            is_ready = self.holding(index) == "ready"
            if is_ready != self._ready.get(index, False):
                self._ready[index] = is_ready
                self.ready_power += self._power[index] if is_ready else -self._power[index]
