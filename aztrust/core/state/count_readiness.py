"""Counting the operators of a launch.

readiness = count_readiness(roster, confirmations, wanted, power, rules, now_unix_ms)

What one operator reports concerns that operator: a mismatch on one platform leaves all others as
they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from aztrust.core.base.rates import format_percent, needed_of, share_of
from aztrust.core.genesis.power import Power
from aztrust.core.history.operators import Confirmation, Roster
from aztrust.core.policy.readiness_rules import ReadinessRules
from aztrust.core.state.confirmations import (
    Counting,
    NotCounted,
    Wanted,
    in_order,
    replaced_by,
    too_old,
)
from aztrust.core.state.readiness import (
    NAMED,
    Group,
    OperatorRow,
    Powers,
    Readiness,
    SameDigest,
    Threshold,
    ThresholdName,
    more,
)
from aztrust.core.state.seat_states import (
    STATUSES,
    Claims,
    SeatStates,
    Status,
    all_of,
    any_of,
    read_claims,
)


def count_readiness(
    roster: Roster,
    confirmations: Iterable[Confirmation],
    wanted: Wanted,
    power: Power,
    rules: ReadinessRules,
    now_unix_ms: int,
) -> Readiness:
    """Count the operators of a launch.

    Args:
        roster: who is enrolled.
        confirmations: whose signatures hold, in any order.
        wanted: the attempt that they have to be about.
        power: of the whole launch.
        rules: the thresholds.
        now_unix_ms: the time of the run.
    """
    claims = read_claims(roster, power)
    states = SeatStates(roster.seats, claims, power, rules.max_age_ms, now_unix_ms)
    counting = Counting(wanted, now_unix_ms)
    apart: list[NotCounted] = []
    for one in in_order(confirmations, wanted.freeze_place):
        fault = counting.fault(one)
        if fault is not None:
            apart.append(NotCounted(one.record_id, one.seat.operator, *fault))
            continue
        replaced = states.take(one, counting.covers(one))
        apart += (replaced_by(earlier, one) for earlier in replaced)
    states.age(now_unix_ms)
    seats = _seats_by_operator(roster)
    for place in range(len(roster.seats)):
        apart += (
            too_old(one, now_unix_ms, rules.max_age_ms)
            for one in states.latest_of(place)
            if one.body.status == "ready"
            and now_unix_ms - one.body.confirmed_at_unix_ms > rules.max_age_ms
        )
    of_operator: dict[str, int] = {}
    for index, operator in claims.owners.items():
        of_operator[operator] = of_operator.get(operator, 0) + power.holdings[index].power
    rows = tuple(
        _row(operator, places, roster, states, of_operator.get(operator, 0))
        for operator, places in sorted(seats.items())
    )
    powers = _powers(power, claims, states)
    aged = {one.record_id for one in apart if one.why == "too-old"}
    return Readiness(
        rows=rows,
        powers=powers,
        unit=power.unit,
        by_role=_groups((role, row, status) for row in rows for role, status in row.roles),
        by_platform=_groups((name, row, row.status) for row in rows for name in row.platforms),
        thresholds=tuple(_thresholds(rows, powers, rules)),
        same_digest=_same_digest(roster, states, of_operator),
        not_counted=tuple(apart),
        findings=power.findings,
        enrolments=roster.enrolments,
        unknown=claims.unknown,
        contested=tuple(power.holdings[index].shown for index in claims.contested),
        most_ready=states.most_ready,
        collapsed=_has_collapsed(powers, states.most_ready, rules),
        counted=tuple(
            sorted(
                one.record_id
                for place in range(len(roster.seats))
                for one in states.latest_of(place)
                if one.body.status == "ready" and one.record_id not in aged
            )
        ),
    )


def _seats_by_operator(roster: Roster) -> dict[str, list[int]]:
    seats: dict[str, list[int]] = {}
    for place, seat in enumerate(roster.seats):
        seats.setdefault(seat.operator, []).append(place)
    return seats


def _row(
    operator: str, places: Sequence[int], roster: Roster, states: SeatStates, power: int
) -> OperatorRow:
    by_role: dict[str, list[Status]] = {}
    for place in places:
        for role, status in states.roles_of(place).items():
            by_role.setdefault(role, []).append(status)
    roles = tuple((role, any_of(found)) for role, found in sorted(by_role.items()))
    latest = [one for place in places for one in states.latest_of(place)]
    bodies = [one.body for one in latest]
    bodies.sort(key=lambda body: body.confirmed_at_unix_ms)
    objecting = [body for body in bodies if body.status == "not-ready"]
    newest = bodies[-1] if bodies else None
    revoked = [roster.seats[place].revoked for place in places]
    return OperatorRow(
        operator,
        all_of([status for _, status in roles]),
        roles,
        tuple(sorted({body.platform for body in bodies})),
        power,
        newest.confirmed_at_unix_ms if newest is not None else None,
        (objecting[-1].reason or "") if objecting else "",
        (objecting[-1].found or "") if objecting else "",
        newest.aztrust_version if newest is not None else "",
        tuple(
            dict.fromkeys(
                warning
                for body in bodies
                for warning in (body.consensus_key, body.signer)
                if warning in ("not-in-genesis", "silent")
            )
        ),
        revoked[0] if all(revoked) else "",
    )


def _powers(power: Power, claims: Claims, states: SeatStates) -> Powers:
    sums: dict[Status, int] = dict.fromkeys(STATUSES, 0)
    for index in claims.owners:
        sums[states.holding(index)] += power.holdings[index].power
    contested = sum(power.holdings[index].power for index in claims.contested)
    claimed = sum(sums.values()) + contested
    return Powers(
        sums["ready"],
        sums["not-ready"],
        sums["silent"],
        sums["stale"],
        power.total - claimed,
        contested,
        power.total,
    )


def _groups(entries: Iterable[tuple[str, OperatorRow, Status]]) -> tuple[Group, ...]:
    counts: dict[str, dict[Status, int]] = {}
    sums: dict[str, dict[Status, int]] = {}
    for name, row, status in entries:
        count = counts.setdefault(name, dict.fromkeys(STATUSES, 0))
        count[status] += 1
        sums.setdefault(name, dict.fromkeys(STATUSES, 0))[status] += row.power
    return tuple(Group(name, counts[name], sums[name]) for name in sorted(counts))


def _thresholds(
    rows: Sequence[OperatorRow], powers: Powers, rules: ReadinessRules
) -> Iterator[Threshold]:
    if rules.min_power is not None:
        need = max(needed_of(powers.total, rules.min_power), 1)
        share = format_percent(share_of(powers.ready, powers.total))
        asked = format_percent(rules.min_power)
        text = f"{share} of the voting power is ready of {asked}"
        lacking = f"; {need - powers.ready:,} short" if powers.ready < need else ""
        if not powers.total:
            # No part of what is unknown: 0% would say that no one is ready.
            text, lacking = f"the voting power is unknown; {asked} has to be ready", ""
        yield Threshold("power", powers.ready >= need, powers.ready, need, (), text + lacking)
    if rules.min_notaries:
        ready = [row for row in rows if (rules.notary_role, "ready") in row.roles]
        text = f"{len(ready)} of {rules.min_notaries} operators are ready as {rules.notary_role}"
        met = len(ready) >= rules.min_notaries
        missing = tuple(
            row.operator
            for row in rows
            if any(role == rules.notary_role and status != "ready" for role, status in row.roles)
        )
        yield Threshold("notaries", met, len(ready), rules.min_notaries, missing, text)
    if rules.mandatory:
        by_name = {row.operator: row for row in rows}
        missing = tuple(
            name
            for name in rules.mandatory
            if name not in by_name or by_name[name].status != "ready"
        )
        yield _all_ready("mandatory", "mandatory operators", len(rules.mandatory), missing, by_name)
    if not rules.observers_may_wait:
        only = [row for row in rows if {role for role, _ in row.roles} == {rules.observer_role}]
        missing = tuple(row.operator for row in only if row.status != "ready")
        by_name = {row.operator: row for row in only}
        yield _all_ready("observers", "operators that only observe", len(only), missing, by_name)


def _all_ready(
    name: ThresholdName,
    who: str,
    need: int,
    missing: tuple[str, ...],
    by_name: Mapping[str, OperatorRow],
) -> Threshold:
    text = f"{need - len(missing)} of {need} {who} are ready"
    if missing:
        named = (
            f"{one} is {by_name[one].status if one in by_name else 'not enrolled'}"
            for one in missing[:NAMED]
        )
        text += f": {', '.join(named)}{more(len(missing))}"
    return Threshold(name, not missing, need - len(missing), need, missing, text)


def _same_digest(
    roster: Roster, states: SeatStates, powers: Mapping[str, int]
) -> tuple[SameDigest, ...]:
    """Groups of at least two keys whose hosts report one wrong digest."""
    found: dict[tuple[str, str], dict[str, Confirmation]] = {}
    for place in range(len(roster.seats)):
        for one in states.latest_of(place):
            body = one.body
            if body.status == "not-ready" and body.found is not None and body.reason is not None:
                key = (body.found, body.reason)
                found.setdefault(key, {}).setdefault(one.seat.key.fingerprint, one)
    groups: list[SameDigest] = []
    for (digest, reason), by_key in sorted(found.items()):
        if len(by_key) < 2:
            continue
        reports = list(by_key.values())
        operators = sorted({one.seat.operator for one in reports})
        places = [one.place for one in reports if one.place is not None]
        groups.append(
            SameDigest(
                reason,
                digest,
                tuple(operators),
                tuple(sorted({one.body.platform for one in reports})),
                sum(powers.get(name, 0) for name in operators),
                tuple(sorted(one.record_id for one in reports)),
                max(one.body.confirmed_at_unix_ms for one in reports),
                max(places) if len(places) == len(reports) else None,
            )
        )
    return tuple(groups)


def _has_collapsed(powers: Powers, most_ready: int, rules: ReadinessRules) -> bool:
    """Whether enough was ready once, and what has not been taken back since is below the level.

    Age alone is not a collapse: an operator who confirmed and was not asked again has reported
    nothing new.
    """
    if rules.collapse is None or powers.total == 0:
        return False
    once = needed_of(powers.total, max(rules.min_power or 0, rules.collapse))
    left = powers.ready + powers.stale
    return most_ready >= once and left < needed_of(powers.total, rules.collapse)
