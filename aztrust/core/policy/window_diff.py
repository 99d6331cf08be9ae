"""What a change of policy does to the launch window: its limits, its signers, its thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aztrust.core.base.paths import escape
from aztrust.core.policy.anomalies import ANOMALY_CLASSES, anomaly_rule
from aztrust.core.policy.authority import authority_rule
from aztrust.core.policy.describe import joined
from aztrust.core.policy.diff_change import Change, Effect, count_change, role_count_changes
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_describe import act_sentence
from aztrust.core.policy.window_limits import (
    BAND_BOUNDS,
    ROLLBACK_BOUNDS,
    WINDOW_BOUNDS,
    Bound,
    rollback_table,
    window_table,
)
from aztrust.core.policy.window_tables import ACTS, BandTable

_WEIGHT: Final[Mapping[str, int]] = {"HOLD": 0, "DEFER": 1, "ABORT": 2}


def window_changes(old: Policy, new: Policy) -> Iterator[Change]:
    """Every change of meaning in the tables of the window."""
    yield from _window(old, new)
    yield from _authority(old, new)
    yield from _anomalies(old, new)
    for name in ("early", "steady"):
        yield from _band(name, getattr(old, name), getattr(new, name))
    yield from _rollback(old, new)


def _bound(place: str, bound: Bound, before: object, after: object) -> Iterator[Change]:
    was, now = str(before), str(after)
    if bound.allows(now, was):
        yield Change(Effect.LOWER, place, f"was {was}, now {now}")
    elif bound.allows(was, now):
        yield Change(Effect.RAISED, place, f"was {was}, now {now}")


def _window(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = window_table(old), window_table(new)
    for name, bound in WINDOW_BOUNDS.items():
        yield from _bound(f"window.{name}", bound, getattr(before, name), getattr(after, name))
    orders = [joined(table.activation_order) for table in (before, after)]
    if orders[0] != orders[1]:
        yield Change(Effect.CHANGED, "window.activation_order", "was {}, now {}".format(*orders))


def _authority(old: Policy, new: Policy) -> Iterator[Change]:
    """Acts that a table of one policy is about; [verdicts], which the others follow, is listed."""
    named = old.authority.keys() | new.authority.keys()
    for act in ACTS:
        derived = act == "hold" or (act == "abort-started" and "decide" in named)
        if act not in named and not (named and derived):
            continue
        was, now = authority_rule(old, act), authority_rule(new, act)
        place = f"authority.{act}"
        if was is None or now is None:
            if was != now:
                effect = Effect.ADDED if was is None else Effect.REMOVED
                sentence = f"was {act_sentence(old, act)}, now {act_sentence(new, act)}"
                yield Change(effect, place, sentence)
        elif 0 in was.roles.values() or 0 in now.roles.values():
            yield from _any_one(old, new)
        else:
            yield from count_change(
                f"{place}.distinct_holders", was.distinct_holders, now.distinct_holders, "holder"
            )
            yield from role_count_changes(f"{place}.roles", was.roles, now.roles)


def _any_one(old: Policy, new: Policy) -> Iterator[Change]:
    """A hold by any one holder, in one policy at least: more holders who may are LOWER."""
    was, now = authority_rule(old, "hold"), authority_rule(new, "hold")
    if was is None or now is None or was == now:
        return
    alike = 0 in was.roles.values() and 0 in now.roles.values()
    lower = was.roles.keys() < now.roles.keys() if alike else 0 in now.roles.values()
    raised = now.roles.keys() < was.roles.keys() if alike else 0 in was.roles.values()
    yield Change(
        Effect.LOWER if lower else Effect.RAISED if raised else Effect.CHANGED,
        "authority.hold",
        f"was {act_sentence(old, 'hold')}, now {act_sentence(new, 'hold')}",
    )


def _anomalies(old: Policy, new: Policy) -> Iterator[Change]:
    for name in ANOMALY_CLASSES:
        before, after = anomaly_rule(old, name), anomaly_rule(new, name)
        place = f"anomalies.{name}"
        if before.guidance != after.guidance:
            weaker = _WEIGHT[after.guidance] < _WEIGHT[before.guidance]
            yield Change(
                Effect.LOWER if weaker else Effect.RAISED,
                f"{place}.guidance",
                f"was {before.guidance}, now {after.guidance}",
            )
        for field in ("runbook", "escalation", "evidence"):
            was, now = getattr(before, field), getattr(after, field)
            # Without a table the role follows the holders, whose changes are listed.
            own = field != "escalation" or name in old.anomalies or name in new.anomalies
            if was != now and own:
                yield Change(
                    Effect.CHANGED, f"{place}.{field}", f"was {escape(was)}, now {escape(now)}"
                )


def _band(name: str, before: BandTable | None, after: BandTable | None) -> Iterator[Change]:
    if before is None or after is None:
        if before is not None:
            yield Change(Effect.LOWER, name, "no threshold says what counts as normal any more")
        elif after is not None:
            limits = (f"{field} {getattr(after, field)}" for field in BAND_BOUNDS)
            yield Change(Effect.RAISED, name, f"what counts as normal: {joined(limits)}")
        return
    for field, bound in BAND_BOUNDS.items():
        yield from _bound(f"{name}.{field}", bound, getattr(before, field), getattr(after, field))


def _rollback(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = rollback_table(old), rollback_table(new)
    for (name, field), bound in ROLLBACK_BOUNDS.items():
        was, now = (getattr(getattr(table, name), field) for table in (before, after))
        yield from _bound(f"rollback.{name}.{field}", bound, was, now)
    for name in ("errors", "reconciliation"):
        one, other = getattr(before, name), getattr(after, name)
        for field in ("metric", "workflow"):
            was, now = getattr(one, field, ""), getattr(other, field, "")
            if was != now:
                place = f"rollback.{name}.{field}"
                yield Change(Effect.CHANGED, place, f"was {escape(was)}, now {escape(now)}")
        if one.not_applicable != other.not_applicable:
            why = other.not_applicable
            yield Change(
                Effect.LOWER if why else Effect.RAISED,
                f"rollback.{name}",
                f"the criterion does not apply: {escape(why)}" if why else "it applies again",
            )
