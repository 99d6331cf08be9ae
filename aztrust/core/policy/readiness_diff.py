"""What a change of policy does to `[readiness]`: what hosts may start, and how many are enough."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.paths import escape
from aztrust.core.policy.diff_change import Change, Effect, count_change, set_changes
from aztrust.core.policy.model import Policy
from aztrust.core.policy.readiness_rules import readiness_rules


def readiness_changes(old: Policy, new: Policy) -> Iterator[Change]:
    """Every change of meaning in `[readiness]`."""
    before, after = old.readiness, new.readiness
    if before.self_built != after.self_built:
        allowed = after.self_built == "allow"
        says = "may" if allowed else "may not"
        yield Change(
            Effect.LOWER if allowed else Effect.RAISED,
            "readiness.self_built",
            f"a host {says} start a binary its operator built",
        )
    for name, absent in (
        ("module", "any"),
        ("registrar", ""),
        ("notary_role", ""),
        ("observer_role", ""),
        ("weights", "the validators of the genesis"),
    ):
        was, now = (escape(getattr(table, name) or absent) for table in (before, after))
        if was != now:
            yield Change(Effect.CHANGED, f"readiness.{name}", f"was {was}, now {now}")
    yield from _thresholds(old, new)


def _thresholds(old: Policy, new: Policy) -> Iterator[Change]:
    was, now = readiness_rules(old), readiness_rules(new)
    for name in ("min_power", "collapse"):
        one, other = getattr(was, name) or 0, getattr(now, name) or 0
        if one != other:
            texts = (getattr(p.readiness, name) or "not asked" for p in (old, new))
            effect = Effect.LOWER if other < one else Effect.RAISED
            yield Change(effect, f"readiness.{name}", "was {}, now {}".format(*texts))
    yield from count_change(
        "readiness.min_notaries", was.min_notaries, now.min_notaries, "operator"
    )
    yield from set_changes(
        "readiness.mandatory",
        was.mandatory,
        now.mandatory,
        "{} must be ready",
        (Effect.LOWER, Effect.RAISED),
    )
    if was.observers_may_wait != now.observers_may_wait:
        wait = now.observers_may_wait
        yield Change(
            Effect.LOWER if wait else Effect.RAISED,
            "readiness.observers_may_wait",
            "operators that only observe " + ("are not waited for" if wait else "must be ready"),
        )
    if was.max_age_ms != now.max_age_ms:
        yield Change(
            Effect.LOWER if now.max_age_ms > was.max_age_ms else Effect.RAISED,
            "readiness.max_age",
            f"was {old.readiness.max_age}, now {new.readiness.max_age}",
        )
