"""Remarks about the thresholds of `[readiness]`, and what makes the table contradict itself."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import check_path, escape
from aztrust.core.base.rates import WHOLE, format_percent
from aztrust.core.policy.describe import who
from aztrust.core.policy.lint_message import Remark, note, warning
from aztrust.core.policy.model import Policy
from aztrust.core.policy.readiness_rules import may_leave, readiness_rules


def lint_readiness(policy: Policy) -> Iterator[Remark]:
    """Remarks about how many operators have to be ready."""
    table = policy.readiness
    if table.self_built == "allow" and table.module is None:
        yield warning(
            "self-built-any",
            "hosts may start any Go program built from a commit: no module is named",
            'say which: [readiness] module = "github.com/…"',
        )
    rules = readiness_rules(policy)
    if rules.min_power is None:
        if policy.holders_of_role(table.registrar) or rules.has_threshold:
            yield warning(
                "readiness-threshold-missing",
                f"{who(policy, table.registrar)} may enrol operators, and readiness.min_power is"
                " missing: no share of the voting power is enough, or too little (AZ-24.3)",
                'before the policy is announced: [readiness] min_power = "80%"',
            )
        return
    left = format_percent(may_leave(rules.min_power))
    if may_leave(rules.min_power) == 0:
        two_thirds = 3 * rules.min_power > 2 * WHOLE
        yield warning(
            "readiness-threshold-low",
            f"readiness.min_power is {table.min_power}: "
            + (
                "a network that starts with just that stops when one validator leaves"
                if two_thirds
                else "a network with no more than two thirds of its power makes no final block"
            ),
            'ask for more, for instance: [readiness] min_power = "80%"',
        )
        return
    yield note(
        "readiness-tolerance",
        f"readiness.min_power is {table.min_power}: a network that starts with just that tolerates"
        f" {format_percent(WHOLE // 3)} byzantine power, as every such network does, and"
        f" {left} absent after the start",
    )


def readiness_problems(policy: Policy) -> Iterator[str]:
    """Every contradiction in `[readiness]`, one sentence each."""
    table, rules = policy.readiness, readiness_rules(policy)
    for name in sorted({name for name in table.mandatory if table.mandatory.count(name) > 1}):
        yield f"readiness.mandatory names {escape(name)} twice"
    if rules.collapse is not None and rules.collapse > (rules.min_power or WHOLE):
        yield (
            f"readiness.collapse is {table.collapse} and readiness.min_power {table.min_power}:"
            " a launch that is ready would have collapsed"
        )
    if table.weights is not None:
        try:
            check_path(table.weights.partition(":")[2])
        except Malformed as error:
            yield f"readiness.weights: {error.message}"
