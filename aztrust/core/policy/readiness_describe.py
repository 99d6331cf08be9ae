"""The thresholds of `[readiness]` as text, for `policy show`."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.paths import escape
from aztrust.core.policy.describe import Line, joined, who
from aztrust.core.policy.model import Policy
from aztrust.core.policy.readiness_rules import readiness_rules


def describe_readiness(policy: Policy) -> Iterator[Line]:
    """How many operators have to be ready, as (label, sentence); nothing without a threshold."""
    table, rules = policy.readiness, readiness_rules(policy)
    if not rules.has_threshold:
        return
    yield "enrols", f"{table.registrar} ({who(policy, table.registrar)})"
    if table.min_power is not None:
        source = escape(table.weights) if table.weights else "the genesis"
        yield "ready", f"{table.min_power} of the voting power of {source}"
    if rules.min_notaries:
        yield "ready", f"{rules.min_notaries} operators as {rules.notary_role}"
    if rules.mandatory:
        yield "ready", f"never without {joined(map(escape, rules.mandatory))}"
    waits = "are not waited for" if rules.observers_may_wait else "must be ready"
    yield "", f"operators that are only {rules.observer_role} {waits}"
    yield "", f"a confirmation counts for {table.max_age}"
    if table.collapse is not None:
        yield "", f"once ready: below {table.collapse} of the power the guidance is ABORT"
