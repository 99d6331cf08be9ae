"""A node does not show which genesis it has (AZ-10.2): that is unknown, and never a pass."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    if view.at_ms <= view.graced_ms:
        return
    for name, facts in view.fresh.items():
        if view.memory.nodes[name].altered is None:
            why = f": {facts.trouble}" if facts.trouble else ""
            yield Condition(
                f"does not show which genesis it has{why}"[:500],
                subject=name,
                nodes=(name,),
                lasting_ms=view.limits.silent_ms,
            )


RULE = Rule(
    "genesis-unseen",
    "telemetry-blindness-anomaly",
    "AZ-10.2",
    _ask,
    by_host=True,
    needs=frozenset({"band"}),
)
