"""A node is behind the network, and does not catch up (AZ-26.1)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.thresholds import LAG
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    if view.at_ms <= view.graced_ms:
        return
    for name, facts in view.on_network():
        if facts.head is None or facts.syncing:
            continue
        behind = view.memory.head - facts.head
        if behind >= LAG:
            yield Condition(
                f"has block {facts.head}, the network {view.memory.head}",
                subject=name,
                nodes=(name,),
                lasting_ms=view.limits.silent_ms,
            )


RULE = Rule(
    "node-behind",
    "role-readiness-gap",
    "AZ-26.1",
    _ask,
    by_host=True,
    needs=frozenset({"band"}),
)
