"""A node has no peers, while others answer (AZ-26.1)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    if view.at_ms <= view.graced_ms or len(view.fresh) < 2:
        return
    for name, facts in view.fresh.items():
        count = facts.peers if isinstance(facts.peers, int) else len(facts.peers or ())
        if facts.peers is not None and count == 0:
            yield Condition(
                "has no peers",
                subject=name,
                nodes=(name,),
                lasting_ms=view.limits.silent_ms,
            )


RULE = Rule(
    "no-peers",
    "peer-compatibility-anomaly",
    "AZ-26.1",
    _ask,
    by_host=True,
    needs=frozenset({"band"}),
)
